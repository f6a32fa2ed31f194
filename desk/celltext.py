"""What a spreadsheet's cell becomes: clean plain text, and Markdown that shows that text as it stands.

Knows nothing of rows, maps or files. Cells are hostile: nothing in one may become markup, apart from web addresses,
which become links.
"""

import re
import unicodedata
from collections.abc import Iterator

# Characters that nobody sees and that mislead readers, searches or parsers: zero width space and byte order mark, soft
# hyphen, and the controls of writing direction. The joiners U+200C and U+200D stay: scripts and emoji need them.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]")
_BREAK = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Brackets end an address: Markdown reads [..] as a link before it sees the address.
_ADDRESS = re.compile(r"https?://\w[^\s<>\"'`\\\[\]{}|^，。；、（）《》“”]*", re.IGNORECASE)
_ENTITY = re.compile(r"&(?=#|\w+;)")
_MARKUP = re.compile(r"[\\`*_\[\]{}<>|~^]|" + _ENTITY.pattern)
_AS_ENTITY = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;", "~": "&#126;", "^": "&#94;"}
_LINE_START = re.compile(r"^(?:[#+\-=:!]|\d+(?=[.)]))")
_START_AS_ENTITY = {"=": "&#61;", ":": "&#58;"}
_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？]")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|vs|approx|incl|No|St|Dr|Mr|Mrs|Ms|Prof|Inc|Ltd)|\b[A-Z])$")
SHORTEST_SENTENCE = 40
MOST_MARKUP = 500  # escaped signs in one paragraph: Markdown takes the square of their number in time


def clean(text: str) -> str:
    """The text without control and unseen characters; line breaks become newlines."""
    text = _UNSEEN.sub("", _BREAK.sub("\n", text))
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs")).strip()


def one_line(text: str) -> str:
    """The text on one line, each run of white space as one space."""
    return " ".join(text.split())


def as_markdown(text: str) -> str:
    """Markdown that shows the text as it stands: each line a paragraph, web addresses as links."""
    lines = (one_line(line) for line in clean(text).split("\n"))
    return "\n\n".join(_paragraph(line) for line in lines if line)


def as_text(text: str) -> str:
    """Markdown that shows the text as it stands, addresses too: each line a paragraph, one full of signs several."""
    lines = (one_line(line) for line in clean(text).split("\n"))
    return "\n\n".join(_LINE_START.sub(_escape_start, _escape(part)) for line in lines for part in _parts(line) if part)


def first_address(text: str) -> str:
    """The first web address in the text, empty if there is none."""
    found = _ADDRESS.search(text)
    return _trim(found[0]) if found else ""


def first_sentence(text: str, longest: int) -> str:
    """The first sentence if it is neither a scrap nor too long, else the first words and an ellipsis."""
    text = one_line(text)
    for end in _SENTENCE_END.finditer(text, SHORTEST_SENTENCE, longest + 1):
        if end.end() <= longest and not _ABBREVIATION.search(text[: end.start()]):
            return text[: end.end()]
    return text if len(text) <= longest else _first_words(text, longest)


def _first_words(text: str, longest: int) -> str:
    cut = text[: longest - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > longest // 2 else cut).rstrip(" ,;:，；、(") + "…"


def _paragraph(line: str) -> str:
    parts, at = [], 0
    for found in _ADDRESS.finditer(line):
        address = _trim(found[0])
        parts += [_escape(line[at : found.start()]), f"<{_ENTITY.sub('&amp;', address)}>"]
        at = found.start() + len(address)
    parts.append(_escape(line[at:]))
    return _LINE_START.sub(_escape_start, "".join(parts))


def _parts(line: str) -> Iterator[str]:
    """The line in parts of at most MOST_MARKUP signs of markup each."""
    begins = 0
    for number, found in enumerate(_MARKUP.finditer(line), 1):
        if number % MOST_MARKUP == 0:
            yield line[begins : found.end()].strip()
            begins = found.end()
    yield line[begins:].strip()


def _trim(address: str) -> str:
    """The address without what belongs to the sentence around it: a full stop, a bracket that it did not open."""
    address = address.rstrip(".,;:!?")
    while address.endswith(")") and address.count("(") < address.count(")"):
        address = address[:-1].rstrip(".,;:!?")
    return address


def _escape(text: str) -> str:
    return _MARKUP.sub(lambda found: _AS_ENTITY.get(found[0], "\\" + found[0]), text)


def _escape_start(found: re.Match[str]) -> str:
    start = found[0]
    return start + "\\" if start.isdigit() else _START_AS_ENTITY.get(start, "\\" + start)
