"""The stages of edition.toml and its rule of voting: when what happens, and how often one may vote.

Knows the keys of [[stages]] and [voting] and which windows may overlap; knows no file and no clock.
"""

from datetime import datetime

from awards.instants import ALLOWED, read_instant
from awards.model import Stage, VotingRule, Window
from awards.tables import Table, shown

STAGES = (
    "submission",
    "screening",
    "hall",
    "voting",
    "media",
    "experts",
    "review",
    "shortlist",
    "deliberation",
    "notice",
    "announcement",
)
# Steps that may run side by side: the hall is open while people vote, panels score in parallel.
_PARALLEL = ({"hall", "voting"}, {"media", "experts", "review"}, {"submission", "screening"}, {"shortlist", "review"})


def parse_stages(table: Table, zone: str) -> tuple[Stage, ...]:
    """The stages in order; windows that run backwards are findings."""
    entries = table.tables("stages")
    stages = tuple(_stage(entry, zone) for entry in entries)
    table.note_repeats("stages", [entry.data.get("code", "") for entry in entries])  # as written, right or wrong
    for number in range(1, len(stages)):
        _check_order(table, number, stages[:number], stages[number])
    return stages


def _stage(table: Table, zone: str) -> Stage:
    window = Window(_instant(table, "opens", zone, closing=False), _instant(table, "closes", zone, closing=True))
    if window.opens and window.closes and window.closes <= window.opens:
        table.note("closes", shown(table.data["closes"]), f"an instant after opens, {window.opens.isoformat()}")
    stage = Stage(table.one_of("code", STAGES), table.text("name"), window, table.text("note", ""))
    table.done()
    return stage


def _instant(table: Table, name: str, zone: str, *, closing: bool) -> datetime | None:
    if not table.has(name):
        return None
    try:
        return read_instant(table.data[name], zone, closing=closing)
    except (ValueError, OverflowError):
        table.note(name, shown(table.data[name]), ALLOWED)
        return None


def _check_order(table: Table, number: int, earlier: tuple[Stage, ...], stage: Stage) -> None:
    """Against all stages before, not the last alone, whose window may be undecided; the nearest conflict is told."""
    if not stage.window.opens:
        return
    for before in reversed(earlier):
        if allowed := _not_before(before, stage, stage.window.opens):
            table.note(f"stages[{number}].opens", stage.window.opens.isoformat(), allowed)
            return


def _not_before(before: Stage, stage: Stage, opens: datetime) -> str:
    """What an opening that comes too early must wait for; empty where it does not."""
    if before.window.opens and opens < before.window.opens:
        return f"an instant not before {before.code} opens, {before.window.opens.isoformat()}"
    if before.window.closes and opens < before.window.closes and not _may_overlap(before, stage):
        return f"an instant not before {before.code} closes, {before.window.closes.isoformat()}"
    return ""


def _may_overlap(before: Stage, stage: Stage) -> bool:
    return any({before.code, stage.code} <= group for group in _PARALLEL)


def parse_voting(table: Table, zone: str, stages: tuple[Stage, ...]) -> VotingRule | None:
    """The rule of voting, whose window is that of the stage; None where nobody votes."""
    entry = table.table("voting")
    if entry is None:
        return None
    windows = [stage.window for stage in stages if stage.code == "voting"]
    if not windows:
        table.note("voting", "no window", 'a stage with code = "voting"')
    elif not (windows[0].opens and windows[0].closes):
        table.note("voting", "a window with an open side", "opens and closes in the stage with code voting")
    rule = VotingRule(
        subject=entry.one_of("subject", ("address",)),
        per=entry.matching("per", "day|week|edition|[1-9][0-9]{0,3} minutes", 'day, week, edition or "5 minutes"'),
        votes=entry.whole("votes", 1, 100),
        per_case=entry.whole("per_case", 1, 100, None),
        per_category=entry.whole("per_category", 1, 100, None),
        at_least=entry.whole("at_least", 1, 100, 1),
        at_most=entry.whole("at_most", 1, 100, 1),
        floor=entry.whole("floor", 1, 1_000_000_000, None),
        hidden=entry.flag("hidden"),
        origins=entry.texts("origins"),
        window=windows[0] if windows else Window(None, None),
        zone=zone,
    )
    _check_voting(entry, rule)
    entry.done()
    return rule


def _check_voting(entry: Table, rule: VotingRule) -> None:
    if rule.at_least > rule.at_most:
        entry.note("at_least", str(rule.at_least), f"a whole number not above at_most, {rule.at_most}")
    minutes = rule.per.removesuffix(" minutes")
    if minutes.isdecimal() and 24 * 60 % int(minutes):
        entry.note("per", shown(rule.per), "minutes that divide a day, such as 5, 10, 30, 60")
    for number, origin in enumerate(rule.origins):
        if not origin.startswith(("https://", "http://")) or origin.count("/") != 2:
            entry.note(f"origins[{number}]", shown(origin), 'an origin such as "https://www.example.org"')
