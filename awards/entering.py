"""How often one legal unit may enter: limits, the places it holds, and whether it may have one more.

Knows the limits of an edition and what a unit holds already; refuses to know who stores it. A store keeps one item of
``Places`` for each edition and unit, and writes it only if nobody wrote it since it was read: so two submissions of the
same instant cannot both take the last place. What no key can decide (the same project entered by its other side, a
branch that named no parent) is no limit but a suspicion, and a matter of screening.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from awards.answers import Fault, Value
from awards.formmodel import Form
from awards.model import Entrants

Held = Mapping[str, frozenset[str]]  # submission -> the fields it counts for


@dataclass(frozen=True)
class Limits:
    """How much one unit may hold; None for no limit. cases: in all. per_field: cases in one field. fields: distinct."""

    cases: int | None
    per_field: int | None
    fields: int | None

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return not (self.cases is self.per_field is self.fields is None)


@dataclass(frozen=True)
class Places:
    """What one unit holds in one edition. held: submission -> the fields it counts for."""

    held: Held = field(default_factory=dict)

    def taken(self, submission: str, fields: frozenset[str]) -> "Places":
        """With this submission in these fields; one that was there before has moved."""
        return Places({**self.held, submission: fields})

    def freed(self, submission: str) -> "Places":
        """Without this submission, which was withdrawn, declined or moved to another unit."""
        return Places({key: fields for key, fields in self.held.items() if key != submission})

    def item(self) -> dict[str, list[str]]:
        """As JSON, the same for the same places."""
        return {key: sorted(self.held[key]) for key in sorted(self.held)}


def places_of(item: Mapping[str, list[str]]) -> Places:
    """The places that a stored item holds."""
    return Places({key: frozenset(fields) for key, fields in item.items()})


def limits_of(entrants: Entrants) -> Limits:
    """The limits of an edition."""
    by_field = entrants.per == "field"
    return Limits(
        cases=None if by_field else entrants.per_entrant,
        per_field=entrants.per_entrant if by_field else None,
        fields=entrants.max_fields,
    )


def unit_of(form: Form, values: Mapping[str, Value], entrants: Entrants) -> str:
    """The credit code that a submission counts for: of a branch its group's, where the edition counts them as one.

    A subsidiary counts for itself where the edition says so; its form then asks it for no parent. Empty where the form
    asks for no code.
    """
    own, parent = values.get(form.roles.unit, ""), values.get(form.roles.parent, "")
    return str(parent if parent and entrants.group_is_one else own)


def fields_of(form: Form, values: Mapping[str, Value]) -> frozenset[str]:
    """The fields that a submission counts for.

    The values of the field that form.toml names as limited, else category and field of the case, since a field's code
    is unique in its category alone; the category where it has no fields.
    """
    if form.roles.limited:
        value = values.get(form.roles.limited, ())
        return frozenset((value,) if isinstance(value, str) else map(str, value if isinstance(value, tuple) else ()))
    category, within = values.get(form.case.category, ""), values.get(form.case.field, "")
    return frozenset({f"{category}/{within}".strip("/")} - {""})


def limited_keys(limits: Limits, unit: str, fields: frozenset[str]) -> tuple[tuple[str, int], ...]:
    """Each count that a submission of this unit in these fields touches, and how high it may rise.

    ``unit`` counts cases, ``unit/field`` cases in that field, ``unit//fields`` distinct fields.
    """
    keys = [(unit, limits.cases), *((f"{unit}/{name}", limits.per_field) for name in sorted(fields))]
    return tuple((key, most) for key, most in (*keys, (f"{unit}//fields", limits.fields)) if most is not None)


def counts(places: Places, unit: str) -> Counter[str]:
    """What a unit holds, under the keys of limited_keys."""
    found = Counter({unit: len(places.held)})
    for fields in places.held.values():
        found.update(f"{unit}/{name}" for name in fields)
    found[f"{unit}//fields"] = len(frozenset().union(*places.held.values()))
    return found


def admits(limits: Limits, places: Places, submission: str, fields: frozenset[str]) -> tuple[Fault, ...]:
    """Every limit that this submission would exceed; none if it may take its place, or has it already."""
    if places.held.get(submission) == fields:
        return ()
    after = counts(places.taken(submission, fields), "")
    over = [key for key, most in limited_keys(limits, "", fields) if after[key] > most]
    return tuple(_over(limits, key) for key in over)


def _over(limits: Limits, key: str) -> Fault:
    if key == "":
        zh = f"同一申报单位限申报{limits.cases}个案例，名额已满。"
        en = f"One entrant may submit {limits.cases} case(s); there is no place left."
    elif key == "//fields":
        zh = f"同一申报单位限申报{limits.fields}个领域，本次申报后将超出。"
        en = f"One entrant may submit in {limits.fields} field(s); with this case there would be more."
    else:
        zh = f"同一申报单位在每个领域限申报{limits.per_field}个案例，这个领域的名额已满。"
        en = f"One entrant may submit {limits.per_field} case(s) in each field; this field has no place left."
    return Fault(key.strip("/"), "over_limit", f"{zh}撤回一个后可以再报。", f"{en} Withdraw one to submit another.")
