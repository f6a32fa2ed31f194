"""Whether a form and its edition fit each other: what becomes of submissions needs more than either file says alone.

Knows both as they were read, each right by itself; where one is not, there is nothing to hold against the other.
"""

from collections.abc import Iterator

from awards.entering import limits_of
from awards.formmodel import FieldKind, Form
from awards.model import Edition

Gap = tuple[str, str, str]  # key in form.toml, what stands there, what should


def gaps(edition: Edition) -> list[Gap]:
    """What submissions of an edition need and its form does not ask; nothing where it takes none here."""
    if edition.window("submission") is None:
        return []
    return [*_rules(edition), *_category(edition), *_unplaced(edition.form)]


def _rules(edition: Edition) -> Iterator[Gap]:
    """What [entrants] asks of each submission."""
    form, entrants = edition.form, edition.entrants
    if limits_of(entrants).any and not form.roles.unit:
        yield "roles.unit", "missing", "the field of the credit code, since [entrants] limits what one may enter"
    if entrants.group_is_one and not form.roles.parent:
        yield "roles.parent", "missing", "the field of the group's credit code, since group_is_one"
    since = form.find(form.case.in_operation)
    if entrants.in_operation_by and (since is None or since.kind is not FieldKind.DATE):
        yield "case.in_operation", "missing", "a field of kind date, since [entrants] has in_operation_by"
    if entrants.recommended and not form.roles.recommended_by:
        yield "roles.recommended_by", "missing", "a field for the recommending body, since recommended = true"


def _category(edition: Edition) -> Iterator[Gap]:
    """Without a category no submission can become a case."""
    asked = edition.form.find(edition.form.case.category)
    codes = {choice.code for choice in asked.choices} if asked else set()
    if asked is None or not (asked.choices_from or codes == {each.code for each in edition.categories}):
        found = asked.key if asked else "missing"
        yield "case.category", found, 'a field with choices_from = "categories": every case stands in one'


def _unplaced(form: Form) -> Iterator[Gap]:
    """What the form marks as shown in the hall and the hall would not show."""
    placed = {key for value in vars(form.case).values() for key in ((value,) if isinstance(value, str) else value)}
    placed |= {choice.namely for asked in form.fields for choice in asked.choices}  # shown with their choice
    for number, asked in enumerate(form.fields):
        if asked.public and asked.key not in placed:
            allowed = "false, or its key in [case], such as in facts: the hall shows what stands there"
            yield f"fields[{number}].public", "true", allowed
