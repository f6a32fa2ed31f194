"""A file replaced whole, or left as it was: for every verb that writes what it holds in memory.

Knows no kind of file; who writes many at once, or what is too large for memory, does so itself.
"""

from contextlib import suppress
from pathlib import Path

from awards.errors import PingxuanError


def replace(path: Path, content: bytes, advice: str) -> None:
    """Write under another name, then rename. Raises PingxuanError with the advice, and nothing was changed."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise PingxuanError(f"{path} cannot be written: {error.strerror}", advice) from error


def put(path: Path, content: bytes, advice: str) -> None:
    """The same, and the folder is made where there is none."""
    with suppress(OSError):  # told by the writing
        path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, content, advice)
