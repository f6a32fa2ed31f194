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


@pytest.mark.parametrize(
    "settings",
    [
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
