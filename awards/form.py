"""The submission form: form.toml read into a Form, field by field.

Knows the keys of a field (docs/form.md lists them); what else form.toml says is read by awards.formparts. Checks the
file, not what entrants write into the form: that is for awards.submission.
"""

from awards.formmodel import Choice, Condition, FieldKind, Form, FormField
from awards.formparts import Reading, either, parts
from awards.tables import Source, Table, nearest, shown
from awards.uploads import TYPES

_KINDS = tuple(kind.value for kind in FieldKind)
_KEY = "[a-z][a-z0-9_]{0,39}"
_KEY_ALLOWED = "a-z, 0-9 and _, beginning with a letter, at most 40"
_CODE = "[a-z0-9][a-z0-9-]{0,39}"
_RESERVED = ("consents",)  # what an answer sheet holds beside the fields
_UPLOADS = {FieldKind.FILE: ("pdf", "jpg", "png", "docx", "xlsx"), FieldKind.PICTURE: ("jpg", "png", "webp")}
_COUNT = {FieldKind.FILE: 1, FieldKind.PICTURE: 1, FieldKind.ROWS: 20}
# key -> the kinds that know it; every other kind must not have it.
_ONLY = {
    "limit": "written",
    "minimum": "written",
    "lowest": "measured",
    "highest": "measured",
    "unit": "measured",
    "count": "several",
    "fewest": "several",
    "accepts": "uploaded",
    "megabytes": "uploaded",
}


def parse_form(source: Source) -> Form:
    """The form that form.toml describes; faults go to the source's findings."""
    table = source.parse()
    entries = table.tables("fields")
    fields = tuple(_field(entry, column=False) for entry in entries)
    table.note_repeats("fields", [entry.data.get("key") for entry in entries], "key")
    form = parts(table, fields)
    _Checks(table, form).all()
    table.done()
    return form


def _field(table: Table, *, column: bool) -> FormField:
    kind = FieldKind(table.one_of("kind", _KINDS))
    if table.data.get("kind") in _KINDS:
        _check_kind(table, kind, column=column)
    label, help_words = either(table, "label"), either(table, "help", required=False)
    form_field = FormField(
        key=table.matching("key", _KEY, _KEY_ALLOWED),
        label_zh=label[0],
        label_en=label[1],
        kind=kind,
        required=table.flag("required"),
        limit=table.whole("limit", 1, 100_000, None),
        minimum=table.whole("minimum", 1, 100_000, None),
        count=table.whole("count", 1, 50, _COUNT.get(kind)),
        fewest=table.whole("fewest", 1, 50, 1),
        lowest=table.whole("lowest", -1_000_000_000, 1_000_000_000, None),
        highest=table.whole("highest", -1_000_000_000, 1_000_000_000, None),
        unit=table.text("unit", "万元" if kind is FieldKind.MONEY else ""),
        public=table.flag("public"),
        identifying=table.flag("identifying"),
        personal=table.flag("personal"),
        choices=_choices(table, kind),
        choices_from=_choices_from(table),
        accepts=_accepts(table, kind),
        megabytes=table.whole("megabytes", 1, 500, 20),
        asked_if=None if column else _condition(table),
        columns=() if column else _columns(table, kind),
        section="" if column else table.text("section", ""),
        help_zh=help_words[0],
        help_en=help_words[1],
    )
    _check_field(table, form_field)
    table.done()
    return form_field


def _check_kind(table: Table, kind: FieldKind, *, column: bool) -> None:
    for name, group in _ONLY.items():
        if table.has(name) and not getattr(kind, group):
            table.note(name, shown(table.data[name]), f"nothing, since kind is {kind.value}")
    if column and kind in {FieldKind.ROWS, FieldKind.FILE, FieldKind.PICTURE}:
        table.note("kind", shown(kind.value), "a kind that fits into a column: no rows, file or picture")


def _choices(table: Table, kind: FieldKind) -> tuple[Choice, ...]:
    if not kind.chosen:
        for name in ("choices", "choices_from"):
            if table.has(name):
                table.note(name, "choices", f"none, since kind is {kind.value}")
        return ()
    if table.has("choices") == table.has("choices_from"):
        found = "both" if table.has("choices") else "no choices"
        table.note("choices", found, f"choices or choices_from, since kind is {kind.value}")
    entries = table.tables("choices")
    choices = tuple(_choice(entry) for entry in entries)
    table.note_repeats("choices", [entry.data.get("code") for entry in entries])
    return choices


def _choice(table: Table) -> Choice:
    code = table.matching("code", _CODE, "a-z, 0-9 and -")
    choice = Choice(code, table.text("zh"), table.text("en"), table.text("namely", ""))
    table.done()
    return choice


def _choices_from(table: Table) -> str:
    return table.one_of("choices_from", ("categories", "fields")) if table.has("choices_from") else ""


def _accepts(table: Table, kind: FieldKind) -> tuple[str, ...]:
    accepts = table.texts("accepts")
    for number, name in enumerate(accepts):
        if name not in TYPES:
            table.note(f"accepts[{number}]", shown(name), f"one of {', '.join(TYPES)}{nearest(name, TYPES)}")
    return accepts or _UPLOADS.get(kind, ())


def _condition(table: Table) -> Condition | None:
    entry = table.table("asked_if")
    if entry is None:
        return None
    condition = Condition(entry.text("field"), entry.texts("is"))
    if not condition.values:
        entry.note("is", "no values", "at least one code of that field's choices")
    entry.done()
    return condition


def _columns(table: Table, kind: FieldKind) -> tuple[FormField, ...]:
    entries = table.tables("columns")
    columns = tuple(_field(entry, column=True) for entry in entries)
    table.note_repeats("columns", [entry.data.get("key") for entry in entries], "key")
    if bool(columns) != (kind is FieldKind.ROWS) and table.data.get("kind") in _KINDS:
        found = "columns" if columns else "none"
        table.note("columns", found, f"{'none' if columns else 'at least one column'}, since kind is {kind.value}")
    return columns


def _check_field(table: Table, asked: FormField) -> None:
    if asked.key in _RESERVED:
        table.note("key", asked.key, f"a key that is none of {', '.join(_RESERVED)}")
    if asked.public and (asked.personal or asked.kind.reaches):
        why = "personal" if asked.personal else f"of kind {asked.kind.value}"
        table.note("public", "true", f"false: what is {why} is never shown in the hall")
    for low, high in (("minimum", "limit"), ("fewest", "count"), ("lowest", "highest")):
        least, most = getattr(asked, low), getattr(asked, high)
        if table.has(low) and least is not None and most is not None and least > most:
            table.note(low, str(least), f"a whole number not above {high}, {most}")
    if asked.columns and asked.public != any(column.public for column in asked.columns):
        table.note("public", str(asked.public).lower(), "true on the rows and on each column that is shown, or on none")


class _Checks:
    """What one field says of another, and of its section."""

    def __init__(self, table: Table, form: Form) -> None:
        self.table, self.form = table, form
        self.reading = Reading(table, form.fields)

    def all(self) -> None:
        for number, asked in enumerate(self.form.fields):
            self._section(number, asked)
            self._asked_if(number, asked)
            for choice_number, choice in enumerate(asked.choices):
                if choice.namely:
                    self._namely(f"fields[{number}].choices[{choice_number}].namely", asked, choice)

    def _section(self, number: int, asked: FormField) -> None:
        known = [section.key for section in self.form.sections]
        if known and asked.section not in known:
            allowed = f"one of {', '.join(known)}{nearest(asked.section, known)}"
            self.table.note(f"fields[{number}].section", shown(asked.section) if asked.section else "missing", allowed)
        elif not known and asked.section:
            self.table.note(f"fields[{number}].section", shown(asked.section), "none, since there are no sections")
        elif number and known.index(asked.section) < self._place(number - 1) if known else False:
            self.table.note(f"fields[{number}].section", shown(asked.section), "fields in the order of their sections")

    def _place(self, number: int) -> int:
        known = [section.key for section in self.form.sections]
        section = self.form.fields[number].section
        return known.index(section) if section in known else 0

    def _asked_if(self, number: int, asked: FormField) -> None:
        if asked.asked_if is None:
            return
        path, earlier = f"fields[{number}].asked_if", self.form.fields[:number]
        other = next((field for field in earlier if field.key == asked.asked_if.field), None)
        if other is None or not other.kind.chosen:
            keys = [field.key for field in earlier if field.kind.chosen]
            self.table.note(
                f"{path}.field", shown(asked.asked_if.field), self.reading.one_of(keys, asked.asked_if.field)
            )
            return
        codes = [choice.code for choice in other.choices]
        for value in asked.asked_if.values:
            if codes and value not in codes:
                self.table.note(f"{path}.is", shown(value), self.reading.one_of(codes, value))

    def _namely(self, path: str, asked: FormField, choice: Choice) -> None:
        named = self.form.find(choice.namely)
        wanted = Condition(asked.key, (choice.code,))
        if named is None or named.kind is not FieldKind.TEXT or named.asked_if != wanted:
            allowed = f'a field of kind text with asked_if = {{ field = "{asked.key}", is = ["{choice.code}"] }}'
            self.table.note(path, shown(choice.namely), allowed)
