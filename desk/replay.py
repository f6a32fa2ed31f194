"""Replay: a file of attempts through the real rule and the real store, on a fresh database that is thrown away.

Answers an organiser's question (what would five a day instead of one have meant?) and tests us with others' data. Knows
the order of things; refuses to decide anything: chalicelib.casting takes or refuses, each attempt at its own time.
"""

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chalicelib.casting import Voting
from chalicelib.clock import Clock
from chalicelib.refused import RefusedError
from chalicelib.store import SQLiteStore
from chalicelib.trust import Trust
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from awards import ballot as rules
from awards.ballot import BallotPaper
from awards.content import load
from awards.errors import Finding, FindingsError, PingxuanError
from awards.model import Edition
from desk.attempts import Bad, Tried, lines_of, read_csv, read_log
from desk.release import edition_folder

SAME = Path("-")  # --log alone: what --from names is a log


class Throwaway(SQLiteStore):
    """The real store, but for a database that nobody needs after a power cut."""

    synchronous = "OFF"


@dataclass(frozen=True)
class Outcome:
    """What became of the attempts. attempted = accepted + refused.

    refused: reason -> attempts; already_counted is a repeat of the same h, which a voter is told kindly and which
    counts once. counts: case -> votes in the store. bad: lines that are no attempt.
    """

    attempted: int
    accepted: int
    refused: Mapping[str, int]
    counts: Mapping[str, int]
    bad: tuple[Bad, ...]

    def to_json(self) -> dict[str, object]:
        """What --json prints."""
        return {name: value for name, value in vars(self).items() if name != "bad"}


def from_files(folder: Path, source: Path | None, log: Path | None, case: str | None) -> Outcome:
    """Run the attempts of the file that the options name: --from FILE, --log FILE, or --from FILE --log."""
    named = source if log in (None, SAME) else log
    if named is None or (source and named is log):
        raise PingxuanError("Which attempts?", "Name one file: --from FILE.csv, or --log FILE")
    return replay(folder, named, Console(stderr=True), log=log is not None, case=case)


def replay(folder: Path, source: Path, console: Console, *, log: bool = False, case: str | None = None) -> Outcome:
    """Run the attempts of a file under the rule of an edition's folder. case: what a log's lines are for."""
    edition = load_rule(folder)
    paper = rules.paper_of(edition, 1)
    chosen = case or next(iter(paper.cases), "")
    if log and chosen not in paper.cases:
        raise PingxuanError(f"{edition.id} has no case {chosen}", "Name one: --case NUMBER")
    attempts = read_log(source, chosen) if log else read_csv(source, edition.zone)
    seen = track(attempts, "Voting", total=lines_of(source), console=console, transient=True)
    with tempfile.TemporaryDirectory(prefix="pingxuan-replay-") as temporary:
        store = Throwaway(Path(temporary) / "votes.sqlite")
        try:
            return _run(store, paper, seen)
        finally:
            store.close()


def folder_of(content: Path, edition: str) -> Path:
    """The folder of an edition: a name in content/editions, or a folder anywhere."""
    anywhere = Path(edition)
    known = (content / "editions" / edition / "edition.toml").is_file()
    return anywhere if not known and anywhere.is_dir() else edition_folder(content, edition)


def load_rule(folder: Path) -> Edition:
    """An edition as far as its rule needs it. A fault in what a page would show does not stop a replay."""
    edition, findings = load(folder.resolve())
    limited = edition.voting is not None and edition.voting.per_category is not None
    if fatal := [finding for finding in findings if _touches_the_rule(finding, limited=limited)]:
        raise FindingsError(fatal)
    return edition


def _touches_the_rule(finding: Finding, *, limited: bool) -> bool:
    name = finding.path.partition("/")[2]
    if name == "edition.toml":
        return finding.key in ("", "zone") or finding.key.startswith(("voting", "stages"))
    return name.startswith("cases/") and (finding.key == "" or (limited and finding.key == "category"))


def _run(store: SQLiteStore, paper: BallotPaper, attempts: Iterable[Tried | Bad]) -> Outcome:
    if not store.put_paper(rules.to_json(paper)):
        raise PingxuanError("the database of a replay is not fresh")
    voting = Voting(store, Trust(), Clock())
    bad: list[Bad] = []
    ends: Counter[str] = Counter()
    for attempt in attempts:
        if isinstance(attempt, Bad):
            bad.append(attempt)
        else:
            ends[_end(voting, paper.edition, attempt)] += 1
    refused = {reason: number for reason, number in sorted(ends.items()) if reason != "counted"}
    return Outcome(ends.total(), ends["counted"], refused, _counts(store, paper), tuple(bad))


def _end(voting: Voting, edition: str, tried: Tried) -> str:
    """How an attempt ended, by the code of its answer."""
    paper = voting.paper(edition)
    ballot = rules.read(tried.ballot, paper.rule)
    if isinstance(ballot, tuple):
        return "malformed"
    try:
        receipt = voting.cast(voting.attempt(paper, ballot, tried.subject, tried.now))
    except RefusedError as error:
        return error.refusal.code
    return "already_counted" if receipt.again else "counted"


def _counts(store: SQLiteStore, paper: BallotPaper) -> dict[str, int]:
    """The votes that the store holds, for every case of the paper."""
    counts = Counter(case for vote in store.sweep(paper.edition) for case in vote.cases)
    return {case: counts[case] for case in sorted(paper.cases)}


def show(outcome: Outcome, console: Console) -> None:
    """Print what became of the attempts, in words and a table."""
    refused = "; ".join(f"{reason} {number:,}" for reason, number in outcome.refused.items()) or "none"
    console.print(f"{outcome.attempted:,} attempted, {outcome.accepted:,} accepted. Refused: {refused}.")
    table = Table("case", "votes")
    table.columns[1].justify = "right"
    for case, votes in sorted(outcome.counts.items(), key=lambda row: (-row[1], row[0])):
        table.add_row(escape(case), f"{votes:,}")
    console.print(table)


def show_bad(bad: tuple[Bad, ...], console: Console) -> None:
    """Print the lines that are no attempt, all at once."""
    if bad:
        console.print(f"\n[bold]Lines that are no attempt: {len(bad):,}[/]")
    for line in bad:
        console.print(f"  line {line.line}: found {escape(line.why)}", soft_wrap=True)
