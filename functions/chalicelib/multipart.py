"""Reading multipart/form-data of one shape, as it arrives: small fields, then one file. That is what a link asks for.

Knows the format; refuses to know what the fields mean. The file is handed on in pieces and never held. Everything has a
bound: the fields together, a part's header, the boundary. What comes after the file is not read, as S3 does not.
"""

from collections.abc import Callable, Iterator
from email.message import Message

PIECE = 16 * 1024  # bytes read at once: who waits for more of a slow sender waits long
HEAD = 8 * 1024  # bytes of one part's header
FIELDS = 32 * 1024  # bytes of one field's value
COUNT = 20  # fields
_FILE = "file"

Read = Callable[[int], bytes]


class MalformedError(Exception):
    """What arrived is not of this shape, or ended early."""


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type names."""
    kind = Message()
    kind["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    boundary = _param(kind, "boundary", "Content-Type")
    if kind.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise MalformedError("no multipart/form-data with a boundary")
    if not (0 < len(boundary) <= 70 and boundary.isascii()):
        raise MalformedError("no boundary of 1 to 70 ASCII characters")
    return boundary.encode()


class Reader:
    """One body. First ask for fields(), then for file()."""

    def __init__(self, read: Read, boundary: bytes) -> None:
        self._read = read
        self._mark = b"\r\n--" + boundary
        self._held = b"\r\n"  # so that the first boundary looks as all others do
        if self._until(self._mark, 2):
            raise MalformedError("something before the first boundary")

    def fields(self) -> dict[str, str]:
        """All that comes before the file."""
        fields: dict[str, str] = {}
        while (name := self._name()) != _FILE:
            if name in fields or len(fields) == COUNT:
                raise MalformedError("a field that comes twice, or too many")
            fields[name] = _text(self._until(self._mark, FIELDS))
        return fields

    def file(self) -> Iterator[bytes]:
        """The file, piece by piece. Raises MalformedError, at its end, where it was broken off."""
        while (at := self._held.find(self._mark)) < 0:
            sure = len(self._held) - len(self._mark) + 1  # the rest may be the beginning of the end
            if sure > 0:
                yield self._held[:sure]
                self._held = self._held[sure:]
            self._more()
        yield self._held[:at]
        self._held = self._held[at + len(self._mark) :]
        while len(self._held) < 2:
            self._more()
        if self._held[:2] not in (b"--", b"\r\n"):
            raise MalformedError("no end where one should be")

    def _name(self) -> str:
        """The name of the part that begins here."""
        if self._until(b"\r\n", 4):
            raise MalformedError("no part where one should begin")
        head = Message()
        for line in _text(self._until(b"\r\n\r\n", HEAD)).split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "content-disposition":
                head["Content-Disposition"] = value.replace("\n", " ").strip()
        named = _param(head, "name", "Content-Disposition")
        if not isinstance(named, str):
            raise MalformedError("a part without a name")
        return named

    def _until(self, mark: bytes, most: int) -> bytes:
        """All before a mark, which is passed; at most so many bytes."""
        while (at := self._held.find(mark)) < 0:
            if len(self._held) > most + len(mark):
                raise MalformedError("a part of the form that is too long")
            self._more()
        if at > most:
            raise MalformedError("a part of the form that is too long")
        found, self._held = self._held[:at], self._held[at + len(mark) :]
        return found

    def _more(self) -> None:
        piece = self._read(PIECE)
        if not piece:
            raise MalformedError("the body ends early")
        self._held += piece


def _param(head: Message, name: str, header: str) -> object:
    """A parameter of a header, as the email library reads it, which breaks at a number of thousands of digits."""
    try:
        return head.get_param(name, header=header)
    except ValueError as error:
        raise MalformedError("a header that nobody can read") from error


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("a field that is no UTF-8") from error
