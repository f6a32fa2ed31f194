"""Comparing the ledger with the votes themselves, and what only a person decides: voiding, and the close (VOTES 3, 4).

A feed may lag, or lose what it held; the votes are what voters hold receipts for. So the ledger is compared with them,
and what is missing is recorded, its ids remembered for when the feed delivers it after all. What the feed lost it never
delivers: such ids are forgotten when no feed tells of them any more (counting.TOLD), so that they do not pile up.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from awards import ballot, ledger
from awards.errors import PingxuanError
from chalicelib import publishing, staging
from chalicelib.counting import TOLD, UNSEALED, Arrived, Position
from chalicelib.growth import Growth
from chalicelib.sealer import Sealer

MARGIN = timedelta(seconds=60)  # after the close: no vote that was received before it is written later
REMEMBERED = 200_000  # ids, 9 bytes each, packed; with all else they go in one transaction of DynamoDB, of 4 MB
ADVICE = "Keep the store and the published files as they are, and find out who wrote to them"
DELETED = (
    "After the retention days that is as it should be: publish.py verify still checks the published ledger. "
    "Before them, restore votes and keys from the newest backup"
)
OWED = f"Nothing is lost. Reconcile again when the feed (the table's stream) has caught up, or in {TOLD.days} days"


@dataclass(frozen=True)
class Voiding:
    """What a committee decided. records: their numbers. rule: its code. by: the digest of the decision."""

    records: tuple[int, ...]
    rule: str
    by: str


def reconcile(sealer: Sealer, edition: str, now: datetime) -> int:
    """Record every vote that the ledger lacks; how many. Raises PingxuanError if it says anything that no vote says.

    The votes are read first and the feed is followed then, so that only what the feed should have brought by now is
    compared, and what was cast meanwhile is left to it.
    """
    found = 0
    while True:
        swept = {vote.id: vote for vote in sealer.store.sweep(edition)}
        sealer.seal(now)
        before = sealer.store.position()
        recorded = _recorded(sealer, edition, before)
        missing = [vote for number, vote in swept.items() if number not in recorded]
        _refuse_differences(swept, recorded)
        _refuse_invented(sealer, edition, before, recorded.keys() - swept.keys())
        past = frozenset(vote.id for vote in swept.values() if _is_past(vote, now))
        taken = _room_for(missing, past, REMEMBERED - len(before.early - past))
        early = (before.early | {vote.id for vote in taken}) - past
        if taken or early != before.early:
            growth = sealer.grown(before, edition, now, taken)
            if not sealer.commit(replace(before, early=early), [growth], before):
                continue  # somebody else committed meanwhile
            publishing.publish(sealer.store, sealer.kept, sealer.public, edition)
            found += len(taken)
        if len(taken) == len(missing):
            return found
        if not taken:
            words = f"{len(missing)} votes are not recorded yet: the feed still owes {len(early)} that are"
            raise PingxuanError(f"{edition}: {words}", OWED)


def _is_past(vote: Arrived, now: datetime) -> bool:
    """Whether a feed that was followed to its end does not tell of a vote any more."""
    return date.fromisoformat(vote.day) + TOLD <= now.astimezone(UTC).date()


def _room_for(missing: list[Arrived], past: Collection[str], room: int) -> list[Arrived]:
    """The votes that one commit takes: all that need not be remembered, and of the others as many as there is room."""
    old = [vote for vote in missing if vote.id in past]
    young = [vote for vote in missing if vote.id not in past]
    return [*old, *young[: max(0, room)]][:REMEMBERED]


def closing_time(sealer: Sealer, edition: str) -> datetime:
    """From when on an edition can be closed."""
    stored = sealer.store.paper(edition)
    if stored is None:
        raise PingxuanError(f"{edition} has no ballot paper", f"Run: python publish.py open {edition}")
    closes = ballot.from_json(stored).rule.window.closes
    if closes is None:
        raise PingxuanError(f"{edition} has no closing time", "Set it in edition.toml and open the edition again")
    return closes + MARGIN


def close(sealer: Sealer, edition: str, now: datetime) -> int:
    """Record that no vote comes any more, after all the votes; how many the feed had not brought."""
    if now < closing_time(sealer, edition):
        raise PingxuanError(
            f"{edition} closes at {closing_time(sealer, edition) - MARGIN:%Y-%m-%d %H:%M %Z}", "Wait until then"
        )
    found = reconcile(sealer, edition, now)

    def once(before: Position, growth: Growth) -> None:
        if not before.editions.get(edition, UNSEALED).closed:
            growth.close()

    sealer.append(edition, now, once)
    return found


def votes_of(sealer: Sealer, edition: str, numbers: Iterable[int]) -> dict[int, str]:
    """The cases that records vote for; raises PingxuanError for a record that is no vote, or void already."""
    return _voidable(sealer, edition, sealer.store.position(), numbers)


def void(sealer: Sealer, edition: str, now: datetime, voiding: Voiding) -> dict[int, str]:
    """Void votes; the cases that they were for, by record."""
    done: dict[int, str] = {}

    def each(before: Position, growth: Growth) -> None:
        done.update(_voidable(sealer, edition, before, voiding.records))
        for number, case in done.items():
            growth.void(number, case, voiding.rule, voiding.by)

    sealer.append(edition, now, each)
    return done


def _voidable(sealer: Sealer, edition: str, position: Position, numbers: Iterable[int]) -> dict[int, str]:
    entries = staging.records(sealer.kept, edition, position.editions.get(edition, UNSEALED))
    count = ledger.recount(edition, entries)
    wanted = {number: count.case_of(number) for number in sorted({*numbers})}
    for number, case in wanted.items():
        if not case or number in count.voided:
            words = "is void already" if case else "is no vote"
            raise PingxuanError(f"{edition}: record {number} {words}", "Nothing was voided; correct the list")
    return wanted


def _recorded(sealer: Sealer, edition: str, position: Position) -> dict[str, tuple[str, str, frozenset[str]]]:
    """What the ledger says of each ballot: h, day and cases by id; its counts are checked on the way."""
    sealed = position.editions.get(edition, UNSEALED)
    entries = staging.records(sealer.kept, edition, sealed)
    count = ledger.recount(edition, entries)
    if count.faults or +count.counts != sealed.counts or +count.void != sealed.void:
        words = count.faults[0] if count.faults else "its records give other counts than those committed"
        raise PingxuanError(f"{edition}: {words}", ADVICE)
    found: dict[str, tuple[str, str, frozenset[str]]] = {}
    for entry in entries:
        if entry.endswith(publishing.VOTE_ENDS):
            says = ledger.read(entry)
            cases = found[str(says["i"])][2] if says["i"] in found else frozenset[str]()
            found[str(says["i"])] = str(says["h"]), str(says["d"]), cases | {str(says["c"])}
    return found


def _refuse_differences(swept: dict[str, Arrived], recorded: dict[str, tuple[str, str, frozenset[str]]]) -> None:
    for number in swept.keys() & recorded.keys():
        vote = swept[number]
        if recorded[number] != (vote.h, vote.day, frozenset(vote.cases)):
            raise PingxuanError(f"{vote.edition}: vote {number} is recorded otherwise than it is kept", ADVICE)


def _refuse_invented(sealer: Sealer, edition: str, position: Position, unknown: Collection[str]) -> None:
    """What the ledger has beyond the sweep was cast after it, or never, or can no longer be found."""
    left = set(unknown)
    if left:
        left -= {vote.id for vote in sealer.store.sweep(edition)}
    if left:
        _refuse_without_keys(sealer, edition, position)
        raise PingxuanError(f"{edition}: the ledger has {len(left)} ballots that nobody cast: {min(left)} …", ADVICE)


def _refuse_without_keys(sealer: Sealer, edition: str, position: Position) -> None:
    """Votes are deleted together with their keys, and DynamoDB finds them by the spans of keys: none proves nothing."""
    sealed = position.editions.get(edition, UNSEALED)
    told = (ledger.read(entry) for entry in staging.records(sealer.kept, edition, sealed) if b'"k":"key"' in entry)
    gone = [span for span in (str(says["s"]) for says in told) if sealer.store.key(edition, span) is None]
    if gone:
        raise PingxuanError(f"{edition}: keys are deleted ({gone[0]} …), so votes cannot be compared any more", DELETED)
