"""Rows become drafts of cases: the map's texts taken, codes found, numbers given, every fault noted beside its row.

Knows a map and rows; knows no file.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from awards.content import MAX_STORY
from awards.errors import Finding
from awards.tables import nearest, shown
from desk.celltext import as_markdown, first_address, first_sentence, one_line
from desk.maps import PLACE, Coding, Map, SlugPart, Take
from desk.sheets import Row, Sheet

_SLUG = re.compile("[a-z0-9][a-z0-9-]{0,39}")
_SLUG_ALLOWED = "a number of a-z, 0-9 and -, at most 40 characters"
Names = tuple[str, str]


@dataclass
class Draft:
    """A row on its way to a case, with its faults."""

    row: Row
    path: str
    faults: list[Finding]
    slug: str = ""
    front: dict[str, Any] = field(default_factory=dict)
    story: str = ""

    def note(self, column: str, found: str, allowed: str) -> None:
        """Add a fault of this row; column may be empty."""
        self.faults.append(Finding(self.path, self.row.number, column, found, allowed))


def names(front: Mapping[str, Any]) -> Names:
    """What tells one case from another to a reader: title and entrant."""
    return str(front.get("title", "")), str(front.get("entrant", ""))


def make_drafts(plan: Map, sheet: Sheet, known: Mapping[Names, Collection[str]]) -> tuple[list[Draft], Counter[str]]:
    """A draft of each row with its faults, and the reasons of the rows that filters leave out.

    known: title and entrant -> the numbers under which they are a case already.
    """
    left_out: Counter[str] = Counter()
    drafts = _drafts(plan, sheet, left_out)
    _number(plan, drafts, known)
    _refuse_twins(plan, drafts)
    return drafts, left_out


def _drafts(plan: Map, sheet: Sheet, left_out: Counter[str]) -> list[Draft]:
    drafts = []
    for each in sheet.rows:
        row = Row(each.number, _replaced(plan, each.cells))
        if (reason := _left_out(plan, row)) and row.number not in sheet.faults:
            left_out[reason] += 1
        else:
            drafts.append(_draft(plan, row, sheet))
    return drafts


def _replaced(plan: Map, cells: Mapping[str, str]) -> dict[str, str]:
    return {column: plan.replace.get(column, {}).get(one_line(cell), cell) for column, cell in cells.items()}


def _left_out(plan: Map, row: Row) -> str:
    """Why a filter leaves the row out, empty if none does."""
    for each in plan.filters:
        if (one_line(row.cells[each.column]) in each.values) != each.keep:
            return each.because
    return ""


def _draft(plan: Map, row: Row, sheet: Sheet) -> Draft:
    draft = Draft(row, sheet.path, list(sheet.faults.get(row.number, ())))
    front = {key: _taken(take, row) for key, take in plan.keys.items()}
    category = front["category"] = _code(draft, plan.category)
    front["field"] = _code(draft, plan.fields[category]) if category in plan.fields else ""
    for key in plan.required:
        if not front[key]:
            found = shown(" ".join(row.cells[column] for column in plan.keys[key].columns))
            draft.note(", ".join(plan.keys[key].columns), found, f"{key}, which every row must have")
    facts = {label: fact for label, take in plan.facts.items() if (fact := _taken(take, row))}
    draft.front = {key: value for key, value in front.items() if value} | ({"facts": facts} if facts else {})
    draft.story = _story(plan, row)
    if len(draft.story.encode()) > MAX_STORY:
        draft.note("", f"a story of {len(draft.story.encode())} bytes", f"at most {MAX_STORY}")
    return draft


def _taken(take: Take, row: Row) -> str:
    """The text that the map takes from the row, on one line; empty if its cells are."""
    if take.text:
        return one_line(PLACE.sub(lambda found: row.cells[found[1]], take.text))
    text = row.cells[take.column]
    if take.address:
        return first_address(text)
    if take.first_sentence:
        return first_sentence(text, take.first_sentence) if len(one_line(text)) > take.first_sentence else ""
    return one_line(text).rstrip(take.without) if take.without else one_line(text)


def _code(draft: Draft, coding: Coding) -> str:
    value = one_line(draft.row.cells.get(coding.column, ""))
    code = coding.codes.get(value.casefold(), coding.default)
    if code is None:
        hint = nearest(value.casefold(), coding.codes)
        draft.note(coding.column, shown(value), f"one of {'; '.join(coding.codes)}{hint}, or a new value in the map")
    return code or ""


def _story(plan: Map, row: Row) -> str:
    sections = []
    for section in plan.story:
        texts = dict.fromkeys(as_markdown(row.cells[column]) for column in section.columns)
        if body := "\n\n".join(filter(None, texts)):
            sections.append(f"## {as_markdown(section.heading)}\n\n{body}" if section.heading else body)
    return "\n\n".join(sections)


def _number(plan: Map, drafts: list[Draft], known: Mapping[Names, Collection[str]]) -> None:
    counts: Counter[str] = Counter()
    for draft in drafts:
        parts: list[str] = []
        for part in plan.slug:
            prefix = "-".join(parts)
            if part.order:
                counts[prefix] += 1
            parts.append(f"{counts[prefix]:0{part.order}}" if part.order else _part(draft, part))
        draft.slug = "-".join(parts) if all(parts) else ""
        if draft.slug and not _SLUG.fullmatch(draft.slug):
            draft.note("", f"the number {shown(draft.slug)}", _SLUG_ALLOWED)
        _refuse_shift(plan, draft, known.get(names(draft.front), ()))


def _part(draft: Draft, part: SlugPart) -> str:
    if not part.column:
        return part.text or str(draft.front.get("category", ""))
    value = one_line(draft.row.cells[part.column])
    found = re.fullmatch(part.pattern, value)
    if not (found and found[1]):
        draft.note(part.column, shown(value), f"a value like {part.pattern}, which makes the number")
    return found[1].lower().zfill(part.width) if found and found[1] else ""


def _refuse_shift(plan: Map, draft: Draft, known: Collection[str]) -> None:
    """A number counted by rows moves when a row comes between; a case keeps the number that people voted for."""
    if known and draft.slug not in known and any(part.order for part in plan.slug):
        found = f"the number {draft.slug} for a case that is {', '.join(sorted(known))}"
        draft.note("", found, "the rows in their old order, new ones after them")


def _refuse_twins(plan: Map, drafts: list[Draft]) -> None:
    rows = defaultdict(list)
    for draft in drafts:
        rows[draft.slug].append(draft.row.number)
    columns = ", ".join(part.column for part in plan.slug if part.column)
    for draft in drafts:
        others = [str(number) for number in rows[draft.slug] if number != draft.row.number]
        if others and draft.slug:
            draft.note(columns, f"{draft.slug}, as in row {', '.join(others)}", "a number of its own for each row")
