"""Voting: what a ballot may hold, when it is taken, and how many a voter has.

Knows the rule, the clock of the edition's zone and the ballot paper. Refuses to know what time it is (the caller brings
``now``), who stores ballots, and how an address was learnt.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from ipaddress import IPv4Address, IPv6Network, ip_address
from zoneinfo import ZoneInfo

from awards.errors import PingxuanError
from awards.model import Edition, VotingRule, Window

H = re.compile(r"[0-9a-f]{32}")
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
NAMES = {"day": DAY, "week": r"[0-9]{4}-W[0-9]{2}", "edition": "edition", "minutes": DAY + r"T[0-9]{2}:[0-9]{2}"}
LAST = timedelta(microseconds=1)


class State(Enum):
    """Where the voting stands."""

    BEFORE = "before"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Ballot:
    """What one voter sends. cases: sorted. h: hash of the voter's nonce. period: the one first tried, if named."""

    cases: tuple[str, ...]
    h: str
    period: str | None


@dataclass(frozen=True)
class BallotPaper:
    """What may be voted. cases: slug -> category code, withdrawn ones included. withdrawn: take no more votes."""

    edition: str
    version: int
    title: str
    language: str
    rule: VotingRule
    cases: Mapping[str, str]
    withdrawn: frozenset[str]


@dataclass(frozen=True)
class Period:
    """A span in which a voter has ``votes`` ballots. name: sortable. ends: the next one's start, None for never."""

    name: str
    ends: datetime | None


@dataclass(frozen=True)
class Fault:
    """One fault of a ballot. field: cases, h, period or ballot. zh, en: what is wrong and what is allowed."""

    field: str
    zh: str
    en: str


@dataclass(frozen=True)
class Refusal:
    """Why a ballot is not taken.

    code: not_open, closed, no_such_case, withdrawn, malformed, out_of_date or already_voted.
    """

    code: str
    zh: str
    en: str


def paper_of(edition: Edition, version: int) -> BallotPaper:
    """The ballot paper of an edition."""
    if edition.voting is None:
        raise PingxuanError(f"{edition.id} has no voting", "Add [voting] to edition.toml")
    cases = {case.slug: case.category for case in edition.cases}
    withdrawn = frozenset(case.slug for case in edition.cases if not case.state.votable)
    return BallotPaper(edition.id, version, edition.title, edition.language, edition.voting, cases, withdrawn)


def to_json(paper: BallotPaper) -> dict[str, object]:
    """The paper as it is stored and published (ballot.json)."""
    rule = {key: value for key, value in vars(paper.rule).items() if key != "window"}
    return {
        "edition": paper.edition,
        "version": paper.version,
        "title": paper.title,
        "language": paper.language,
        "rule": rule | {"origins": list(paper.rule.origins)} | times(paper.rule),
        "cases": dict(sorted(paper.cases.items())),
        "withdrawn": sorted(paper.withdrawn),
    }


def from_json(value: Mapping[str, object]) -> BallotPaper:
    """The paper that to_json wrote."""
    fields: dict[str, object] = dict(value)
    try:
        rule = dict(fields["rule"])  # type: ignore[call-overload]  # whatever is no mapping ends in the except below
        sides = (rule.pop(side) for side in ("opens", "closes"))
        window = Window(*(side and datetime.fromisoformat(side) for side in sides))
        fields["rule"] = VotingRule(**rule | {"origins": tuple(rule["origins"]), "window": window})
        fields["withdrawn"] = frozenset(fields["withdrawn"])  # type: ignore[call-overload]
        return BallotPaper(**fields)  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError) as error:
        raise PingxuanError(f"not a ballot paper: {error}", "Run: python publish.py open EDITION") from error


def times(rule: VotingRule) -> dict[str, str | None]:
    """The window as the API says it."""
    return {side: instant and instant.isoformat() for side, instant in vars(rule.window).items()}


def state(rule: VotingRule, now: datetime) -> State:
    """Where the voting stands. An opening that is undecided has not come; a closing that is undecided neither."""
    if rule.window.opens is None or now < rule.window.opens:
        return State.BEFORE
    return State.OPEN if rule.window.contains(now) else State.CLOSED


def period_at(rule: VotingRule, now: datetime) -> Period:
    """The period of an instant, aligned to the clock on the wall: minutes count from midnight, weeks from Monday.

    Where a clock is put back, the hour that comes twice is one: its periods of the same name are the same period.
    """
    local = now.astimezone(ZoneInfo(rule.zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if rule.per == "edition":
        return Period("edition", None)
    if rule.per == "day":
        return Period(midnight.date().isoformat(), _real(midnight + timedelta(days=1), now))
    if rule.per == "week":
        year, week, weekday = local.isocalendar()
        return Period(f"{year:04}-W{week:02}", _real(midnight + timedelta(days=8 - weekday), now))
    minutes = int(rule.per.split()[0])
    start = midnight + timedelta(minutes=(local.hour * 60 + local.minute) // minutes * minutes)
    ends = min(start + timedelta(minutes=minutes), midnight + timedelta(days=1))
    return Period(start.replace(tzinfo=None).isoformat(timespec="minutes"), _real(ends, now))


def _real(wall: datetime, after: datetime) -> datetime:
    """The first instant at which a clock on the wall shows this; what the clock skips becomes what it shows instead."""
    first, second = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return (first if first > after else second).astimezone(wall.tzinfo)


def last_period(rule: VotingRule, now: datetime) -> Period:
    """The period of now, or the last one of a voting that is over."""
    closes = rule.window.closes
    return period_at(rule, now if closes is None else min(now, closes - LAST))


def around(rule: VotingRule, name: str) -> tuple[str, ...]:
    """The names of a named period and its neighbours: where a ballot that bears the name may have been written.

    The one before, since a page's clock may run ahead; the one after, since a retry may come late. Empty for a name
    that is no period.
    """
    if rule.per == "edition":
        return ("edition",)
    try:
        start = datetime.strptime(f"{name}-1", "%G-W%V-%u") if rule.per == "week" else datetime.fromisoformat(name)  # noqa: DTZ007 the zone follows
        first = start.replace(tzinfo=ZoneInfo(rule.zone))
        ends = period_at(rule, first).ends or first
        return tuple(period_at(rule, moment).name for moment in (first - LAST, first, ends))
    except (ValueError, OverflowError):
        return ()


def span_of(period: str) -> str:
    """The span that shares a key: the day of a period of minutes, else the period itself."""
    return period.partition("T")[0]


def next_vote(rule: VotingRule, now: datetime) -> datetime | None:
    """When the next period starts; None if the voting closes before it."""
    return next_after(rule, period_at(rule, now))


def next_after(rule: VotingRule, period: Period) -> datetime | None:
    """When the period after this one starts; None if the voting closes before it."""
    closes = rule.window.closes
    return None if period.ends is None or (closes is not None and period.ends >= closes) else period.ends


def subject_of(address: str) -> str:
    """One voter, by address: the IPv4 address or the IPv6 /64. ValueError for what is no address.

    A zone id names a network card of ours, not the voter, so it is dropped. IPv4 inside IPv6 is IPv4.
    """
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((int(found), 64), strict=False))


def read_form(values: Mapping[str, Sequence[str]], h: str, rule: VotingRule) -> Ballot | tuple[Fault, ...]:
    """A ballot from a form's values, field ``case`` repeated; a form has no nonce, so the caller brings h."""
    return read({"cases": list(values.get("case", ())), "h": h}, rule)


def read(value: object, rule: VotingRule) -> Ballot | tuple[Fault, ...]:
    """A ballot from decoded JSON, or all its faults."""
    if not isinstance(value, dict):
        return (Fault("ballot", "选票应为 JSON 对象", "The ballot must be a JSON object"),)
    cases, h, period = value.get("cases"), value.get("h"), value.get("period")
    faults = [*_cases_faults(cases, rule), *_h_faults(h), *_period_faults(period, rule)]
    if faults or not isinstance(cases, list):
        return tuple(faults)
    return Ballot(tuple(sorted(cases)), str(h), period)


def _cases_faults(cases: object, rule: VotingRule) -> Iterable[Fault]:
    if not isinstance(cases, list) or not all(isinstance(case, str) for case in cases):
        yield Fault("cases", "cases 应为案例编号的列表", "cases must be a list of case numbers")
        return
    if not rule.at_least <= len(cases) <= rule.at_most:
        allowed = str(rule.at_least) if rule.at_least == rule.at_most else f"{rule.at_least}–{rule.at_most}"
        en = f"Choose {allowed} {'case' if rule.at_most == 1 else 'cases'}; this ballot has {len(cases)}"
        yield Fault("cases", f"每张选票应选 {allowed} 个案例，这张选了 {len(cases)} 个", en)
    if len(set(cases)) < len(cases):
        yield Fault("cases", "同一案例在一张选票上只能出现一次", "A case may stand on a ballot only once")


def _h_faults(h: object) -> Iterable[Fault]:
    if not isinstance(h, str) or not H.fullmatch(h):
        yield Fault("h", "h 应为 32 位小写十六进制数", "h must be 32 lowercase hexadecimal digits")


def _period_faults(period: object, rule: VotingRule) -> Iterable[Fault]:
    if period is None:
        return
    pattern = NAMES.get(rule.per, NAMES["minutes"])
    if not isinstance(period, str) or not re.fullmatch(pattern, period):
        example = period_at(rule, rule.window.opens or datetime(2020, 8, 24, tzinfo=UTC)).name
        yield Fault("period", f"period 的写法如 {example}", f"period is written like {example}")


def check(paper: BallotPaper, ballot: Ballot, now: datetime) -> Refusal | None:
    """Why the paper does not take this ballot now, whoever sends it; None if it does."""
    standing = state(paper.rule, now)
    if standing is State.BEFORE:
        return refusal("not_open", paper.rule)
    if standing is State.CLOSED:
        return refusal("closed", paper.rule)
    if any(case not in paper.cases for case in ballot.cases):
        return refusal("no_such_case", paper.rule)
    if paper.withdrawn.intersection(ballot.cases):
        return refusal("withdrawn", paper.rule)
    if not _within(paper.rule.per_category, (paper.cases[case] for case in ballot.cases)):
        return refusal("malformed", paper.rule)
    return None


def admits(paper: BallotPaper, previous: Sequence[Sequence[str]], cases: Sequence[str]) -> bool:
    """Whether a subject that cast these ballots in this period may cast one more.

    Limits count choices: a ballot of three cases of one category is three of ``per_category``.
    """
    choices = [case for ballot in (*previous, cases) for case in ballot]
    return (
        len(previous) < paper.rule.votes
        and _within(paper.rule.per_case, choices)
        and _within(paper.rule.per_category, (paper.cases.get(case, "") for case in choices))
    )


def _within(limit: int | None, choices: Iterable[str]) -> bool:
    return limit is None or all(count <= limit for count in Counter(choices).values())


SENTENCES = {
    "not_open": ("投票尚未开始，开始时间：{opens}。", "Voting is not open yet. It opens at {opens}."),
    "closed": ("投票已于 {closes} 结束。", "Voting closed at {closes}."),
    "no_such_case": ("本届没有这个案例。", "There is no such case in this edition."),
    "withdrawn": ("该案例已撤回，不再接受投票。", "This case was withdrawn and takes no more votes."),
    "malformed": ("选票填写有误。", "The ballot is not filled in correctly."),
    "out_of_date": (
        "这张选票是为更早的时段填写的，没有计入；请重新投票。",
        "This ballot was made for another period and was not counted; please vote again.",
    ),
    "already_voted": ("此网络地址在本时段的票已投完。", "This network address has used its votes for this period."),
}


def refusal(code: str, rule: VotingRule) -> Refusal:
    """A refusal with its sentences, times as the edition's clock shows them."""
    zh, en = SENTENCES[code]
    shown = {side: _shown(instant, rule) for side, instant in vars(rule.window).items()}
    undecided = {side: text or "待定" for side, text in shown.items()}
    return Refusal(
        code, zh.format(**undecided), en.format(**{side: t or "a time to be set" for side, t in shown.items()})
    )


def _shown(instant: datetime | None, rule: VotingRule) -> str:
    if instant is None:
        return ""
    local = instant.astimezone(ZoneInfo(rule.zone))
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"
