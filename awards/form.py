"""The submission form: form.toml read into a Form.

Knows the kinds of fields; checks the file, not yet what entrants write into it.
"""

from awards.model import FieldKind, Form, FormField
from awards.tables import Source, Table

_KINDS = tuple(kind.value for kind in FieldKind)
_WITH_CHOICES = {FieldKind.CHOICE, FieldKind.CHOICES}


def parse_form(source: Source) -> Form:
    """The form that form.toml describes; faults go to the source's findings."""
    table = source.parse()
    fields = tuple(_field(entry) for entry in table.tables("fields"))
    form = Form(table.text("title"), fields)
    _note_duplicates(table, fields)
    table.done()
    return form


def _field(table: Table) -> FormField:
    kind = FieldKind(table.one_of("kind", _KINDS))
    label = table.table("label") or Table(table.source, table.path, {}, broken=True)
    if not table.has("label"):
        table.note("label", "missing", 'a table such as { zh = "案例名称", en = "Case title" }')
    form_field = FormField(
        key=table.matching("key", "[a-z][a-z0-9_]*", "a-z, 0-9 and _, beginning with a letter"),
        label_zh=label.text("zh"),
        label_en=label.text("en"),
        kind=kind,
        required=table.flag("required"),
        limit=table.whole("limit", 1, 100_000, None),
        count=table.whole("count", 1, 50, 1),
        public=table.flag("public"),
        identifying=table.flag("identifying"),
        choices=table.texts("choices"),
        help=table.text("help", ""),
    )
    _check_choices(table, form_field)
    label.done()
    table.done()
    return form_field


def _check_choices(table: Table, form_field: FormField) -> None:
    if form_field.kind in _WITH_CHOICES and not form_field.choices:
        table.note("choices", "no choices", f"at least one, since kind is {form_field.kind.value}")
    if form_field.kind not in _WITH_CHOICES and form_field.choices:
        table.note("choices", "choices", f"none, since kind is {form_field.kind.value}")


def _note_duplicates(table: Table, fields: tuple[FormField, ...]) -> None:
    keys = [form_field.key for form_field in fields]
    for number, key in enumerate(keys):
        if key and key in keys[:number]:
            table.note(f"fields[{number}].key", f"{key} a second time", "a key of its own for each field")
