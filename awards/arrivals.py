"""What there is to say of submissions that arrived, before an editor decides: findings, each with its reason.

Knows an edition and its submissions; decides nothing, knows no clock: late is what was submitted after the close. All
is told in Chinese and English, as of every fault of a submission.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from awards.answers import Fault, Value
from awards.entering import Places, admits, fields_of, limits_of, unit_of
from awards.formmodel import FieldKind, Form, FormField
from awards.likeness import Facing, is_branch, likenesses
from awards.model import Edition
from awards.personal import finds
from awards.screening import submission_closes
from awards.submission import Checked
from awards.views import public

HOLDS = frozenset({"submitted", "returned", "passed"})  # the states in which a submission has its place
_OTHERS = 5  # so many likenesses of one kind are named


@dataclass(frozen=True)
class Broken:
    """A file that does not open. name: as its sender named it; zh, en: why not."""

    field: str
    name: str
    zh: str
    en: str


@dataclass(frozen=True)
class Arrived:
    """A submission that arrived. number; state; submitted: when, last; checked: its answers; broken: of its files."""

    number: str
    state: str
    submitted: datetime
    checked: Checked
    broken: tuple[Broken, ...] = ()


def findings(edition: Edition, arrived: Sequence[Arrived]) -> dict[str, tuple[Fault, ...]]:
    """The findings of each submission, by number."""
    ordered = sorted(arrived, key=lambda each: (each.submitted, each.number))
    between = _between(edition, [each for each in ordered if each.state in HOLDS])
    return {each.number: (*_of(edition, each), *between.get(each.number, ())) for each in ordered}


def _of(edition: Edition, one: Arrived) -> Iterator[Fault]:
    """What one submission alone tells."""
    closes = submission_closes(edition)
    if closes is not None and one.submitted >= closes:
        said = one.submitted.astimezone(closes.tzinfo).isoformat(timespec="seconds")
        yield Fault("", "late", f"逾期：{said}提交，截止时间{closes.isoformat()}。", f"Late: submitted at {said}.")
    for fault in one.checked.faults:
        yield Fault(fault.path, "incomplete", f"不完整或有误：{fault.zh}", f"Incomplete or wrong: {fault.en}")
    for file in one.broken:
        yield Fault(file.field, "broken_file", f"打不开“{file.name}”：{file.zh}", f"{file.name}: {file.en}")
    shown_to_all = public(edition.form, one.checked.values)
    for asked in edition.form.fields:
        if asked.key in shown_to_all:
            yield from _personal(asked, shown_to_all[asked.key])


def _personal(asked: FormField, value: Value) -> Iterator[Fault]:
    for find in finds("\n".join(_texts(value))):
        zh = f"公开栏目“{asked.label_zh}”中疑有{find.zh}：{find.masked}"
        yield Fault(asked.key, "personal", zh, f"{asked.label_en} is public and seems to hold {find.en}: {find.masked}")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, tuple):
        for part in value:
            yield from _texts(part)


def _between(edition: Edition, arrived: Sequence[Arrived]) -> dict[str, tuple[Fault, ...]]:
    """What submissions tell of each other."""
    found: dict[str, list[Fault]] = defaultdict(list)
    for number, fault in _over_limits(edition, arrived):
        found[number].append(fault)
    facing = [_facing(edition, each) for each in arrived]
    declared = {each.number for each in arrived if _declared(edition, each)}
    for number, alike in likenesses(facing).items():
        for code in dict.fromkeys(each.code for each in alike):
            others = [each.other for each in alike if each.code == code]
            if code != "side" or edition.entrants.one_side:
                found[number].append(_alike(code, others))
    for each in facing:
        if edition.entrants.group_is_one and is_branch(each.entrant) and each.number not in declared:
            zh, en = "单位名称像是分支机构，但没有填写总公司的信用代码。", "Named like a branch, but names no parent."
            found[each.number].append(Fault(edition.form.roles.parent, "branch", zh, en))
    return {number: tuple(faults) for number, faults in found.items()}


def _over_limits(edition: Edition, arrived: Sequence[Arrived]) -> Iterator[tuple[str, Fault]]:
    """Who would exceed a limit if places were given in the order of submission."""
    limits, held = limits_of(edition.entrants), defaultdict[str, Places](Places)
    for each in arrived:
        unit = unit_of(edition.form, each.checked.values, edition.entrants)
        if not unit or not limits.any:
            continue
        fields = fields_of(edition.form, each.checked.values)
        over = admits(limits, held[unit], each.number, fields)
        if not over:
            held[unit] = held[unit].taken(each.number, fields)
        for fault in over:
            yield each.number, Fault(fault.path, "over_limit", f"超出限额：{fault.zh}", f"Over a limit: {fault.en}")


def _facing(edition: Edition, one: Arrived) -> Facing:
    form, values = edition.form, one.checked.values
    case = form.case
    story = "\n".join(_text(values, key) for key in dict.fromkeys((case.summary, *case.story)))
    named = tuple(_text(values, asked.key) for asked in form.fields if _names_a_side(form, asked))
    unit = unit_of(form, values, edition.entrants)
    return Facing(one.number, _text(values, case.title), _text(values, case.entrant), unit, named, story)


def _names_a_side(form: Form, asked: FormField) -> bool:
    """A short private text that is no person's and no recommending body's may name another side of the project."""
    own = {form.case.title, form.case.entrant, form.roles.recommended_by}
    return asked.kind is FieldKind.TEXT and asked.identifying and not asked.personal and asked.key not in own


def _declared(edition: Edition, one: Arrived) -> bool:
    return bool(one.checked.values.get(edition.form.roles.parent))


def _text(values: Mapping[str, Value], key: str) -> str:
    value = values.get(key, "")
    return value if isinstance(value, str) else ""


def _alike(code: str, others: list[str]) -> Fault:
    named = "、".join(others[:_OTHERS]) + (f"等{len(others)}个" if len(others) > _OTHERS else "")
    told = ", ".join(others[:_OTHERS]) + (f" and {len(others) - _OTHERS} more" if len(others) > _OTHERS else "")
    zh, en = {
        "title": ("与{}案例名称相同，疑为同一项目。", "Same title as {}: perhaps the same project."),
        "side": (
            "项目另一方也已申报（{}），疑为同一项目。",
            "The other side entered too ({}): perhaps the same project.",
        ),
        "text": ("与{}文字大量相同，疑为同一项目。", "Much of the text is that of {}: perhaps the same project."),
        "branch": ("与{}疑为同一单位的总部和分支。", "Perhaps a branch of the same unit as {}."),
    }[code]
    return Fault("", "branch" if code == "branch" else "duplicate", zh.format(named), en.format(told))
