"""The form page as its templates need it: fields in the page's language, with all that a browser is told of each.

Knows Form and Facts (awards.formmodel, awards.submission); theme.limit_words words the limits. Knows no page, no clock
and no answer. Whether an answer is right is the functions' to say: nothing here repeats their rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from awards.formmodel import Choice, FieldKind, Form, FormField
from awards.model import Category, Consent, Edition, Stage
from awards.submission import PRIVACY, PRIVACY_EN, PRIVACY_ZH, Facts, facts_of
from awards.uploads import TYPES
from theme.limit_words import limits

SUBMISSION = "submission"  # the code of the stage in which cases are taken
FEW = 5  # so many choices are shown at once, more in a list
# kind -> control, of what neither offers choices nor takes files. A half-typed telephone number is kept as it stands.
_CONTROLS = {
    FieldKind.TEXT: "text",
    FieldKind.LONG_TEXT: "area",
    FieldKind.NUMBER: "figure",
    FieldKind.MONEY: "figure",
    FieldKind.DATE: "date",
    FieldKind.MONTHS: "months",
    FieldKind.PHONE: "tel",
    FieldKind.EMAIL: "email",
    FieldKind.USCC: "code",
    FieldKind.ROWS: "rows",
}
_ENDINGS = {"jpg": ("jpg", "jpeg")}


@dataclass(frozen=True)
class Option:
    """A choice as it is offered. within: the category that offers it, empty for any."""

    code: str
    label: str
    within: str = ""


@dataclass(frozen=True)
class Asked:
    """A field as the page asks for it.

    path: as faults name it; of a column, its rows and the row's number as #, such as team[#].name. control: which macro
    draws it. rule: its limits in words. types: ending -> content type of an upload. condition: key and codes of the
    choice on which it depends, empty for none. narrowed: its options are those of the chosen category.
    """

    key: str
    path: str
    label: str
    help: str
    control: str
    required: bool
    starred: bool
    rule: str
    limit: int | None
    minimum: int | None
    count: int | None
    fewest: int
    unit: str
    megabytes: int
    options: tuple[Option, ...]
    groups: tuple[tuple[str, tuple[Option, ...]], ...]
    types: Mapping[str, str]
    condition: tuple[str, tuple[str, ...]] | None
    columns: tuple["Asked", ...]
    narrowed: str = ""

    @property
    def pictures(self) -> bool:
        """Whether it takes pictures alone."""
        return bool(self.types) and all(kind.startswith("image/") for kind in self.types.values())

    @property
    def id(self) -> str:
        """Its id in the page; a # stands for the number of the row."""
        return "f-" + self.path.replace("[", "-").replace("].", "-")


@dataclass(frozen=True)
class Part:
    """A section of the form; one without a name where the form has no sections."""

    key: str
    label: str
    help: str
    fields: tuple[Asked, ...]


@dataclass(frozen=True)
class Sheet:
    """The whole form in one language. stars: whether anything of it is public. declared: whether one is signed."""

    title: str
    parts: tuple[Part, ...]
    consents: tuple[Consent, ...]
    stars: bool
    declared: bool
    email: str
    stage: Stage


def call_of(edition: Edition) -> Stage | None:
    """The stage in which an edition takes cases, None where it takes none."""
    return next((stage for stage in edition.stages if stage.code == SUBMISSION), None)


def sheet(edition: Edition, stage: Stage, language: str) -> Sheet:
    """The form of an edition, in a language of its own or the other."""
    form, facts = edition.form, facts_of(edition)
    writer = _Writer(form, facts, language)
    return Sheet(
        title=writer.either(form.title, form.title_en) or edition.title,
        parts=tuple(writer.parts()),
        consents=tuple(_in_words(consent, language) for consent in facts.consents),
        stars=any(asked.public for asked in form.fields),
        declared=form.declaration is not None,
        email=form.roles.email,
        stage=stage,
    )


def bodies_of(edition: Edition) -> tuple[str, ...]:
    """The codes of its recommending bodies, none where entrants write the name themselves or name nobody."""
    asked = edition.form.find(edition.form.roles.recommended_by)
    return tuple(choice.code for choice in asked.choices) if asked else ()


def labels(edition: Edition) -> list[dict[str, object]]:
    """Each field's key, label and choices in the edition's language, for a page that shows answers."""
    writer = _Writer(edition.form, facts_of(edition), edition.language)
    found: list[dict[str, object]] = []
    for each in edition.form.fields:
        asked = writer.asked(each, each.key)
        within = [option for _, options in asked.groups for option in options]
        found.append(
            {
                "key": asked.key,
                "label": asked.label,
                "choices": {option.code: option.label for option in (*asked.options, *within)},
            }
        )
    return found


def _in_words(consent: Consent, language: str) -> Consent:
    """A consent; the privacy one is worded in both languages."""
    if consent.text not in {PRIVACY_ZH, PRIVACY_EN}:
        return consent
    return replace(PRIVACY, text=PRIVACY_ZH if language.startswith("zh") else PRIVACY_EN)


@dataclass(frozen=True)
class _Writer:
    """Draws up fields in one language."""

    form: Form
    facts: Facts
    language: str

    def either(self, chinese: str, english: str) -> str:
        return chinese if self.language.startswith("zh") else english

    def parts(self) -> list[Part]:
        if not self.form.sections:
            return [Part("form", "", "", self._fields(""))]
        return [
            Part(
                each.key,
                self.either(each.label_zh, each.label_en),
                self.either(each.help_zh, each.help_en),
                self._fields(each.key),
            )
            for each in self.form.sections
        ]

    def _fields(self, section: str) -> tuple[Asked, ...]:
        return tuple(self.asked(each, each.key) for each in self.form.fields if each.section == section)

    def asked(self, each: FormField, path: str) -> Asked:
        """One field, or one column of rows."""
        options, groups = self._options(each), self._groups(each)
        return Asked(
            key=each.key,
            path=path,
            label=self.either(each.label_zh, each.label_en),
            help=self.either(each.help_zh, each.help_en),
            control=_control(each, len(options), within_rows="#" in path),
            required=each.required,
            starred=each.public,
            rule=limits(each, self.language),
            limit=each.limit if each.kind.written else None,
            minimum=each.minimum,
            count=each.count,
            fewest=each.fewest,
            unit=each.unit,
            megabytes=each.megabytes,
            options=options,
            groups=groups,
            types=_types(each),
            condition=(each.asked_if.field, each.asked_if.values) if each.asked_if else None,
            columns=tuple(self.asked(column, f"{each.key}[#].{column.key}") for column in each.columns),
            narrowed=self.form.case.category if groups else "",
        )

    def _options(self, each: FormField) -> tuple[Option, ...]:
        if each.choices_from == "categories":
            return tuple(Option(category.code, category.name) for category in self.facts.categories)
        return tuple(self._option(choice) for choice in each.choices)

    def _option(self, choice: Choice) -> Option:
        return Option(choice.code, self.either(choice.label_zh, choice.label_en))

    def _groups(self, each: FormField) -> tuple[tuple[str, tuple[Option, ...]], ...]:
        if each.choices_from != "fields":
            return ()
        return tuple((category.name, _fields_of(category)) for category in self.facts.categories if category.fields)


def _control(each: FormField, options: int, *, within_rows: bool) -> str:
    if each.kind.uploaded:
        return "files"
    if each.kind is FieldKind.CHOICES:
        return "boxes"
    if each.kind is FieldKind.CHOICE:
        shown = each.required and not within_rows and not each.choices_from and options <= FEW
        return "radios" if shown else "list"
    return _CONTROLS[each.kind]


def _types(each: FormField) -> dict[str, str]:
    if not each.kind.uploaded:
        return {}
    return {ending: TYPES[name] for name in each.accepts for ending in _ENDINGS.get(name, (name,))}


def _fields_of(category: Category) -> tuple[Option, ...]:
    return tuple(Option(field.code, field.name, category.code) for field in category.fields)
