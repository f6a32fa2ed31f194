"""edition.toml read into an Edition, part by part; every fault becomes a finding.

Knows the keys of edition.toml (docs/edition.md lists them); knows no file and no clock.
"""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from awards.instants import ALLOWED, read_instant
from awards.model import (
    Band,
    Bonus,
    Category,
    Consent,
    Criterion,
    Edition,
    Entrants,
    Field,
    Form,
    OrganisersAward,
    Panel,
    Partner,
    Prize,
    Retention,
    Scoring,
    Stage,
    VotingRule,
    Window,
)
from awards.tables import Source, Table, shown

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
METHODS = ("mean", "trimmed_mean", "median", "sum")
VOTES_TO_SCORE = ("share_of_highest", "share_of_all", "points_by_rank", "logarithm")
BASES = ("recommended", "award_rate", "quantity", "quality")
_CODE = "[a-z0-9][a-z0-9-]*"
_OTHER_PARTS = ("votes", "number")  # what weights and ties call the public vote and the case number


def parse_edition(source: Source, folder: str, form: Form) -> Edition:
    """The edition that edition.toml describes, without its cases; faults go to the source's findings."""
    table = source.parse()
    zone = _zone(table)
    stages = _stages(table, zone)
    panels = tuple(_panel(entry) for entry in table.tables("panels"))
    _note_duplicates(table, "panels", [panel.code for panel in panels])
    voting = _voting(table, zone, stages)
    edition = Edition(
        id=_id(table, folder),
        title=table.text("title"),
        short=table.text("short"),
        summary=table.text("summary"),
        year=table.whole("year", 1990, 2100),
        language=table.one_of("language", ("zh-CN", "en")),
        zone=zone,
        accent=table.matching("accent", "#[0-9a-f]{6}", 'a colour such as "#0b5d6b"'),
        site=table.address("site"),
        notice=table.text("notice", ""),
        attribution=table.text("attribution", ""),
        hosts=table.texts("hosts"),
        organisers=table.texts("organisers"),
        supporters=table.texts("supporters"),
        partners=tuple(_partner(entry) for entry in table.tables("partners")),
        categories=_categories(table),
        entrants=_entrants(table),
        stages=stages,
        voting=voting,
        panels=panels,
        scoring=_scoring(table, voting, panels),
        prizes=_prizes(table),
        organisers_award=_organisers_award(table),
        consents=tuple(_consent(entry) for entry in table.tables("consents")),
        retention=_retention(table),
        principles=table.texts("principles"),
        choices=table.texts("choices"),
        form=form,
    )
    table.done()
    return edition


def _id(table: Table, folder: str) -> str:
    found = table.matching("id", "[a-z0-9][a-z0-9-]{0,39}", "1 to 40 of a-z, 0-9 and -")
    if found and found != folder:
        table.note("id", shown(found), f'"{folder}", the name of its folder')
    return folder


def _zone(table: Table) -> str:
    zone = table.text("zone")
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.note("zone", shown(zone), "a name of the IANA time zones, such as Asia/Shanghai")
        return "UTC"
    return zone or "UTC"


def _partner(table: Table) -> Partner:
    partner = Partner(table.text("name"), table.one_of("kind", ("site", "wechat")), table.address("url"))
    table.done()
    return partner


def _categories(table: Table) -> tuple[Category, ...]:
    categories = tuple(_category(entry) for entry in table.tables("categories"))
    if not categories and not table.broken:
        table.note("categories", "none", "at least one category")
    _note_duplicates(table, "categories", [category.code for category in categories])
    return categories


def _category(table: Table) -> Category:
    code = table.matching("code", "[a-z0-9]{1,8}", "1 to 8 of a-z and 0-9")
    fields = tuple(_field(entry) for entry in table.tables("fields"))
    _note_duplicates(table, "fields", [field.code for field in fields])
    category = Category(code, table.text("name"), fields)
    table.done()
    return category


def _field(table: Table) -> Field:
    field = Field(table.matching("code", "[a-z0-9][a-z0-9-]{0,23}", "1 to 24 of a-z, 0-9 and -"), table.text("name"))
    table.done()
    return field


def _note_duplicates(table: Table, name: str, codes: list[str]) -> None:
    for number, code in enumerate(codes):
        if code and code in codes[:number]:
            table.note(f"{name}[{number}].code", f"{code} a second time", "a code of its own for each")


def _entrants(table: Table) -> Entrants:
    entry = table.table("entrants") or Table(table.source, "entrants", {})
    sides = entry.texts("sides")
    for number, side in enumerate(sides):
        if side not in ("owner", "builder", "implementer"):
            entry.note(f"sides[{number}]", shown(side), "one of owner, builder, implementer")
    entrants = Entrants(
        who=entry.texts("who"),
        per_entrant=entry.whole("per_entrant", 1, 1000, None),
        per=entry.one_of("per", ("edition", "field"), "edition"),
        max_fields=entry.whole("max_fields", 1, 1000, None),
        group_is_one=entry.flag("group_is_one"),
        subsidiaries_own=entry.flag("subsidiaries_own"),
        sides=sides,
        one_side=entry.flag("one_side"),
        in_operation_by=entry.day("in_operation_by"),
        scope=entry.texts("scope"),
        recommended=entry.flag("recommended"),
    )
    entry.done()
    return entrants


def _stages(table: Table, zone: str) -> tuple[Stage, ...]:
    entries = table.tables("stages")
    stages = tuple(_stage(entry, zone) for entry in entries)
    _note_duplicates(table, "stages", [entry.data.get("code", "") for entry in entries])  # as written, right or wrong
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


# Steps that may run side by side: the hall is open while people vote, panels score in parallel.
_PARALLEL = ({"hall", "voting"}, {"media", "experts", "review"}, {"submission", "screening"}, {"shortlist", "review"})


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


def _voting(table: Table, zone: str, stages: tuple[Stage, ...]) -> VotingRule | None:
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


def _panel(table: Table) -> Panel:
    if table.data.get("code") in _OTHER_PARTS:
        table.note("code", shown(table.data["code"]), f"a code that is none of {', '.join(_OTHER_PARTS)}")
    method = table.one_of("method", METHODS)
    lowest, highest = _scale(table)
    criteria = tuple(_criterion(entry) for entry in table.tables("criteria"))
    _note_duplicates(table, "criteria", [criterion.code for criterion in criteria])
    total = sum(criterion.weight for criterion in criteria)
    if criteria and total != 100:
        table.note("criteria", f"weights that sum to {total}", "weights that sum to 100")
    drop = table.whole("drop", 1, 10, 0)
    if (drop > 0) != (method == "trimmed_mean"):
        table.note("drop", str(drop), "1 to 10 with trimmed_mean, and only there")
    panel = Panel(
        code=table.matching("code", _CODE, "a-z, 0-9 and -"),
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
    code = table.matching("code", _CODE, "a-z, 0-9 and -")
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


def _scoring(table: Table, voting: VotingRule | None, panels: tuple[Panel, ...]) -> Scoring | None:
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


def _prizes(table: Table) -> tuple[Prize, ...]:
    prizes = tuple(_prize(entry) for entry in table.tables("prizes"))
    _note_duplicates(table, "prizes", [prize.code for prize in prizes])
    return prizes


def _prize(table: Table) -> Prize:
    prize = Prize(
        code=table.matching("code", _CODE, "a-z, 0-9 and -"),
        name=table.text("name"),
        count=table.whole("count", 1, 10_000, None),
        per=table.one_of("per", ("edition", "category"), "edition"),
        note=table.text("note", ""),
    )
    table.done()
    return prize


def _organisers_award(table: Table) -> OrganisersAward | None:
    entry = table.table("organisers_award")
    if entry is None:
        return None
    award = OrganisersAward(entry.text("name"), entry.percents("weights", BASES), entry.whole("places", 1, 1000, None))
    entry.done()
    return award


def _consent(table: Table) -> Consent:
    code = table.matching("code", _CODE, "a-z, 0-9 and -")
    consent = Consent(code, table.text("text"), table.one_of("kind", ("required", "opt_in", "opt_out")))
    table.done()
    return consent


def _retention(table: Table) -> Retention:
    entry = table.table("retention") or Table(table.source, "retention", {})
    retention = Retention(entry.whole("votes_days", 1, 3660, 180), entry.whole("submissions_days", 1, 3660, 365))
    entry.done()
    return retention
