"""Text that looks like personal data: telephone numbers, e-mail addresses, identity numbers, bank cards, credit codes.

Knows patterns and check digits; knows no form. A find is a suspicion: somebody looks at it. Digits are read also in
full width and with spaces or hyphens between them. Hotlines that begin with 400, 800 or 9 are nobody's own and are not
found. Every pattern is bounded, so that a text of any kind is read in time linear in its length.
"""

import re
import unicodedata
from dataclasses import dataclass

from stdnum import luhn
from stdnum.cn import ric, uscc

_HYPHENS = re.compile("[\u2010-\u2015\u2212\uff0d]")
_MOBILE = re.compile(r"(?<![0-9])(?<![0-9]\.)(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}(?![0-9])")
_LANDLINE = re.compile(
    r"(?<![0-9.])(?:\+86[- ]?)?\(?0?(?:10|2[0-9]|[3-9][0-9]{2})\)?[- ][2-9][0-9]{2,3}[- ]?[0-9]{4}(?![0-9.])"
    r"|\(0(?:10|2[0-9]|[3-9][0-9]{2})\)[2-9][0-9]{2,3}[- ]?[0-9]{4}(?![0-9.])"
    r"|(?<![0-9.])0(?:10|2[0-9]|[3-9][0-9]{2})[2-9][0-9]{6,7}(?![0-9.])"
)
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])"
)
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{5}[- ]?[0-9]{8}[- ]?[0-9]{3}[0-9Xx](?![0-9A-Za-z])")
_CARD = re.compile(r"(?<![0-9])[3-6][0-9]{3}(?:[- ]?[0-9]{4}){3}(?:[- ]?[0-9]{1,3})?(?![0-9])")
_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Za-z])")


@dataclass(frozen=True)
class Find:
    """Something that looks like personal data. code: what it looks like. zh, en: the same in words. text: as found."""

    code: str
    zh: str
    en: str
    text: str

    @property
    def masked(self) -> str:
        """Enough of it to find it again, and no more."""
        keep = max(1, min(3, len(self.text) // 3))
        return f"{self.text[:keep]}***{self.text[-1:]}"


def finds(text: str) -> tuple[Find, ...]:
    """Everything in the text that looks like personal data, in order, each once."""
    plain = _HYPHENS.sub("-", unicodedata.normalize("NFKC", text))
    found: list[tuple[int, Find]] = []
    for code, zh, en, pattern, right in _KINDS:
        spans = [match.span() for match in pattern.finditer(plain) if right(re.sub("[- ]", "", match[0]))]
        found += [(start, Find(code, zh, en, plain[start:end])) for start, end in spans]
        plain = _without(plain, spans)  # what is an identity number is no card, and what is a card no telephone
    return tuple(dict.fromkeys(find for _, find in sorted(found, key=lambda pair: pair[0])))


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with these spans blanked, each to its length."""
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], "\0" * (end - start)]
        at = end
    return "".join([*parts, text[at:]])


def _any(_: str) -> bool:
    return True


def _issued(digits: str) -> bool:
    """Whether a card of this number could be one: its issuer's first digits and its last one."""
    return digits.startswith(("62", "4", "51", "52", "53", "54", "55", "35")) and bool(luhn.is_valid(digits))


_KINDS = (
    ("identity", "身份证号", "an identity number", _IDENTITY, ric.is_valid),
    ("code", "统一社会信用代码", "a credit code", _CODE, uscc.is_valid),
    ("card", "银行卡号", "the number of a bank card", _CARD, _issued),
    ("email", "电子邮箱", "an e-mail address", _EMAIL, _any),
    ("phone", "手机号", "a mobile number", _MOBILE, _any),
    ("phone", "固定电话", "a telephone number", _LANDLINE, _any),
)
