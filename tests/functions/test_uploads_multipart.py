"""The one shape of multipart/form-data that is read: exactly, in pieces of any size, within bounds, or refused."""

import io
import tracemalloc

import pytest
from chalicelib.multipart import PIECE, MalformedError, Reader, boundary_of
from hypothesis import given
from hypothesis import strategies as st
from posting import BOUNDARY, end, form, kind

MARK = b"--" + BOUNDARY.encode()


def read(body: bytes, most: int = PIECE) -> tuple[dict[str, str], bytes]:
    source = io.BytesIO(body)
    reader = Reader(lambda size: source.read(min(size, most)), boundary_of(kind()))
    return reader.fields(), b"".join(reader.file())


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).filter(lambda text: BOUNDARY not in text)
NEARLY = st.lists(st.sampled_from([b"\r\n", b"--", b"-", MARK[:-1], b"\r\n" + MARK[:9], b"x", b"\0"])).map(b"".join)


@given(st.dictionaries(st.sampled_from("abcdef"), TEXT), st.binary() | NEARLY, st.integers(1, 70))
def test_what_was_sent_is_read_whatever_is_in_it_and_however_it_arrives(fields, data, most):
    assert read(form(fields, data), most) == (fields, data)


@given(st.binary(max_size=40), st.integers(0, 400))
def test_a_body_that_ends_early_anywhere_is_refused(data, cut):
    body = form({"key": "a"}, data)
    with pytest.raises(MalformedError):
        read(body[: min(cut, len(body) - 3)], 7)


@given(st.binary(max_size=300))
def test_noise_is_refused_and_never_breaks_anything(noise):
    for body in (noise, MARK + b"\r\n" + noise, MARK + noise):
        with pytest.raises(MalformedError):
            read(body)


def part(head: str, value: str = "1") -> bytes:
    return MARK + f"\r\n{head}\r\n\r\n{value}\r\n".encode()


@pytest.mark.parametrize(
    "before",
    [
        part("Content-Type: text/plain"),
        part('Content-Disposition: form-data; name="a"') * 2,
        part('Content-Disposition: form-data; name="a"', "x" * 100_000),
        part('Content-Disposition: form-data; name="a"; x="' + "x" * 10_000 + '"'),
        b"".join(part(f'Content-Disposition: form-data; name="a{number}"') for number in range(30)),
        part('Content-Disposition: form-data; name="a"').replace(b"1", b"\xff"),
        b"a preamble\r\n",
        MARK + b"--\r\n",
        MARK + b"x\r\n",
    ],
)
def test_a_form_of_another_shape_is_refused(before):
    with pytest.raises(MalformedError):
        read(before + form({}, b"data"))


@pytest.mark.parametrize(
    "wrong",
    ["", "application/json", "multipart/form-data", "multipart/form-data; boundary=", kind("x" * 71), kind("边界")],
)
def test_a_content_type_without_a_boundary_is_refused(wrong):
    with pytest.raises(MalformedError):
        boundary_of(wrong)


def test_a_boundary_may_stand_in_quotes():
    assert boundary_of('multipart/form-data; charset=utf-8; boundary="a b:c"') == b"a b:c"


def test_memory_does_not_grow_with_the_file():
    left = [64 * 1024 * 1024]

    def endless(size: int) -> bytes:
        left[0] -= size
        return b"\r\n-" * (size // 3) if left[0] > 0 else end()

    body = form({"key": "a"}, b"")[: -len(end())]
    start = io.BytesIO(body)
    tracemalloc.start()
    reader = Reader(lambda size: start.read(size) or endless(size), BOUNDARY.encode())
    reader.fields()
    size = sum(map(len, reader.file()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 60_000_000
    assert peak < 1_000_000


@pytest.mark.parametrize("name", ["boundary", "name"])
def test_a_parameter_in_parts_numbered_beyond_reason_is_refused(name):
    said = f'{name}*{"9" * 5000}="b"'  # the email library would make a number of it
    head = f"\r\nContent-Disposition: form-data; {said}\r\n\r\n".encode()
    with pytest.raises(MalformedError):
        boundary_of(f"multipart/form-data; {said}") if name == "boundary" else read(MARK + head + b"v" + end())
