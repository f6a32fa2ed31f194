"""A submission: what an entrant answered, held against the form.

Knows form, answers and the facts of the edition that a form asks for; knows no clock and no store. All faults are told
at once, in Chinese and English. A draft may be incomplete, not malformed; a submission must be complete. What comes out
is typed and clean, and reads the same when it is checked again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from awards import cleaning
from awards.answers import Fault, Reader, Value
from awards.formmodel import Form, FormField
from awards.model import Category, Consent, Edition
from awards.numbers import Months
from awards.tables import shown
from awards.uploads import Upload

CONSENTS = "consents"  # the key under which an answer sheet holds them, code -> true or false
PRIVACY = Consent("privacy", "", "required")  # asked with every form, in the words below
PRIVACY_ZH = "已阅读隐私说明，同意为本次评选处理所填信息；未注明公开的信息只供组织方和所选的推荐单位使用。"
PRIVACY_EN = (
    "I have read the privacy notice and agree that what I enter is used for this selection; "
    "what is not marked as public is seen by the organisers, and by the recommending body that I name, alone."
)
TOLD = 3  # of what nobody asked for, so many are named


class Finality(Enum):
    """How complete answers must be."""

    DRAFT = "draft"
    SUBMISSION = "submission"


@dataclass(frozen=True)
class Facts:
    """What a form must know of its edition. in_operation_by: the last day on which a case must be in operation."""

    categories: tuple[Category, ...]
    consents: tuple[Consent, ...]
    in_operation_by: date | None


@dataclass(frozen=True)
class Checked:
    """What came of checking.

    values: key -> typed value, of answers that are there, asked and right. consents: code -> given or not, of all that
    the edition asks for. faults: what refuses the answers, in the order of the form. missing: what a submission still
    needs; of a submission these are faults too.
    """

    values: Mapping[str, Value]
    consents: Mapping[str, bool]
    faults: tuple[Fault, ...]
    missing: tuple[Fault, ...]


def facts_of(edition: Edition) -> Facts:
    """The facts of an edition, its privacy consent included."""
    text = PRIVACY_ZH if edition.language == "zh-CN" else PRIVACY_EN
    own = any(consent.code == PRIVACY.code for consent in edition.consents)
    privacy = () if own else (Consent(PRIVACY.code, text, PRIVACY.kind),)
    return Facts(edition.categories, (*edition.consents, *privacy), edition.entrants.in_operation_by)


def check(form: Form, answers: object, facts: Facts, finality: Finality) -> Checked:
    """Any JSON held against the form."""
    reader = Reader()
    sheet = _sheet(form, answers, reader)
    values: dict[str, Value] = {}
    for asked, codes in _asked(form, facts, values):
        known = len(reader.faults)
        value = reader.read(asked, sheet.get(asked.key), codes)
        if value is not None:
            values[asked.key] = value
        elif asked.required and len(reader.faults) == known:
            reader.lacks(asked)
    _check_in_operation(form, facts, values, reader)
    consents = _consents(sheet.get(CONSENTS), facts.consents, reader)
    faults, missing = tuple(reader.faults), tuple(reader.missing)
    if finality is Finality.SUBMISSION:
        order = {key: number for number, key in enumerate([*(field.key for field in form.fields), CONSENTS])}
        faults = tuple(sorted((*faults, *missing), key=lambda fault: order.get(_key_of(fault), -1)))
    return Checked(values, consents, faults, missing)


def asked(form: Form, facts: Facts, values: Mapping[str, Value]) -> tuple[FormField, ...]:
    """The fields that are asked, given these values."""
    return tuple(form_field for form_field, _ in _asked(form, facts, values))


def offered(form: Form, form_field: FormField, facts: Facts, values: Mapping[str, Value]) -> tuple[str, ...]:
    """The codes that a choice offers, given these values; fields of all categories while none is chosen."""
    if form_field.choices_from == "categories":
        return tuple(category.code for category in facts.categories)
    if form_field.choices_from == "fields":
        chosen = values.get(form.case.category)
        within = [category for category in facts.categories if chosen in {None, category.code}]
        return tuple(dict.fromkeys(field.code for category in within for field in category.fields))
    return tuple(choice.code for choice in form_field.choices)


def plain(checked: Checked) -> dict[str, object]:
    """Values and consents as JSON; checked again, they are the same."""
    return {**{key: _plain(value) for key, value in checked.values.items()}, CONSENTS: dict(checked.consents)}


def _plain(value: object) -> object:
    if isinstance(value, Upload):
        return asdict(value)
    if isinstance(value, Months):
        return {"from": f"{value.first:%Y-%m}", "to": f"{value.last:%Y-%m}"}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _key_of(fault: Fault) -> str:
    return fault.path.partition("[")[0].partition(".")[0]


def _sheet(form: Form, answers: object, reader: Reader) -> Mapping[str, object]:
    if not isinstance(answers, dict):
        reader.faults.append(Fault("", "malformed", "提交的不是一份申报表。", "This is no filled form."))
        return {}
    known = {CONSENTS, *(form_field.key for form_field in form.fields)}
    strange = sorted({str(key) for key in answers} - known)
    if strange:
        names = ", ".join(shown(cleaning.line(key[:100])) for key in strange[:TOLD])
        zh = f"申报表没有这些栏目（共{len(strange)}个）：{names}。请重新载入页面。"
        en = f"The form has no such fields ({len(strange)} in all): {names}. Please load the page again."
        reader.faults.append(Fault("", "unknown", zh, en))
    return answers


def _asked(form: Form, facts: Facts, values: Mapping[str, Value]) -> Iterator[tuple[FormField, tuple[str, ...]]]:
    """Each field that is asked, with the codes it offers; values may grow meanwhile."""
    for form_field in form.fields:
        codes = offered(form, form_field, facts, values)
        if _meets(form_field, values) and (codes or form_field.choices_from != "fields"):
            yield form_field, codes


def _meets(form_field: FormField, values: Mapping[str, Value]) -> bool:
    condition = form_field.asked_if
    if condition is None:
        return True
    value = values.get(condition.field)
    chosen = value if isinstance(value, tuple) else (value,)
    return any(code in condition.values for code in chosen)


def _check_in_operation(form: Form, facts: Facts, values: dict[str, Value], reader: Reader) -> None:
    asked_field, limit = form.find(form.case.in_operation), facts.in_operation_by
    since = values.get(form.case.in_operation)
    if asked_field is None or limit is None or not isinstance(since, date) or since <= limit:
        return
    zh = f"“{asked_field.label_zh}”是{since}，案例须在{limit}前（含当日）投入运营。"
    en = f"{asked_field.label_en}: {since}; the case must be in operation by {limit}."
    reader.faults.append(Fault(asked_field.key, "malformed", zh, en))
    del values[asked_field.key]


def _consents(raw: object, asked_for: tuple[Consent, ...], reader: Reader) -> dict[str, bool]:
    """Whether each consent is given: where nothing is said, an opt-out is not taken and an opt-in neither."""
    given = raw if isinstance(raw, dict) else {}
    codes = {consent.code for consent in asked_for}
    right = all(key in codes and (value is None or isinstance(value, bool)) for key, value in given.items())
    if not right or not (raw is None or isinstance(raw, dict)):
        zh, en = "同意事项填写有误，请重新勾选。", "The consents cannot be read; please tick them again."
        reader.faults.append(Fault(CONSENTS, "malformed", zh, en))
        given = {}
    consents = {}
    for consent in asked_for:
        value = given.get(consent.code)
        consents[consent.code] = consent.kind == "opt_out" if value is None else value
        if consent.kind == "required" and not consents[consent.code]:
            zh, en = f"请确认：{consent.text}", f"Please confirm: {consent.text}"
            reader.missing.append(Fault(f"{CONSENTS}.{consent.code}", "missing", zh, en))
    return consents
