"""What a submission form is: frozen records, made by awards.form and read by everything else.

Knows no file, no clock and no edition. Labels and help are in Chinese and English; what an entrant answers is
awards.answers'.
"""

from dataclasses import dataclass, field
from enum import Enum


class FieldKind(Enum):
    """The kinds of a form field, with the groups that name them. ROWS: a table that grows, one kind per column."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    MONTHS = "months"
    PHONE = "phone"
    EMAIL = "email"
    USCC = "uscc"
    FILE = "file"
    PICTURE = "picture"
    ROWS = "rows"

    @property
    def written(self) -> bool:
        """Whether 字 are counted in it."""
        return self in {FieldKind.TEXT, FieldKind.LONG_TEXT}

    @property
    def chosen(self) -> bool:
        """Whether it offers choices."""
        return self in {FieldKind.CHOICE, FieldKind.CHOICES}

    @property
    def measured(self) -> bool:
        """Whether it is a figure."""
        return self in {FieldKind.NUMBER, FieldKind.MONEY}

    @property
    def uploaded(self) -> bool:
        """Whether its answer names uploads."""
        return self in {FieldKind.FILE, FieldKind.PICTURE}

    @property
    def several(self) -> bool:
        """Whether its answer is a list."""
        return self.uploaded or self in {FieldKind.CHOICES, FieldKind.ROWS}

    @property
    def reaches(self) -> bool:
        """Whether it tells how to reach or recognise somebody, or is kept as it came: never public."""
        return self in {FieldKind.PHONE, FieldKind.EMAIL, FieldKind.USCC, FieldKind.FILE}


@dataclass(frozen=True)
class Choice:
    """One choice. code: what an answer holds. namely: key of the field that says which other one; may be empty."""

    code: str
    label_zh: str
    label_en: str
    namely: str


@dataclass(frozen=True)
class Condition:
    """Asked only if another field, earlier in the form, has one of these values (codes of its choices)."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class FormField:
    """One field of the submission form, or one column of its rows.

    section: key of its section, empty where the form has none. label_zh, label_en: as the form says it.
    limit, minimum: most and fewest 字, None for none. count, fewest: of files, pictures, rows or choices; count None
    for no limit. lowest, highest: of a figure, None for none; unit: shown after it and accepted in it, such as %.
    public: shown in the hall. identifying: hidden in anonymous review. personal: about a person, shown to nobody but
    the organisers. choices: for choice and choices; choices_from: "categories" or "fields" where they are the
    edition's. accepts: types of an upload, such as pdf; megabytes: the largest. asked_if: None for always.
    columns: of rows.
    """

    key: str
    label_zh: str
    label_en: str
    kind: FieldKind
    required: bool
    limit: int | None
    minimum: int | None
    count: int | None
    fewest: int
    lowest: int | None
    highest: int | None
    unit: str
    public: bool
    identifying: bool
    personal: bool
    choices: tuple[Choice, ...]
    choices_from: str
    accepts: tuple[str, ...]
    megabytes: int
    asked_if: Condition | None
    columns: tuple["FormField", ...]
    section: str
    help_zh: str
    help_en: str


@dataclass(frozen=True)
class Section:
    """A part of the form under a heading of its own."""

    key: str
    label_zh: str
    label_en: str
    help_zh: str
    help_en: str


@dataclass(frozen=True)
class CaseFields:
    """Which fields become the case's front matter and story; every one of them is public, empty for none.

    district: a fact under its own label. story: in order, each under its label where there are several. facts: further
    public facts.
    """

    title: str = ""
    entrant: str = ""
    district: str = ""
    category: str = ""
    field: str = ""
    summary: str = ""
    in_operation: str = ""
    pictures: str = ""
    story: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roles:
    """Which fields the rules ask for, by key; empty for none.

    unit: the entrant's own credit code. parent: that of the group or parent it is a branch of. limited: whose values
    are the fields that limits count; empty means the case's field. email: where mail goes. side: which side enters.
    recommended_by: the recommending body.
    """

    unit: str = ""
    parent: str = ""
    limited: str = ""
    email: str = ""
    side: str = ""
    recommended_by: str = ""


@dataclass(frozen=True)
class Declaration:
    """What the entrant signs and stamps. Paragraphs in both languages; {key} stands for the answer to that field."""

    title_zh: str
    title_en: str
    to_zh: str
    to_en: str
    text_zh: tuple[str, ...]
    text_en: tuple[str, ...]


@dataclass(frozen=True)
class SummaryColumn:
    """A column of the recommendation summary. fields: keys whose answers stand in it, in order."""

    label_zh: str
    label_en: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """The recommendation summary that a recommending body files; a running number stands before its columns."""

    title_zh: str
    title_en: str
    columns: tuple[SummaryColumn, ...]


@dataclass(frozen=True)
class Paper:
    """How the form is printed.

    font: by name. points: of the text. contents: with a table of contents. cover: keys of the fields on the cover,
    none for no cover.
    """

    font: str = "仿宋"
    points: int = 12
    contents: bool = False
    cover: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """The submission form: its title and its fields, in order, and what becomes of the answers."""

    title: str
    fields: tuple[FormField, ...]
    title_en: str = ""
    sections: tuple[Section, ...] = ()
    case: CaseFields = field(default_factory=CaseFields)
    roles: Roles = field(default_factory=Roles)
    declaration: Declaration | None = None
    summary: Summary | None = None
    paper: Paper = field(default_factory=Paper)

    def find(self, key: str) -> FormField | None:
        """The field of this key, None where there is none."""
        return next((form_field for form_field in self.fields if form_field.key == key), None)
