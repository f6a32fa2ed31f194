"""What of a draft is worth keeping: everything an entrant typed into a field, right or not yet.

Knows shapes and sizes alone; whether an answer is right is for awards.submission. A half-typed telephone number stays,
so that nobody loses it; what no field asks for, and what no store could hold, goes.
"""

from collections.abc import Mapping
from dataclasses import asdict

from awards import cleaning
from awards.formmodel import FieldKind, Form, FormField
from awards.submission import CONSENTS
from awards.uploads import read_upload

MOST = 50  # items in one list: no field takes more


def kept(form: Form, answers: object) -> dict[str, object]:
    """The answers of a draft as JSON that a store can hold; kept again, they are the same."""
    sheet = answers if isinstance(answers, dict) else {}
    found = {asked.key: _field(asked, sheet.get(asked.key)) for asked in form.fields}
    consents = sheet.get(CONSENTS)
    if isinstance(consents, dict):
        ticked = {line: value for code, value in consents.items() if (line := _code(code)) and isinstance(value, bool)}
        found[CONSENTS] = dict(list(ticked.items())[:MOST])
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}


def _code(code: object) -> str:
    return code if isinstance(code, str) and len(code) <= 100 and code == cleaning.line(code) else ""


def _field(asked: FormField, raw: object) -> object:
    if asked.kind.several:
        items = raw[:MOST] if isinstance(raw, list) else []
        return [item for item in (_item(asked, item) for item in items) if item]
    if asked.kind is FieldKind.MONTHS:
        return _texts(raw, ("from", "to"))
    return _scalar(raw, lines=asked.kind is FieldKind.LONG_TEXT)


def _item(asked: FormField, raw: object) -> object:
    if asked.kind is FieldKind.ROWS:
        row = raw if isinstance(raw, dict) else {}
        cells = {column.key: _field(column, row.get(column.key)) for column in asked.columns}
        return {key: value for key, value in cells.items() if value not in (None, "", [], {})}
    if asked.kind is FieldKind.CHOICES:
        return _scalar(raw, lines=False) if isinstance(raw, str) else None
    upload = read_upload(raw)
    return asdict(upload) if upload else None


def _texts(raw: object, keys: tuple[str, ...]) -> Mapping[str, object]:
    found = {key: _scalar(raw.get(key), lines=False) for key in keys} if isinstance(raw, dict) else {}
    return {key: value for key, value in found.items() if isinstance(value, str) and value}


def _scalar(raw: object, *, lines: bool) -> object:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float):
        return raw if abs(raw) < 10**15 else None  # NaN is below nothing
    if not isinstance(raw, str) or len(raw) > cleaning.MOST or cleaning.piled(raw):
        return None
    text = cleaning.lines(raw) if lines else cleaning.line(raw)
    return text if len(text) <= cleaning.MOST and not cleaning.piled(text) else None
