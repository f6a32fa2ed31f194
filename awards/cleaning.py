"""Texts as keyboards, clipboards and programs send them, made plain: one form for what looks the same.

Knows Unicode; knows no form. What is removed is what no reader sees or means: control characters, signs that turn the
direction of reading, invisible ones. HTML is text and stays. Every function here is linear, and a cleaned text cleans
to itself.
"""

import re
import unicodedata

MOST = 100_000  # characters in one text; a form asks for a few thousand
MARKS = 30  # combining marks on one character: the bound of Unicode's stream-safe format; sorting more is quadratic

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_TAGS = re.compile("(\U0001f3f4[\U000e0020-\U000e007f]{1,10})|[\U000e0000-\U000e007f]")  # a flag keeps them
_UNMEANT = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff\ud800-\udfff]"
)
# Letters, marks or signs to Unicode, and yet nothing to see: no answer is made of these alone.
_EMPTY = set("\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\uffa0")


def lines(text: str) -> str:
    """A text of several lines: one line feed after each, no space before it."""
    text = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    text = unicodedata.normalize("NFC", _TAGS.sub(r"\1", _UNMEANT.sub("", text)))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def line(text: str) -> str:
    """A text of one line; white space, line ends too, is one space."""
    return " ".join(lines(text).split())


def folded(text: str) -> str:
    """A short text of one line with full-width digits, letters and signs made ASCII."""
    return line(unicodedata.normalize("NFKC", line(text)))


def blank(text: str) -> bool:
    """Whether nobody would see anything."""
    return all(char in _EMPTY or unicodedata.category(char)[0] in "CZM" for char in text)


def piled(text: str) -> bool:
    """Whether more than MARKS combining marks stand on one character."""
    if text.isascii():
        return False
    run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char)[0] == "M" else 0
        if run > MARKS:
            return True
    return False
