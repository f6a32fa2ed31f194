"""The words of the pages in the page's language: English in the code, Chinese from the catalogue.

Reads theme/locale/zh_CN/LC_MESSAGES/messages.po as it is; no compiled catalogue is kept.
"""

import gettext as standard
from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LOCALE = Path(__file__).parent / "locale"

Gettext = Callable[[str], str]
Ngettext = Callable[[str, str, int], str]


@cache
def catalogue(lang: str) -> Catalog | None:
    """The catalogue of a language; None for English, which is the source."""
    if not lang.startswith("zh"):
        return None
    with (LOCALE / "zh_CN/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="zh_CN")


@cache
def gettexts(lang: str) -> tuple[Gettext, Ngettext]:
    """Gettext and ngettext of a language. A string without a translation stays English."""
    words = catalogue(lang)
    if words is None:
        return standard.NullTranslations().gettext, standard.NullTranslations().ngettext
    table = {_first(message.id): _first(message.string) for message in words if message.id and message.string}

    def gettext(text: str) -> str:
        return table.get(text, text)

    def ngettext(one: str, many: str, number: int) -> str:
        return table.get(one, one if number == 1 else many)

    return gettext, ngettext


def _first(found: str | list[str] | tuple[str, ...]) -> str:
    """The one form Chinese has; the singular of a source string with two."""
    return found if isinstance(found, str) else found[0]
