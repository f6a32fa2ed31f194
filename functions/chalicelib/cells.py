"""One answer in the words of a printed form: boxes that are ticked, months, sums, names of uploads; lists of lines.

Knows kinds of fields and both languages; refuses to know where on the paper it stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from awards import cleaning
from awards.answers import Value
from awards.formmodel import FieldKind, Form, FormField
from awards.model import Edition
from awards.numbers import Months
from awards.submission import Facts, offered
from awards.uploads import Upload

TICKED, OPEN = "■", "□"  # both are in every Chinese font, as ☑ is not
MOST_BOXES = 24  # with more choices, only the chosen ones are printed


@dataclass(frozen=True)
class Words:
    """The words of one language. en: English, else Chinese. edition: names its categories and fields."""

    en: bool
    edition: Edition

    def pick(self, zh: str, en: str) -> str:
        """The one of this language."""
        return en if self.en else zh

    @property
    def sealed(self) -> str:
        """What stands behind the name of who puts a seal there."""
        return " (seal)" if self.en else "（盖章）"

    @property
    def starred(self) -> str:
        """What the star means."""
        return self.pick("标“*”的栏目在网上展厅公开。", "What is marked * is shown in the exhibition hall.")

    @property
    def day(self) -> str:
        """A date that a hand fills in."""
        return self.pick("日期：　　　　年　　月　　日", "Date: ____________________")

    @property
    def rule(self) -> str:
        """A place to write on inside a sentence."""
        return "________________"

    def label(self, field: FormField) -> str:
        """A field's name."""
        return cleaning.line(self.pick(field.label_zh, field.label_en))

    def box(self, *, chosen: bool) -> str:
        """A box, ticked or not."""
        return TICKED if chosen else OPEN

    def boxes(self, field: FormField, values: Mapping[str, Value], facts: Facts) -> list[str]:
        """Every choice behind its box; none where a field is no choice, or offers too many to print."""
        codes = offered(self.edition.form, field, facts, values) if field.kind.chosen else ()
        value = values.get(field.key)
        chosen = value if isinstance(value, tuple) else (value,)
        named = [f"{self.box(chosen=code in chosen)}\u00a0{self.name(field, code)}" for code in codes]
        return named if len(codes) <= MOST_BOXES else []

    def free(self, field: FormField) -> list[str]:
        """What a blank form prints for a hand to write between."""
        months = self.pick("　　　　年　　月至　　　　年　　月", "from ____________ to ____________")
        return [months] if field.kind is FieldKind.MONTHS else []

    def plain(self, field: FormField, value: object) -> list[str]:
        """An answer as words."""
        if value is None:
            return []
        if field.kind.chosen:
            codes = value if isinstance(value, tuple) else (value,)
            return [self.pick("、", ", ").join(self.name(field, str(code)) for code in codes)]
        if isinstance(value, tuple):
            return [cleaning.line(item.name) for item in value if isinstance(item, Upload)]
        if isinstance(value, Decimal):
            return [f"{value:,f}" + (field.unit if field.unit and not self._told(field) else "")]
        if isinstance(value, date):
            return [self.pick(f"{value.year}年{value.month}月{value.day}日", f"{value:%Y-%m-%d}")]
        return [self._months(value)] if isinstance(value, Months) else lines_of(value)

    def name(self, field: FormField, code: str) -> str:
        """The name of a choice by its code."""
        if field.choices_from == "categories":
            names = {category.code: category.name for category in self.edition.categories}
        elif field.choices_from == "fields":
            names = {each.code: each.name for category in self.edition.categories for each in category.fields}
        else:
            names = {choice.code: self.pick(choice.label_zh, choice.label_en) for choice in field.choices}
        return names.get(code, code)

    def _told(self, field: FormField) -> bool:
        """Whether the label says the unit already."""
        return field.unit in field.label_zh or (self.en and field.unit == "万元")

    def _months(self, months: Months) -> str:
        zh = f"{months.first.year}年{months.first.month}月至{months.last.year}年{months.last.month}月"
        return self.pick(zh, f"{months.first:%Y-%m} to {months.last:%Y-%m}")


def lines_of(value: object) -> list[str]:
    """Any answer as lines of text, empty ones between paragraphs left out."""
    return [line for line in cleaning.lines(str(value)).split("\n") if line.strip()]


def hint(words: Words, form: Form, field: FormField) -> str:
    """What a blank form says in small letters: how many 字, when it is to be filled in, which files to upload."""
    said = (
        [words.pick(f"限{field.limit}字", f"at most {field.limit} 字")]
        if field.limit and field.kind is FieldKind.LONG_TEXT
        else []
    )
    if field.kind.uploaded:
        kinds = ", ".join(field.accepts).upper()
        most = words.pick(f"网上上传，{kinds}，至多{field.count}份", f"upload {kinds}, at most {field.count}")
        exact = words.pick(f"网上上传，{kinds}，{field.count}份", f"upload {field.count}, {kinds}")
        said.append(exact if field.count == field.fewest else most)
    if field.count and field.kind is FieldKind.CHOICES:
        said.append(words.pick(f"至多{field.count}项", f"at most {field.count}"))
    if (condition := _condition(words, form, field)) and not said:
        said.append(condition)
    helped = cleaning.line(words.pick(field.help_zh, field.help_en))
    return words.pick("；", "; ").join([*said, *([helped] if helped else [])])


def _condition(words: Words, form: Form, field: FormField) -> str:
    first = form.find(field.asked_if.field) if field.asked_if else None
    if first is None or field.asked_if is None:
        return ""
    names = words.pick("、", ", ").join(words.name(first, code) for code in field.asked_if.values)
    return words.pick(f"“{words.label(first)}”为“{names}”的填写", f"if {words.label(first)} is {names}")
