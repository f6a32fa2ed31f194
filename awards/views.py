"""Who may see which answers: the hall, the organisers alone, a reviewer who must not know who entered.

Knows the flags of fields; refuses to look into the answers: what an entrant wrote into a public text is public. A
column is seen if its rows are and it is, so that a table may show its figures and hide its names.
"""

from collections.abc import Callable, Mapping

from awards.answers import Value
from awards.formmodel import FieldKind, Form, FormField

Rule = Callable[[FormField, FormField], bool]  # a field, and the column of it or the field once more


def public(form: Form, values: Mapping[str, Value]) -> dict[str, Value]:
    """The answers that the hall shows."""
    return _only(form, values, _public)


def private(form: Form, values: Mapping[str, Value]) -> dict[str, Value]:
    """The answers that never leave the organisers' hands: all but the public ones."""
    return _only(form, values, lambda asked, part: not _public(asked, part))


def identifying(form: Form, values: Mapping[str, Value]) -> dict[str, Value]:
    """The answers that tell who entered, or speak of a person: hidden in anonymous review."""
    return _only(form, values, _identifying)


def anonymous(form: Form, values: Mapping[str, Value]) -> dict[str, Value]:
    """The answers that a reviewer sees who must not know who entered: all but the identifying ones."""
    return _only(form, values, lambda asked, part: not _identifying(asked, part))


def _public(asked: FormField, part: FormField) -> bool:
    return asked.public and part.public and not (asked.personal or part.personal)


def _identifying(asked: FormField, part: FormField) -> bool:
    return asked.identifying or part.identifying or asked.personal or part.personal


def _only(form: Form, values: Mapping[str, Value], rule: Rule) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for asked in form.fields:
        value = values.get(asked.key)
        if asked.kind is FieldKind.ROWS and isinstance(value, tuple):
            value = _columns(asked, value, rule)
        elif not rule(asked, asked):
            continue
        if value is not None:
            found[asked.key] = value
    return found


def _columns(asked: FormField, rows: tuple[Mapping[str, Value], ...], rule: Rule) -> Value | None:
    keys = [column.key for column in asked.columns if rule(asked, column)]
    seen = [{key: row[key] for key in keys if key in row} for row in rows]
    return tuple(row for row in seen if row) or None
