"""What form.toml says beside its fields: sections, what becomes of the answers, the declaration, how it is printed.

Knows the tables [case], [roles], [declaration], [summary], [paper] and [[sections]]; every key that names a field is
checked against the fields. Knows no edition: whether form and edition fit each other is for awards.fitting.
"""

import re
from dataclasses import dataclass, fields
from typing import Any

from awards.formmodel import (
    CaseFields,
    Declaration,
    FieldKind,
    Form,
    FormField,
    Paper,
    Roles,
    Section,
    Summary,
    SummaryColumn,
)
from awards.tables import Table, nearest, shown

_TEXTS = (FieldKind.TEXT, FieldKind.LONG_TEXT)
# The kinds that a field may have to become this part of the case, or to play this role.
_KINDS = {
    "title": (FieldKind.TEXT,),
    "entrant": (FieldKind.TEXT,),
    "district": (FieldKind.TEXT, FieldKind.CHOICE),
    "category": (FieldKind.CHOICE,),
    "field": (FieldKind.CHOICE,),
    "summary": _TEXTS,
    "in_operation": (FieldKind.DATE, FieldKind.MONTHS, FieldKind.TEXT),
    "pictures": (FieldKind.PICTURE,),
    "story": (FieldKind.LONG_TEXT,),
    "unit": (FieldKind.USCC,),
    "parent": (FieldKind.USCC,),
    "limited": (FieldKind.CHOICE, FieldKind.CHOICES),
    "email": (FieldKind.EMAIL,),
    "side": (FieldKind.CHOICE,),
    "recommended_by": (FieldKind.TEXT, FieldKind.CHOICE),
}


def parts(table: Table, form_fields: tuple[FormField, ...]) -> Form:
    """The form of these fields, with all else that the file says."""
    reading = Reading(table, form_fields)
    return Form(
        title=table.text("title"),
        title_en=table.text("title_en", ""),
        fields=form_fields,
        sections=tuple(_section(entry) for entry in table.tables("sections")),
        case=reading.case(),
        roles=reading.roles(),
        declaration=reading.declaration(),
        summary=reading.summary(),
        paper=reading.paper(),
    )


def either(table: Table, name: str, *, required: bool = True) -> tuple[str, str]:
    """A text in Chinese and in English, from a table such as { zh = "…", en = "…" }."""
    words = table.table(name)
    if words is None:
        if required and not table.has(name):
            table.note(name, "missing", 'a table such as { zh = "案例名称", en = "Case title" }')
        return "", ""
    found = words.text("zh"), words.text("en")
    words.done()
    return found


def _section(table: Table) -> Section:
    label, help_words = either(table, "label"), either(table, "help", required=False)
    section = Section(table.matching("key", "[a-z][a-z0-9_]*", "a-z, 0-9 and _"), *label, *help_words)
    table.done()
    return section


@dataclass(frozen=True)
class Reading:
    """The tables that name fields by their keys, read against the fields."""

    table: Table
    form_fields: tuple[FormField, ...]

    def one_of(self, keys: list[str], found: str) -> str:
        """What is allowed where one of these may stand."""
        return f"one of {', '.join(keys)}{nearest(found, keys)}" if keys else "nothing: there is none to name"

    def case(self) -> CaseFields:
        """The fields that become the case."""
        entry = self.table.table("case") or Table(self.table.source, "case", {})
        single = [name.name for name in fields(CaseFields) if name.name not in ("story", "facts")]
        found: dict[str, Any] = {name: self._key(entry, name, public=True) for name in single}
        found |= {name: self._keys(entry, name, public=True) for name in ("story", "facts")}
        entry.done()
        return CaseFields(**found)

    def roles(self) -> Roles:
        """The fields that the rules ask for."""
        entry = self.table.table("roles") or Table(self.table.source, "roles", {})
        found = {name.name: self._key(entry, name.name, public=False) for name in fields(Roles)}
        entry.done()
        return Roles(**found)

    def declaration(self) -> Declaration | None:
        """What is signed."""
        entry = self.table.table("declaration")
        if entry is None:
            return None
        to = either(entry, "to", required=False)
        words = entry.table("text") or Table(entry.source, f"{entry.path}.text", {})
        found = Declaration(*either(entry, "title"), *to, words.texts("zh"), words.texts("en"))
        for name in ("zh", "en"):
            if not words.data.get(name):
                entry.note(f"text.{name}", "missing", "a list of paragraphs")
        for text in (*to, *found.text_zh, *found.text_en):
            for key in re.findall(r"\{([^{}]*)\}", text):
                self._known(entry, "text", key)
        words.done()
        entry.done()
        return found

    def summary(self) -> Summary | None:
        """The recommendation summary."""
        entry = self.table.table("summary")
        if entry is None:
            return None
        title, columns = either(entry, "title"), []
        for column in entry.tables("columns"):
            columns.append(SummaryColumn(*either(column, "label"), self._keys(column, "fields", public=False)))
            column.done()
        entry.done()
        return Summary(*title, tuple(columns))

    def paper(self) -> Paper:
        """How it is printed."""
        entry = self.table.table("paper") or Table(self.table.source, "paper", {})
        paper = Paper(
            font=entry.text("font", "仿宋"),
            points=entry.whole("points", 6, 36, 12),
            contents=entry.flag("contents"),
            cover=self._keys(entry, "cover", public=False),
        )
        entry.done()
        return paper

    def _key(self, entry: Table, name: str, *, public: bool) -> str:
        key = entry.text(name, "")
        if key:
            self._known(entry, name, key, public=public)
        return key

    def _keys(self, entry: Table, name: str, *, public: bool) -> tuple[str, ...]:
        keys = entry.texts(name)
        for key in keys:
            self._known(entry, name, key, public=public)
        return keys

    def _known(self, entry: Table, name: str, key: str, *, public: bool = False) -> None:
        found = next((form_field for form_field in self.form_fields if form_field.key == key), None)
        kinds = _KINDS.get(name)
        if found is None or (kinds and found.kind not in kinds):
            fitting = [form_field.key for form_field in self.form_fields if not kinds or form_field.kind in kinds]
            entry.note(name, shown(key), self.one_of(fitting, key))
        elif public and not found.public:
            entry.note(name, f"{key}, which is not public", "a field with public = true")
