"""Case files: written whole or not at all, and what an editor added to one by hand.

Knows the shape of cases/<slug>.md (TOML between lines of +++, then the story); knows no sheet and no map.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from awards.content import split_front_matter
from desk import files

# Where the import says nothing of these, what stands in the file stays.
BY_HAND = ("withdrawn", "sample", "pictures")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_NOT_IN_TOML = re.compile("[\x7f-\x9f\u2028\u2029]")  # what JSON lets stand and TOML, or a line reader, does not


def case_text(front: Mapping[str, Any], story: str) -> str:
    """A case file: the same values always give the same bytes."""
    story = f"\n{story}\n" if story else ""
    return f"+++\n{to_toml(front)}+++\n{story}"


def to_toml(table: Mapping[str, Any]) -> str:
    """The table as TOML, one key a line. Its tables come last; texts may hold anything but half surrogates."""
    tables = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    parts = [_lines({key: value for key, value in table.items() if key not in tables})]
    parts += [f"[{_key(key)}]\n{_lines(value)}" for key, value in tables.items()]
    return "\n".join(filter(None, parts))


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in table.items())


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _value(key)


def _value(value: object) -> str:
    if isinstance(value, str):
        return _NOT_IN_TOML.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool | int):
        return json.dumps(value)
    raise TypeError(f"no TOML for {type(value).__name__}")


def read_front(path: Path) -> dict[str, Any] | None:
    """The front matter of a case file, None if there is no file. Raises ValueError if it cannot be read."""
    if not path.is_file():
        return None
    front, _ = split_front_matter(path.read_bytes().decode("utf-8-sig"))
    return tomllib.loads(front)


def slugs_in(folder: Path) -> Iterator[str]:
    """The case numbers that have a file."""
    return (path.stem for path in sorted(folder.glob("*.md")))


def write_case(path: Path, text: str) -> bool:
    """Whether the file had to be written; it is replaced whole, or stays as it was."""
    content = text.encode()
    if path.is_file() and path.read_bytes() == content:
        return False
    files.put(path, content, "Do it again once it can.")
    return True
