"""The panels of edition.toml and how parts become a total.

Knows the keys of [[panels]] and [scoring]; computes no score.
"""

from awards.model import Band, Bonus, Criterion, Panel, Scoring, VotingRule
from awards.tables import CODE, Table, shown

METHODS = ("mean", "trimmed_mean", "median", "sum")
VOTES_TO_SCORE = ("share_of_highest", "share_of_all", "points_by_rank", "logarithm")
_OTHER_PARTS = ("votes", "number")  # what weights and ties call the public vote and the case number


def parse_panel(table: Table) -> Panel:
    """A panel: who scores, and how scores become one figure."""
    if table.data.get("code") in _OTHER_PARTS:
        table.note("code", shown(table.data["code"]), f"a code that is none of {', '.join(_OTHER_PARTS)}")
    method = table.one_of("method", METHODS)
    lowest, highest = _scale(table)
    criteria = tuple(_criterion(entry) for entry in table.tables("criteria"))
    table.note_repeats("criteria", [criterion.code for criterion in criteria])
    total = sum(criterion.weight for criterion in criteria)
    if criteria and total != 100:
        table.note("criteria", f"weights that sum to {total}", "weights that sum to 100")
    drop = table.whole("drop", 1, 10, 0)
    if (drop > 0) != (method == "trimmed_mean"):
        table.note("drop", str(drop), "1 to 10 with trimmed_mean, and only there")
    panel = Panel(
        code=table.matching("code", CODE, "a-z, 0-9 and -"),
        name=table.text("name"),
        method=method,
        drop=drop,
        lowest=lowest,
        highest=highest,
        missing=table.one_of("missing", ("absent", "zero", "refuse"), "absent"),
        anonymous=table.flag("anonymous"),
        criteria=criteria,
        bands=_bands(table, lowest, highest),
    )
    table.done()
    return panel


def _scale(table: Table) -> tuple[int, int]:
    allowed = "two whole numbers, the lowest and the highest, such as [0, 100]"
    scale = table.value("scale", list, allowed, None)
    whole = isinstance(scale, list) and len(scale) == 2 and all(type(end) is int for end in scale)
    if not whole or scale[0] >= scale[1]:
        table.note("scale", "missing" if scale is None else shown(scale), allowed)
        return 0, 100
    return scale[0], scale[1]


def _criterion(table: Table) -> Criterion:
    code = table.matching("code", CODE, "a-z, 0-9 and -")
    criterion = Criterion(code, table.text("name"), table.whole("weight", 0, 100))
    table.done()
    return criterion


def _bands(table: Table, lowest: int, highest: int) -> tuple[Band, ...]:
    bands = []
    for entry in table.tables("bands"):
        low, high = entry.whole("at_least", lowest, highest), entry.whole("at_most", lowest, highest)
        if low > high:
            entry.note("at_least", str(low), f"a whole number not above at_most, {high}")
        bands.append(Band(entry.text("name"), str(low), str(high)))
        entry.done()
    return tuple(bands)


def parse_scoring(table: Table, voting: VotingRule | None, panels: tuple[Panel, ...]) -> Scoring | None:
    """How votes and panels become a total; None where the edition does not say."""
    entry = table.table("scoring")
    if entry is None:
        return None
    parts = (("votes",) if voting else ()) + tuple(panel.code for panel in panels)
    scoring = Scoring(
        weights=entry.percents("weights", parts),
        votes_to_score=entry.one_of("votes_to_score", VOTES_TO_SCORE) if voting else None,
        shortlist=entry.one_of("shortlist", ("all", "floor"), "all"),
        ties=entry.texts("ties"),
        deliberation=entry.flag("deliberation"),
        bonus=_bonus(entry),
    )
    if scoring.shortlist == "floor" and not (voting and voting.floor):
        entry.note("shortlist", '"floor"', "all, or a floor in [voting]")
    for number, key in enumerate(scoring.ties):
        if key not in (*parts, "number"):
            entry.note(f"ties[{number}]", shown(key), f"one of {', '.join((*parts, 'number'))}")
    entry.done()
    return scoring


def _bonus(table: Table) -> Bonus | None:
    entry = table.table("bonus")
    if entry is None:
        return None
    bonus = Bonus(entry.whole("at_most", 1, 100), entry.texts("evidence"))
    entry.done()
    return bonus
