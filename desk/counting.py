"""The editors' side of counting: reconcile, close, void and verify, each with what it did in words.

Refuses to know where votes lie (votes.py does); the counting is chalicelib's, the recount desk.verifying's.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from chalicelib import reconciling
from chalicelib.objects import Kept
from chalicelib.reconciling import Voiding
from chalicelib.sealer import Sealer

from awards import ledger
from awards.content import read_text
from awards.errors import Finding, FindingsError, PingxuanError
from desk import verifying
from desk.polls import cast_in

RULE = re.compile(r"[A-Za-z0-9.-]{1,12}")
NUMBERS = re.compile(r"(\d{1,15})(?:-(\d{1,15}))?")


@dataclass(frozen=True)
class Decision:
    """A committee's decision to void votes. by: names of those who decided. records: numbers in the ledger."""

    edition: str
    date: str
    rule: str
    reason: str
    by: tuple[str, ...]
    records: tuple[int, ...]

    def text(self) -> bytes:
        """The decision as it is kept; the ledger's records name it by its digest."""
        return (json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def reconcile(edition: str, sealer: Sealer, now: datetime) -> str:
    """Compare the ledger with the votes themselves."""
    found = reconciling.reconcile(sealer, edition, now)
    return f"{edition}: the ledger has all {cast_in(edition, sealer)} votes" + (
        f"; {found} ballots were missing, now they are in." if found else "."
    )


def close(edition: str, sealer: Sealer, clock: Callable[[], datetime]) -> str:
    """Close the ledger when the last vote is in; waits where the voting closed less than a minute ago."""
    left = (reconciling.closing_time(sealer, edition) - clock()).total_seconds()
    if 0 < left <= reconciling.MARGIN.total_seconds():
        time.sleep(left)
    reconciling.close(sealer, edition, clock())
    return f"{edition} is closed with {cast_in(edition, sealer)} votes."


def preview(decision: Decision, sealer: Sealer) -> str:
    """What a decision would void."""
    return _cases(reconciling.votes_of(sealer, decision.edition, decision.records))


def void(decision: Decision, sealer: Sealer, decisions: Kept, now: datetime) -> str:
    """Void votes. The decision is kept privately: the committee publishes it, the ledger has its digest."""
    reconciling.votes_of(sealer, decision.edition, decision.records)
    text = decision.text()
    digest = ledger.digest(text)
    decisions.put(f"{decision.edition}/{digest}.json", text)
    voiding = Voiding(decision.records, decision.rule, digest)
    return _cases(reconciling.void(sealer, decision.edition, now, voiding))


def decision_of(
    edition: str, now: datetime, rule: str, says: tuple[str, tuple[str, ...]], records: Iterable[str]
) -> Decision:
    """A decision from options. says: the reason, and who decided. records: numbers, or spans such as 17-23."""
    if not RULE.fullmatch(rule):
        raise PingxuanError(f"{rule} is no code of a rule", "At most 12 letters, digits, dots and hyphens, such as R3")
    numbers = sorted({number for text in records for number in _span(text)})
    if not numbers:
        raise PingxuanError("No record is named", "Name records: --record 17, --record 20-23, or --from FILE")
    reason, by = says
    return Decision(edition, now.date().isoformat(), rule, reason, by, tuple(numbers))


def listed(source: Path) -> list[str]:
    """The numbers and spans that a file lists. Raises FindingsError if it is no text."""
    findings: list[Finding] = []
    text = read_text(source, source.name, findings)
    if findings:
        raise FindingsError(findings)
    return text.split()


def told(verdict: verifying.Verdict) -> str:
    """What a recount found, when all agrees."""
    figures = f"{verdict.cast} votes cast, {verdict.void} void, {verdict.cast - verdict.void} valid"
    tree = f"{verdict.edition}: {verdict.size} records with the root {verdict.root}"
    if verdict.hidden:
        return f"{tree}; {figures}. Counts are hidden until the close: hashes agree, records cannot be recounted yet."
    return f"{tree}; {figures}: records, tiles, checkpoint and tally.json agree."


def _span(text: str) -> range:
    found = NUMBERS.fullmatch(text.strip())
    if found is None:
        raise PingxuanError(f"{text} is no number of a record", "Write 17, or 17-23")
    return range(int(found[1]), int(found[2] or found[1]) + 1)


def _cases(voided: dict[int, str]) -> str:
    counts = Counter(voided.values())
    return f"{len(voided)} votes: " + ", ".join(f"{case} {n}" for case, n in sorted(counts.items()))
