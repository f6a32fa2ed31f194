"""Where the keys of a TOML text stand: the line of every key and table.

A scan, not a parser: it reads also what a parser refuses, so that findings can name a line.
"""

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*(\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)\s*=")
# Texts and comments, so that neither a key inside a text of several lines nor a quote inside a comment misleads.
_TEXTS = re.compile(r'"""(?:\\.|[^\\])*?"""|' r"'''.*?'''|" r'"(?:\\.|[^"\\\n])*"|' r"'[^'\n]*'|#[^\n]*", re.DOTALL)


def line_index(text: str) -> dict[str, int]:
    """The line, from 1, of every key and table of a TOML text, by key path such as ``stages[2].closes``.

    A scan, not a parser: keys of inline tables are not listed, their parent is.
    """
    index: dict[str, int] = {}
    counts: dict[str, int] = {}
    prefix = ""
    for number, line in enumerate(_TEXTS.sub(_blank, text).split("\n"), 1):  # as TOML counts: U+2028 begins no line
        if header := _HEADER.match(line):
            prefix = _header_path(header[2], counts, array=header[1] == "[[")
            index.setdefault(prefix, number)
        elif key := _KEY.match(line):
            index.setdefault(join(prefix, key[1].strip("\"'")), number)
    return index


def _blank(found: re.Match[str]) -> str:
    """A text of several lines without what stands in it; all else as it is."""
    text = found[0]
    return '""' + "\n" * text.count("\n") if text.startswith(('"""', "'''")) else text


def _header_path(dotted: str, counts: dict[str, int], *, array: bool) -> str:
    path = ""
    parts = [part.strip().strip("\"'") for part in dotted.split(".")]
    for part in parts:
        path = join(path, part)
        if array and part is parts[-1]:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = f"{path}[{counts[path]}]"
    return path


def join(prefix: str, name: str) -> str:
    """The path of a key inside a table."""
    return f"{prefix}.{name}" if prefix else name
