"""What an edition is: frozen records, made by awards.parse and read by everything else.

Knows no file and no clock. Instants carry a zone; windows are half-open: opens <= now < closes.
All texts are in the edition's language. Everything here is public.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from awards.formmodel import Form


@dataclass(frozen=True)
class Window:
    """A half-open span of time. opens: first instant inside; closes: first instant after, None while undecided."""

    opens: datetime | None
    closes: datetime | None

    def contains(self, now: datetime) -> bool:
        """Whether now lies inside; an undecided side does not bound."""
        return (self.opens is None or self.opens <= now) and (self.closes is None or now < self.closes)


@dataclass(frozen=True)
class Stage:
    """A step of the edition, in the order of the file.

    code: submission, screening, hall, voting, media, experts, review, shortlist, deliberation, notice, announcement.
    name: as the pages say it. window: when. note: what the source says of it; may be empty.
    """

    code: str
    name: str
    window: Window
    note: str


@dataclass(frozen=True)
class Field:
    """A field (领域) of a category. code: ASCII. name: as the pages say it."""

    code: str
    name: str


@dataclass(frozen=True)
class Category:
    """A category (类别). code: ASCII, part of the case numbers. fields: may be empty."""

    code: str
    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Entrants:
    """Who may submit, and how often.

    who: conditions in words, one sentence each. per_entrant: cases one entrant may submit, per ``per``
    (edition or field). max_fields: distinct fields per entrant, None for no limit. group_is_one: a group and its
    branches count as one entrant. subsidiaries_own: a subsidiary counts for itself. sides: who of
    a project may enter (owner, builder, implementer); one_side: only one of them for one project.
    in_operation_by: the last day on which the case must be in operation. scope: what may be submitted, in words.
    recommended: a recommending body must pass the submission on.
    """

    who: tuple[str, ...]
    per_entrant: int | None
    per: str
    max_fields: int | None
    group_is_one: bool
    subsidiaries_own: bool
    sides: tuple[str, ...]
    one_side: bool
    in_operation_by: date | None
    scope: tuple[str, ...]
    recommended: bool


@dataclass(frozen=True)
class VotingRule:
    """How often one may vote (VOTES: the rule).

    subject: what counts as one voter: address. per: day, week, edition or "<n> minutes", aligned to the clock of zone.
    votes: ballots per subject and period. per_case, per_category: how many of those for one case, one category; None
    for no limit. at_least, at_most: cases on one ballot. floor: valid votes under which a case is dropped in
    principle, None for no floor. hidden: counts stay hidden until the close. origins: of partner sites that may vote.
    """

    subject: str
    per: str
    votes: int
    per_case: int | None
    per_category: int | None
    at_least: int
    at_most: int
    floor: int | None
    hidden: bool
    origins: tuple[str, ...]
    window: Window
    zone: str


@dataclass(frozen=True)
class Band:
    """A named range of the scale, both ends included, in points as the source writes them."""

    name: str
    at_least: str
    at_most: str


@dataclass(frozen=True)
class Criterion:
    """What a reviewer looks at. weight: whole percent within the panel."""

    code: str
    name: str
    weight: int


@dataclass(frozen=True)
class Panel:
    """Who scores, and how scores become one figure.

    method: mean, trimmed_mean, median, sum. drop: highest and lowest scores dropped each, for trimmed_mean.
    lowest, highest: the scale in points. missing: absent, zero, refuse. anonymous: double-anonymous review.
    criteria: empty when one figure is given. bands: may be empty.
    """

    code: str
    name: str
    method: str
    drop: int
    lowest: int
    highest: int
    missing: str
    anonymous: bool
    criteria: tuple[Criterion, ...]
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class Bonus:
    """Points on top. at_most: points. evidence: what may earn them, one sentence each."""

    at_most: int
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Scoring:
    """How parts become a total.

    weights: part ("votes" or a panel's code) -> whole percent; they sum to 100. votes_to_score: share_of_highest,
    share_of_all, points_by_rank, logarithm; None where nobody votes. shortlist: floor or all. ties: the chain of
    keys, the first decides. deliberation: the committee may change the order, on record. bonus: None for none.
    """

    weights: Mapping[str, int]
    votes_to_score: str | None
    shortlist: str
    ties: tuple[str, ...]
    deliberation: bool
    bonus: Bonus | None


@dataclass(frozen=True)
class Prize:
    """A prize. count: how many, None for "the rest". per: edition or category. note: in words; may be empty."""

    code: str
    name: str
    count: int | None
    per: str
    note: str


@dataclass(frozen=True)
class OrganisersAward:
    """The organisers' award.

    weights: basis (recommended, award_rate, quantity, quality) -> whole percent. places: how many are named, None
    while undecided.
    """

    name: str
    weights: Mapping[str, int]
    places: int | None


@dataclass(frozen=True)
class Consent:
    """What an entrant agrees to. kind: required, opt_in or opt_out."""

    code: str
    text: str
    kind: str


@dataclass(frozen=True)
class Partner:
    """A site or account that links to the hall. kind: site or wechat. url: empty for WeChat accounts."""

    name: str
    kind: str
    url: str


@dataclass(frozen=True)
class Retention:
    """How long private data is kept, in days after the announcement or the last stage's end."""

    votes_days: int
    submissions_days: int


class CaseState(Enum):
    """The states of a case in the hall, with the groups that name them."""

    SHOWN = "shown"
    WITHDRAWN = "withdrawn"

    @property
    def on_show(self) -> bool:
        """Whether its story and pictures are shown."""
        return self is CaseState.SHOWN

    @property
    def votable(self) -> bool:
        """Whether it takes votes."""
        return self is CaseState.SHOWN


@dataclass(frozen=True)
class Picture:
    """A picture of a case. file: a path inside the edition's pictures folder. alt: what it shows."""

    file: str
    alt: str


@dataclass(frozen=True)
class Case:
    """An approved case: public fields only.

    slug: its number, ASCII. category, field: codes; field may be empty. entrant: empty where the source names none.
    in_operation: since when, as the entrant wrote it. facts: further public facts, label -> value. source: where the
    facts come from, a web address or empty. sample: made-up text, left out by publish. story: Markdown, hostile.
    digest: SHA-256 of the file, hex. withdrawn_because: the reason, empty while it is on show.
    """

    slug: str
    title: str
    entrant: str
    category: str
    field: str
    summary: str
    in_operation: str
    state: CaseState
    withdrawn_because: str
    sample: bool
    source: str
    facts: Mapping[str, str]
    pictures: tuple[Picture, ...]
    story: str
    digest: str

    @property
    def cover(self) -> str:
        """The file of the picture that stands for it, empty where a drawn one does."""
        return self.pictures[0].file if self.pictures and self.state.on_show else ""


@dataclass(frozen=True)
class Edition:
    """One year's award: one folder of data.

    id: the folder's name. language: zh-CN or en. zone: IANA name. accent: #rrggbb. notice: what this edition is, when
    that needs saying (a demonstration); shown on every page. attribution: credit and licence, shown on every page.
    principles: rules that are no number, in words. choices: what the source leaves open and we chose, in words.
    """

    id: str
    title: str
    short: str
    summary: str
    year: int
    language: str
    zone: str
    accent: str
    site: str
    notice: str
    attribution: str
    hosts: tuple[str, ...]
    organisers: tuple[str, ...]
    supporters: tuple[str, ...]
    partners: tuple[Partner, ...]
    categories: tuple[Category, ...]
    entrants: Entrants
    stages: tuple[Stage, ...]
    voting: VotingRule | None
    panels: tuple[Panel, ...]
    scoring: Scoring | None
    prizes: tuple[Prize, ...]
    organisers_award: OrganisersAward | None
    consents: tuple[Consent, ...]
    retention: Retention
    principles: tuple[str, ...]
    choices: tuple[str, ...]
    form: Form
    cases: tuple[Case, ...] = field(default=())

    def window(self, code: str) -> Window | None:
        """When the stage of this code runs; None for an edition without it."""
        return next((stage.window for stage in self.stages if stage.code == code), None)
