"""edition.toml read into an Edition, part by part; every fault becomes a finding.

Knows the keys of edition.toml (docs/edition.md lists them) but those of stages, voting, panels and scoring, which have
modules of their own; knows no file and no clock.
"""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from awards.formmodel import Form
from awards.model import Category, Consent, Edition, Entrants, Field, OrganisersAward, Partner, Prize, Retention
from awards.parse_scoring import parse_panel, parse_scoring
from awards.parse_voting import parse_stages, parse_voting
from awards.tables import CODE, Source, Table, shown

BASES = ("recommended", "award_rate", "quantity", "quality")


def parse_edition(source: Source, folder: str, form: Form) -> Edition:
    """The edition that edition.toml describes, without its cases; faults go to the source's findings."""
    table = source.parse()
    zone = _zone(table)
    stages = parse_stages(table, zone)
    panels = tuple(parse_panel(entry) for entry in table.tables("panels"))
    table.note_repeats("panels", [panel.code for panel in panels])
    voting = parse_voting(table, zone, stages)
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
        scoring=parse_scoring(table, voting, panels),
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
    table.note_repeats("categories", [category.code for category in categories])
    return categories


def _category(table: Table) -> Category:
    code = table.matching("code", "[a-z0-9]{1,8}", "1 to 8 of a-z and 0-9")
    fields = tuple(_field(entry) for entry in table.tables("fields"))
    table.note_repeats("fields", [field.code for field in fields])
    category = Category(code, table.text("name"), fields)
    table.done()
    return category


def _field(table: Table) -> Field:
    field = Field(table.matching("code", "[a-z0-9][a-z0-9-]{0,23}", "1 to 24 of a-z, 0-9 and -"), table.text("name"))
    table.done()
    return field


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


def _prizes(table: Table) -> tuple[Prize, ...]:
    prizes = tuple(_prize(entry) for entry in table.tables("prizes"))
    table.note_repeats("prizes", [prize.code for prize in prizes])
    return prizes


def _prize(table: Table) -> Prize:
    prize = Prize(
        code=table.matching("code", CODE, "a-z, 0-9 and -"),
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
    code = table.matching("code", CODE, "a-z, 0-9 and -")
    consent = Consent(code, table.text("text"), table.one_of("kind", ("required", "opt_in", "opt_out")))
    table.done()
    return consent


def _retention(table: Table) -> Retention:
    entry = table.table("retention") or Table(table.source, "retention", {})
    retention = Retention(entry.whole("votes_days", 1, 3660, 180), entry.whole("submissions_days", 1, 3660, 365))
    entry.done()
    return retention
