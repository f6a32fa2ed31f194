"""字: how long a text is, as Chinese offices count.

Knows one rule, the 字数 of Word, made exact; refuses to know limits. The rule:

1. Each Han character counts one (all extensions, radicals and compatibility forms), each kana and bopomofo too.
2. Each full-width sign counts one: 。，、《》（）％２Ａ. So do the signs that Chinese text shares with others: “ ” ‘ ’
   — … · (so —— and …… count two); but ’ between two letters belongs to the word, as in don’t.
3. Each emoji counts one, however many code points it has: a flag, a family, a skin tone.
4. Of all else, what stands together without white space or a character of 1 to 3 between counts one: a word, a number
   (1,234.5), a hyphenated word, an address, a Korean word, a lone comma.
5. White space, line ends, control and invisible characters, combining marks, variation selectors count nothing.

1, 2, 4 and 5 are Word's, 3 is ours: Word's figure for emoji depends on its version. A script in the browser counts by
the same rule; tests/awards/characters.json holds examples for both.
"""

import re
import unicodedata

_HAN = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
)
_KANA = "\u3041-\u30ff\u3100-\u312f\u31a0-\u31ff\uff66-\uff9f\U0001aff0-\U0001b16f"
_WIDE = "\u2ff0-\u2fff\u3001-\u3004\u3008-\u3020\u3030-\u3037\u303c-\u303f\u31c0-\u31ef\u3200-\u33ff\ufe10-\ufe19"
_FULL = "\ufe30-\ufe6f\uff01-\uff65\uffe0-\uffe6"
_SHARED = "\u2018\u2019\u201c\u201d\u2014\u2026\u00b7"
_ONE = _HAN + _KANA + _WIDE + _FULL + _SHARED

_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_PICTURES = (
    "\u231a\u231b\u23e9-\u23f3\u23f8-\u23fa\u2600-\u27bf\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\U0001f000-\U0001faff"
)
_SKIN_OR_TAGS = "[\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
_PICTURE = f"[{_PICTURES}]{_SKIN_OR_TAGS}"
_EMOJI = f"{_FLAG}|{_PICTURE}(?:\u200d{_PICTURE})*"

# A letter, then ’, then a letter stays within a word; the run ends where a character of rules 1 to 3 begins.
_APART = _ONE + _PICTURES
_WORD = f"(?:[^\\s{_APART}]|(?<=[^\\W\\d_{_APART}])\u2019(?=[^\\W\\d_{_APART}]))+"
_COUNTED = re.compile(f"{_EMOJI}|{_WORD}|[{_ONE}]")

_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200e\u200f\u2060\ufeff"))
_JOINER = "\u200d"


def count(text: str) -> int:
    """The 字 of a text."""
    if text.isascii():
        return len(_seen(text).split())
    return sum(1 for _ in _COUNTED.finditer(_seen(text)))


def _seen(text: str) -> str:
    """The text without what counts nothing; a joiner stays where it joins emoji."""
    text = "".join(" " if _ends(char) else char for char in text if not _mark(char)).translate(_UNSEEN)
    return re.sub(f"(?<![{_PICTURES}\U0001f3fb-\U0001f3ff]){_JOINER}|{_JOINER}(?![{_PICTURES}])", "", text)


def _mark(char: str) -> bool:
    return char > "\u02ff" and unicodedata.category(char)[0] == "M"


def _ends(char: str) -> bool:
    """Control characters, line ends among them, part words as white space does."""
    return char < " " or "\x7f" <= char <= "\x9f"
