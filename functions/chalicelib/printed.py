"""What a printed form says, as plain data in reading order: the same for the Word file and for the PDF.

Knows forms, answers and what offices print (a cover, boxes to tick, places to sign and seal); refuses to know fonts,
measures and files. Every text is cleaned here and is data ever after: nobody reads markup in it. The day is left open,
for the hand that signs. What comes out is JSON: lists, texts and numbers under the keys named below.

A sheet: lang, blank, font, points, running (the edition), title, cover, contents, parts, starred,
consents, signing, declaration.
A part: title, help, blocks; breaks: whether it begins a page, as the large parts of a book do. A block:
    pairs   rows of one or two cells; a cell is label, hint (below it), note (where the answer
            stands), boxes (choices, each behind its box), lines, room (lines to leave free on a blank form)
    prose   the same keys: a text under a heading of its own
    grid    title, hint, named (the first column names the table), header, widths (weights), rows: a table that grows;
            a cell of it is a list of lines, None where the one above reaches down
"""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby

from awards import cleaning
from awards.answers import Value
from awards.formmodel import Declaration, FieldKind, FormField
from awards.model import Edition
from awards.submission import CONSENTS, Facts, Finality, asked, check, facts_of
from chalicelib.cells import Words, hint, lines_of

Block = dict[str, object]
SHORT = {
    FieldKind.NUMBER,
    FieldKind.MONEY,
    FieldKind.DATE,
    FieldKind.PHONE,
}
FEW = 20  # 字: a text of so many fits into half a line
GROWS = 2  # empty rows for each choice of a blank table, as the offices' own
BESIDE = 8  # so many signs of a hint fit under the label
EMPTY = 4  # empty rows of a blank table without choices
_PLACE = re.compile(r"\{([^{}]*)\}")


class Sheet:
    """One form being printed. answers: as a draft keeps them, None for the blank form."""

    def __init__(self, edition: Edition, answers: Mapping[str, object] | None) -> None:
        self.edition, self.form = edition, edition.form
        self.facts: Facts = facts_of(edition)
        self.words = Words(edition.language == "en", edition)
        self.answers = answers
        checked = check(self.form, dict(answers or {}), self.facts, Finality.DRAFT)
        self.values: Mapping[str, Value] = checked.values
        self.ticked: Mapping[str, bool] = checked.consents

    def whole(self) -> dict[str, object]:
        """The form, with its declaration."""
        form, words = self.form, self.words
        declaration = form.declaration
        return self._frame(words.pick(form.title, form.title_en or form.title)) | {
            "cover": self._cover(),
            "contents": words.pick("目　录", "Contents") if form.paper.contents else "",
            "parts": list(self._parts()),
            "starred": words.starred if any(field.public for field in form.fields) else "",
            "consents": self._consents(),
            "signing": self._signing(with_hand=True),
            "declaration": self._declared(declaration) if declaration else None,
        }

    def declaration(self) -> dict[str, object] | None:
        """The declaration alone; None where the form has none."""
        declared = self.form.declaration
        return self._frame("") | self._declared(declared) if declared else None

    def _frame(self, title: str) -> dict[str, object]:
        paper = self.form.paper
        frame = {"lang": self.edition.language, "font": paper.font, "points": paper.points, "title": title}
        return frame | {"blank": self.answers is None, "running": cleaning.line(self.edition.title)}

    def _cover(self) -> Block | None:
        keys = self.form.paper.cover
        fields = [field for key in keys if (field := self.form.find(key))]
        sealed = {self.form.case.entrant, self.form.roles.recommended_by}
        lines = []
        for field in fields:
            label = self.words.label(field) + (self.words.sealed if field.key in sealed else "")
            lines.append({"label": label, "text": " ".join(self._plain(field)) if self.answers is not None else ""})
        return {"lines": lines, "day": self.words.pick("申报日期", "Date")} if fields else None

    def _plain(self, field: FormField) -> list[str]:
        """An answer as words without boxes; of "other" the name that was given."""
        value = self.values.get(field.key)
        named = next((choice.namely for choice in field.choices if choice.code == value), "")
        if named and named in self.values:
            return lines_of(self.values[named])
        return self.words.plain(field, value) or self._raw(field)

    def _raw(self, field: FormField) -> list[str]:
        """What was typed and is not right yet, as far as it is text: nobody's words are lost on paper."""
        raw = (self.answers or {}).get(field.key)
        return lines_of(raw) if isinstance(raw, str) and not field.kind.chosen else []

    def _fields(self) -> Iterator[FormField]:
        """What is printed: of a blank form everything, else what is asked."""
        shown = self.form.fields if self.answers is None else asked(self.form, self.facts, self.values)
        yield from shown

    def _parts(self) -> Iterator[Block]:
        sections, was_large = {section.key: section for section in self.form.sections}, False
        for key, found in groupby(self._fields(), key=lambda field: field.section):
            fields, section = list(found), sections.get(key)
            title = self.words.pick(section.label_zh, section.label_en) if section else ""
            helped = self.words.pick(section.help_zh, section.help_en) if section else ""
            blocks = list(self._blocks(fields))
            large = self.form.paper.contents and any(block["kind"] != "pairs" for block in blocks)
            yield {"title": title, "help": helped, "blocks": blocks, "breaks": large or was_large}
            was_large = large

    def _blocks(self, fields: list[FormField]) -> Iterator[Block]:
        prose = len(fields) > 1 and all(field.kind is FieldKind.LONG_TEXT for field in fields)
        for kind, found in groupby(fields, key=lambda field: self._kind(field, prose=prose)):
            group = list(found)
            if kind == "prose":
                yield from ({"kind": "prose", **self._cell(field)} for field in group)
            elif kind == "pairs":
                yield {"kind": "pairs", "rows": list(self._paired(group))}
            else:
                yield self._grid(group)

    @staticmethod
    def _kind(field: FormField, *, prose: bool) -> str:
        if field.kind is FieldKind.ROWS:
            return "grid " + " ".join(column.key for column in field.columns)
        return "prose" if prose else "pairs"

    def _paired(self, fields: list[FormField]) -> Iterator[list[Block]]:
        """Rows of one long or two short cells."""
        waiting: list[Block] = []
        for field in fields:
            cell = self._cell(field)
            if not self._short(field):
                yield from [waiting] if waiting else []
                yield [cell]
                waiting = []
                continue
            waiting.append(cell)
            if len(waiting) == 2:
                yield waiting
                waiting = []
        yield from [waiting] if waiting else []

    @staticmethod
    def _short(field: FormField) -> bool:
        if field.kind is FieldKind.TEXT:
            return field.limit is not None and field.limit <= FEW
        return field.kind in SHORT

    def _cell(self, field: FormField) -> Block:
        blank = self.answers is None
        boxes = self.words.boxes(field, self.values, self.facts)
        lines = self.words.free(field) if blank else self.words.plain(field, self.values.get(field.key))
        lines = [] if boxes else lines or self._raw(field)
        told = hint(self.words, self.form, field) if blank else ""
        room = min(12, max(4, (field.limit or 400) // 80)) if field.kind is FieldKind.LONG_TEXT else 1
        label = ("*" if _shown(field) else "") + self.words.label(field)
        beside = len(told) <= BESIDE
        cell = {"label": label, "hint": told if beside else "", "note": "" if beside else told}
        return {**cell, "boxes": boxes, "lines": lines, "room": room}

    def _grid(self, fields: list[FormField]) -> Block:
        """A table that grows; several with the same columns are one, whose first column names them."""
        labels = [self.words.label(field) for field in fields]
        colon = self.words.pick("：", ": ")
        heads = {label.partition(colon)[0] for label in labels if colon in label}
        together = len(fields) > 1
        head = heads.pop() if together and len(heads) == 1 else ""
        columns = fields[0].columns
        header = [("*" if _shown(fields[0], column) else "") + self.words.label(column) for column in columns]
        rows: list[list[list[str] | None]] = []
        for field, label in zip(fields, labels, strict=True):
            first = label.removeprefix(head + colon) if head else label
            found = self._rows(field)
            rows += (
                [[[first] if number == 0 else None, *row] for number, row in enumerate(found)] if together else found
            )
        hints = (
            dict.fromkeys(filter(None, (hint(self.words, self.form, field) for field in fields)))
            if self.answers is None
            else ()
        )
        title = head or ("*" if _shown(fields[0]) else "") + labels[0]
        said = {"title": title, "hint": " ".join(hints), "header": [head, *header] if together else header}
        widths = [_weight(column) for column in columns]
        return {"kind": "grid", "named": together, **said, "widths": [3, *widths] if together else widths, "rows": rows}

    def _rows(self, field: FormField) -> list[list[list[str] | None]]:
        value = self.values.get(field.key)
        if self.answers is not None:
            given = value if isinstance(value, tuple) else ()
            rows: list[list[list[str] | None]] = [
                [self.words.plain(column, row.get(column.key)) for column in field.columns] for row in given
            ]
            return rows or [[[] for _ in field.columns]]
        first, others = field.columns[0], len(field.columns) - 1
        if not first.choices:
            return [[[] for _ in field.columns] for _ in range(EMPTY)]
        free: list[list[str] | None] = [[] for _ in range(others)]
        labels = [self.words.pick(choice.label_zh, choice.label_en) for choice in first.choices]
        return [[[label] if number == 0 else None, *free] for label in labels for number in range(GROWS)]

    def _consents(self) -> Block:
        blank = self.answers is None or CONSENTS not in self.answers
        items = []
        for consent in self.facts.consents:
            ticked = not blank and self.ticked.get(consent.code, False)
            items.append({"box": self.words.box(chosen=ticked), "text": cleaning.line(consent.text)})
        return {"title": self.words.pick("同意事项", "Consents"), "items": items}

    def _signing(self, *, with_hand: bool) -> Block:
        """Where to sign, seal and date."""
        form, words = self.form, self.words
        entrant = form.find(form.case.entrant)
        places = [(words.label(entrant) if entrant else words.pick("单位", "Entrant")) + words.sealed]
        if with_hand:
            places.insert(0, words.pick("负责人（签字）", "Signed for the entrant"))
            body = form.find(form.roles.recommended_by)
            places += [words.pick("推荐单位", "Recommending body") + words.sealed] if body else []
        return {"places": places, "day": words.day}

    def _declared(self, declaration: Declaration) -> dict[str, object]:
        pick = self.words.pick
        to = pick(declaration.to_zh, declaration.to_en)
        text = declaration.text_en if self.words.en else declaration.text_zh
        return {
            "title": pick(declaration.title_zh, declaration.title_en),
            "to": self._with_answers(to),
            "text": [self._with_answers(paragraph) for paragraph in text],
            "closing": pick("特此声明。", ""),
            "signing": self._signing(with_hand=False),
        }

    def _with_answers(self, text: str) -> str:
        """A paragraph with answers in place of {key}; a rule to write on where there is none."""

        def answer(match: re.Match[str]) -> str:
            field = self.form.find(match[1])
            return (" ".join(self._plain(field)) if field else "") or self.words.rule

        return _PLACE.sub(answer, text)


def _shown(field: FormField, column: FormField | None = None) -> bool:
    return field.public and not field.personal and (column is None or (column.public and not column.personal))


def _weight(column: FormField) -> int:
    """How wide a column is, beside the others."""
    if column.kind.written:
        return 3 if column.limit and column.limit <= FEW else 4
    return 5 if column.kind is FieldKind.MONTHS else 3


def sheet(edition: Edition, answers: Mapping[str, object] | None) -> dict[str, object]:
    """The form of an edition, filled in or blank."""
    return Sheet(edition, answers).whole()


def declaration(edition: Edition, answers: Mapping[str, object] | None) -> dict[str, object] | None:
    """The declaration of an edition's form, filled in or blank; None where there is none."""
    return Sheet(edition, answers).declaration()
