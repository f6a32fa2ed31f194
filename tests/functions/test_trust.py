import traceback

import pytest
from chalicelib.refused import UnavailableError
from chalicelib.trust import Trust
from hypothesis import given
from hypothesis import strategies as st

from awards.ballot import subject_of
from awards.errors import PingxuanError

DIRECT = Trust.of({})
PROXY = Trust.of({"PINGXUAN_TRUST": "proxy:X-Real-IP"})
SECRET = "correct horse battery"
ON_LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "pingxuan"}
GATEWAY = Trust.of({"PINGXUAN_TRUST": "gateway"} | ON_LAMBDA)
CLOUDFRONT = Trust.of(
    {"PINGXUAN_TRUST": "proxy:CloudFront-Viewer-Address", "PINGXUAN_ORIGIN_SECRET": SECRET} | ON_LAMBDA
)
GUARDED = Trust.of({"PINGXUAN_TRUST": "proxy:X-Real-IP", "PINGXUAN_ORIGIN_SECRET": SECRET})


@pytest.mark.parametrize(
    ("peer", "subject"),
    [("203.0.113.9", "203.0.113.9"), ("::ffff:203.0.113.9", "203.0.113.9"), ("fe80::1%eth0", "fe80::/64")],
)
def test_directly_the_peer_is_the_voter(peer, subject):
    assert DIRECT.subject(peer, {"x-real-ip": ["198.51.100.1"]}) == subject


@pytest.mark.parametrize("header", ["forwarded", "x-forwarded-for"])
@pytest.mark.parametrize("value", ["203.0.113.9", ""])
def test_directly_a_proxy_that_nobody_named_stops_the_voting(header, value):
    with pytest.raises(UnavailableError, match="PINGXUAN_TRUST=direct"):
        DIRECT.subject("127.0.0.1", {header: [value]})


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:4711", "203.0.113.9"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("[fe80::1%25eth0]:80", "fe80::/64"),
    ],
)
def test_behind_a_proxy_its_header_tells_the_voter(told, subject):
    assert PROXY.subject("127.0.0.1", {"x-real-ip": [told]}) == subject


def test_behind_a_proxy_forwarded_headers_are_never_read():
    headers = {"x-real-ip": ["203.0.113.9"], "x-forwarded-for": ["198.51.100.1"], "forwarded": ["for=198.51.100.2"]}
    assert PROXY.subject("127.0.0.1", headers) == "203.0.113.9"


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        ["203.0.113.9", "203.0.113.9"],
        ["203.0.113.9, 198.51.100.1"],
        ["203.0.113.9,"],
        ["unknown"],
        ["_hidden"],
        ["203.0.113.9:"],
        ["203.0.113.9:123456"],
        ["[203.0.113.9"],
        ["[]"],
        ["2001:db8::1]:80"],
        ["1.2.3"],
    ],
)
def test_a_header_without_exactly_one_address_stops_the_voting(values):
    with pytest.raises(UnavailableError, match="PINGXUAN_TRUST=proxy:x-real-ip"):
        PROXY.subject("127.0.0.1", {"x-real-ip": values} if values else {})


@given(st.text())
def test_whatever_a_header_says_it_is_an_address_or_unavailable(told):
    try:
        subject = PROXY.subject("127.0.0.1", {"x-real-ip": [told]})
    except UnavailableError:
        return
    assert subject_of(subject.removesuffix("/64"))


@pytest.mark.parametrize("sent", [None, [""], ["wrong"], [SECRET, SECRET], ["秘密"]])
def test_who_goes_around_the_proxy_does_not_know_its_secret(sent):
    with pytest.raises(UnavailableError, match="PINGXUAN_ORIGIN_SECRET"):
        GUARDED.subject("127.0.0.1", {"x-real-ip": ["203.0.113.9"]} | ({"x-origin-secret": sent} if sent else {}))


def test_with_the_secret_the_proxy_is_believed():
    headers = {"x-real-ip": ["203.0.113.9"], "x-origin-secret": [SECRET]}
    assert GUARDED.subject("127.0.0.1", headers) == "203.0.113.9"


def test_behind_api_gateway_its_own_peer_is_the_voter_and_no_header_says_otherwise():
    headers = {
        "x-forwarded-for": ["198.51.100.1, 203.0.113.9"],
        "forwarded": ["for=198.51.100.2"],
        "x-real-ip": ["::1"],
    }
    assert GATEWAY.subject("203.0.113.9", headers) == "203.0.113.9"
    assert GATEWAY.subject("203.0.113.9", {"x-forwarded-for": [""]}) == "203.0.113.9"
    assert GATEWAY.subject("2001:db8:1:2::9", {}) == "2001:db8:1:2::/64"


@pytest.mark.parametrize("mark", ["CDN-Loop", "X-Amz-Cf-Id", "Ali-Cdn-Real-Ip"])
@pytest.mark.parametrize("hops", [["198.51.100.1, 203.0.113.9"], ["198.51.100.1", "203.0.113.9"]])
def test_behind_api_gateway_a_cdn_that_nobody_named_stops_the_voting(mark, hops):
    with pytest.raises(UnavailableError, match="PINGXUAN_TRUST=gateway"):
        GATEWAY.subject("203.0.113.9", {"x-forwarded-for": hops, mark.lower(): ["1"]})


def test_an_edge_of_api_gateway_itself_is_no_such_cdn():
    headers = {"x-forwarded-for": ["203.0.113.9, 198.51.100.1"], "x-amz-cf-id": ["1"], "via": ["1.1 x (CloudFront)"]}
    assert GATEWAY.subject("203.0.113.9", headers) == "203.0.113.9"


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        ("203.0.113.9:46532", "203.0.113.9"),
        ("2001:db8:1:2::9:46532", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:3:4:5:6:46532", "2001:db8:1:2::/64"),
        ("2001:db8::9:80", "2001:db8::/64"),
        ("[2001:db8:1:2::9]:46532", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9:80", "203.0.113.9"),
    ],
)
def test_cloudfronts_header_ends_in_a_port_and_has_no_brackets(told, subject):
    headers = {"cloudfront-viewer-address": [told], "x-origin-secret": [SECRET]}
    assert CLOUDFRONT.subject("198.51.100.1", headers) == subject


@pytest.mark.parametrize(
    ("trust", "peer", "headers"),
    [
        (DIRECT, "198.51.100.77x", {}),
        (DIRECT, "203.0.113.9", {"x-forwarded-for": ["198.51.100.77"]}),
        (PROXY, "203.0.113.9", {"x-real-ip": ["198.51.100.77, 203.0.113.9"]}),
        (PROXY, "203.0.113.9", {"x-real-ip": ["198.51.100.77", "203.0.113.9"]}),
        (GUARDED, "203.0.113.9", {"x-real-ip": ["198.51.100.77"]}),
        (GATEWAY, "203.0.113.9", {"x-forwarded-for": ["198.51.100.77, 203.0.113.9"], "cdn-loop": ["1"]}),
    ],
)
def test_no_refusal_tells_an_address(trust, peer, headers):
    with pytest.raises(UnavailableError) as error:
        trust.subject(peer, headers)
    told = "".join(traceback.format_exception(error.value))
    assert "198.51" not in told
    assert "203.0" not in told


@pytest.mark.parametrize(
    "settings",
    [
        {"PINGXUAN_TRUST": "gateway"},
        {"PINGXUAN_TRUST": "gateway:X-Real-IP"} | ON_LAMBDA,
        {"PINGXUAN_TRUST": "gateway", "PINGXUAN_ORIGIN_SECRET": SECRET} | ON_LAMBDA,
        {"PINGXUAN_TRUST": "direct"} | ON_LAMBDA,
        {"PINGXUAN_TRUST": "proxy:CloudFront-Viewer-Address"} | ON_LAMBDA,
        {"PINGXUAN_TRUST": ""},
        {"PINGXUAN_TRUST": "direct:X-Real-IP"},
        {"PINGXUAN_TRUST": "proxy"},
        {"PINGXUAN_TRUST": "proxy:"},
        {"PINGXUAN_TRUST": "proxy:X-Forwarded-For"},
        {"PINGXUAN_TRUST": "proxy:forwarded"},
        {"PINGXUAN_TRUST": "proxy:X-Real-IP, X-Client-IP"},
        {"PINGXUAN_TRUST": "proxy:X_Real_IP"},
        {"PINGXUAN_TRUST": "proxy:X-Origin-Secret"},
        {"PINGXUAN_TRUST": "leftmost"},
        {"PINGXUAN_ORIGIN_SECRET": SECRET},
        {"PINGXUAN_TRUST": "proxy:X-Real-IP", "PINGXUAN_ORIGIN_SECRET": "short"},
    ],
)
def test_a_trust_that_could_mean_two_things_refuses_to_start(settings):
    with pytest.raises(PingxuanError) as error:
        Trust.of(settings)
    assert error.value.advice
