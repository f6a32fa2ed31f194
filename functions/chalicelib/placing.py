"""The places that submissions take among those of their unit: what a store is to change, and in place of what.

Knows which units a change touches; the limits are awards.entering's. Whoever changes the state of a submission asks
here, and hands the answer to replace(): it holds, or nothing is changed and all is asked again.
"""

import random
import time

from awards.answers import Fault
from awards.calls import Call
from awards.entering import admits, fields_of, limits_of, unit_of
from awards.submission import Checked
from chalicelib.drafts import Draft
from chalicelib.submission_store import Moved, SubmissionStore

PAUSE = 0.02  # seconds, at most, before what others overtook is tried again


def freed(store: SubmissionStore, draft: Draft) -> tuple[Moved, ...]:
    """What frees the place of a submission that is withdrawn, declined or moved."""
    if not draft.unit:
        return ()
    seen = store.places(draft.edition, draft.unit)
    return ((draft.unit, seen, seen.freed(draft.draft)),)


def taken(
    store: SubmissionStore, call: Call, draft: Draft, checked: Checked
) -> tuple[str, tuple[Moved, ...], tuple[Fault, ...]]:
    """What gives a submission its place: the unit, what a store is to change, and every limit that speaks against it.

    One that held a place of another unit moves.
    """
    form, entrants = call.edition.form, call.edition.entrants
    unit, fields = unit_of(form, checked.values, entrants), fields_of(form, checked.values)
    left = freed(store, draft) if draft.unit != unit else ()
    if not unit:
        return "", left, ()
    seen = store.places(draft.edition, unit)
    faults = admits(limits_of(entrants), seen, draft.draft, fields)
    return unit, (*left, (unit, seen, seen.taken(draft.draft, fields))), faults


def pause() -> None:
    """Let others finish: many who try again at once would overtake each other again."""
    time.sleep(random.uniform(0, PAUSE))  # noqa: S311 spreads the tries, keeps no secret
