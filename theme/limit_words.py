"""The limits of a form's field in words, those that no counter shows: 4 pictures, up to 10 files, at least 100 字.

Knows fields and wording; knows no page and no answer.
"""

from awards.formmodel import FieldKind, FormField
from theme.catalogue import gettexts


def limits(each: FormField, language: str) -> str:
    """The limits of a field, empty where it has none to tell."""
    _ = gettexts(language)[0]
    if each.kind.uploaded:
        largest = _("up to %(n)s MB each") % {"n": each.megabytes}
        return " · ".join([_several(each, each.count, language), _(", ").join(each.accepts), largest])
    if each.kind is FieldKind.CHOICES and (each.count or each.fewest > 1):
        return _several(each, each.count or len(each.choices), language)
    if each.kind is FieldKind.ROWS:
        return _several(each, each.count, language)
    return _("at least %(n)s 字") % {"n": each.minimum} if each.minimum and not each.limit else ""


def _several(each: FormField, most: int | None, language: str) -> str:
    """How many may be given: 4 files, 1 to 4 files."""
    _ = gettexts(language)[0]
    forms = {
        FieldKind.CHOICES: (_("up to %(n)s choices"), _("%(n)s choices")),
        FieldKind.ROWS: (_("up to %(n)s rows"), _("%(n)s rows")),
        FieldKind.FILE: (_("up to %(n)s files"), _("%(n)s files")),
        FieldKind.PICTURE: (_("up to %(n)s pictures"), _("%(n)s pictures")),
    }
    if most == 1:
        return _("one picture") if each.kind is FieldKind.PICTURE else _("one file") if each.kind.uploaded else ""
    upto, exact = forms[each.kind]
    if each.fewest == 1:
        return upto % {"n": most}
    return exact % {"n": most if each.fewest == most else f"{each.fewest}–{most}"}
