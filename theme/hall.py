"""Which pages the hall has, and what each shows.

Knows addresses and contexts; knows no disk and no Pelican. A page is made from what its key digests, so that an
unchanged key means unchanged bytes. No figure that changes with votes is in any page: counts come from tally.json.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from markupsafe import Markup

from awards.model import Case, Category, Edition, Field, Stage
from theme.apply import bodies_of, call_of, labels, sheet
from theme.covers import band, colour, cover
from theme.kept import digest
from theme.pictures import Pictures, Shown
from theme.stories import plain
from theme.times import closing, instant, short_closing, window

HOME_CASES = 12
RECENT_NOTICES = 5


@dataclass(frozen=True)
class Meta:
    """What a page says of itself: kind, title, description, address, share picture (or empty), robots (or empty)."""

    kind: str
    title: str
    description: str
    path: str
    image: str = ""
    robots: str = ""


@dataclass(frozen=True)
class Page:
    """A page to write.

    file: its path in the site. key: digest of all it is made from. context: asked for only when it is written.
    """

    file: str
    key: str
    template: str
    context: Callable[[], Mapping[str, Any]]
    language: str
    meta: Meta | None = None
    edition: Edition | None = None


@dataclass(frozen=True)
class Card:
    """A case as a listing shows it. cover: its first picture or its pattern; small: that picture in WebP, or empty."""

    slug: str
    title: str
    entrant: str
    category: Category
    url: str
    cover: str
    state: str
    small: str


@dataclass(frozen=True)
class Pager:
    """Where a listing page stands. number, pages: from 1. base: address of the first page."""

    number: int
    pages: int
    base: str
    size: int

    def url(self, number: int) -> str:
        """The address of a page of this listing."""
        return self.base if number == 1 else f"{self.base}page/{number}/"


@dataclass(frozen=True)
class Posting:
    """A call, notice or announcement as the pages show it; content is safe HTML."""

    title: str
    url: str
    date: datetime
    kind: str
    content: Markup


def posting(article: Any) -> Posting:
    """The posting of a Pelican article, whose content theme.reader sanitised."""
    content = Markup(article.content)  # noqa: S704 sanitised by theme.reader
    return Posting(article.title, f"/{article.url}", article.date, article.metadata.get("kind", "notice"), content)


class Hall:
    """The pages of one edition. notices: its notices, the newest first. story: case -> safe HTML."""

    def __init__(
        self,
        edition: Edition,
        notices: Sequence[Posting],
        story: Callable[[Case], Markup],
        per_page: int,
        pictures: Pictures,
    ) -> None:
        self.edition = edition
        self.notices = notices
        self.pictures = pictures
        self._story = story
        self._per_page = per_page
        self._bare = digest(replace(edition, cases=()))
        self.categories = {category.code: category for category in edition.categories}
        self.cards = {case.slug: self._card(case) for case in edition.cases}
        counts = Counter(case.category for case in edition.cases)
        self.groups = [(category, counts[category.code]) for category in edition.categories]

    def pages(self) -> Iterator[Page]:
        """Every page of the edition, its search index and its covers."""
        yield self._edition_page()
        yield from self._listing("cases/", self.edition.cases, None, None)
        for category in self.edition.categories:
            yield from self._category(category)
        for case in self.edition.cases:
            yield self._case(case)
        yield from self._ballot_page()
        yield from self._simple_pages()
        yield from self._apply_pages()
        yield from self._notice_pages()

    def covers(self) -> Iterator[tuple[str, str, Callable[[], str]]]:
        """The file, key and maker of each case's cover."""
        for case in self.edition.cases:
            shade = colour(self.edition, case.category)
            make = later(cover, case.slug, shade)
            yield f"{self._at(f'cases/{case.slug}/')}cover.svg"[1:], digest(case.slug, shade), make

    def search_rows(self) -> list[list[str]]:
        """One row a case: number, title, entrant, category, field, state, picture if any, that in WebP if any."""
        rows = []
        for case in self.edition.cases:
            card = self.cards[case.slug]
            row = [case.slug, case.title, case.entrant, case.category, case.field, case.state.value]
            rows.append(row + ([card.cover] if case.cover else []) + ([card.small] if card.small else []))
        return rows

    def _at(self, path: str) -> str:
        return f"/{self.edition.id}/{path}"

    def _card(self, case: Case) -> Card:
        url = self._at(f"cases/{case.slug}/")
        picture = self.pictures.url(case.cover) if case.cover else f"{url}cover.svg"
        small = self.pictures.small(case.cover) if case.cover else ""
        category = self.categories[case.category]
        return Card(case.slug, case.title, case.entrant, category, url, picture, case.state.value, small)

    def _page(self, template: str, meta: Meta, context: Callable[[], Mapping[str, Any]], *parts: object) -> Page:
        file = f"{meta.path}index.html"[1:]
        key = digest(template, meta, self._bare, *parts)
        return Page(file, key, template, context, self.edition.language, meta, self.edition)

    def _edition_page(self) -> Page:
        cards = list(self.cards.values())[:HOME_CASES]
        notices = list(self.notices[:RECENT_NOTICES])
        context = {"groups": self.groups, "total": len(self.cards), "cards": cards, "notices": notices}
        meta = Meta("edition", self.edition.title, self.edition.summary, self._at(""))
        return self._page("edition", meta, lambda: context, self.groups, len(self.cards), cards, notices)

    def _category(self, category: Category) -> Iterator[Page]:
        cases = [case for case in self.edition.cases if case.category == category.code]
        yield from self._listing(f"categories/{category.code}/", cases, category, None)
        for field in category.fields:
            within = [case for case in cases if case.field == field.code]
            yield from self._listing(f"categories/{category.code}/{field.code}/", within, category, field)

    def _listing(
        self, path: str, cases: Sequence[Case], category: Category | None, field: Field | None
    ) -> Iterator[Page]:
        counts = Counter(case.field for case in cases)
        fields = [(each, counts[each.code]) for each in category.fields] if category and not field else []
        pages = max(1, -(-len(cases) // self._per_page))
        for number in range(1, pages + 1):
            shown = cases[(number - 1) * self._per_page : number * self._per_page]
            pager = Pager(number, pages, self._at(path), self._per_page)
            context = {
                "category": category,
                "field": field,
                "fields": fields,
                "groups": self.groups,
                "cards": [self.cards[case.slug] for case in shown],
                "total": len(cases),
                "pager": pager,
            }
            yield self._listing_page(context, pager)

    def _listing_page(self, context: dict[str, Any], pager: Pager) -> Page:
        place = context["field"] or context["category"]
        title = f"{place.name} · {self.edition.short}" if place else self.edition.short
        meta = Meta("listing", title, self.edition.summary, pager.url(pager.number))
        return self._page("listing", meta, lambda: context, sorted(context.items()))

    def _case(self, case: Case) -> Page:
        url = self._at(f"cases/{case.slug}/")
        description = (case.summary or plain(case.story)) if case.state.on_show else case.withdrawn_because
        robots = "noindex" if case.sample else ""
        meta = Meta("case", case.title, description, url, self.cards[case.slug].cover, robots)
        pictures = [self.pictures.shown(picture.file, picture.alt) for picture in case.pictures]
        return self._page("case", meta, later(self._case_context, case, pictures), case.digest, pictures)

    def _case_context(self, case: Case, pictures: Sequence[Shown]) -> dict[str, Any]:
        category = self.categories[case.category]
        return {
            "case": case,
            "category": category,
            "field": next((field for field in category.fields if field.code == case.field), None),
            "story": self._story(case),
            "band": band(case.slug, colour(self.edition, case.category)),
            "pictures": pictures,
        }

    def _simple_pages(self) -> Iterator[Page]:
        for template, path in (("rules", "rules/"), ("search", "search/")):
            meta = Meta(template, self.edition.title, self.edition.summary, self._at(path))
            yield self._page(template, meta, dict)
        key = digest("css", self.edition.accent)
        file = f"{self.edition.id}/edition.css"
        yield Page(file, key, "edition.css", dict, self.edition.language, None, self.edition)

    def _apply_pages(self) -> Iterator[Page]:
        """The form page in both languages, and the recommending bodies' page, of an edition that takes cases."""
        stage = call_of(self.edition)
        if stage is None:
            return
        other = "en" if self.edition.language.startswith("zh") else "zh-CN"
        places = {self.edition.language: self._at("apply/"), other: self._at(f"apply/{other[:2]}/")}
        for language, path in places.items():
            elsewhere = next(place for place in places.values() if place != path)
            robots = "" if language == self.edition.language else "noindex"
            meta = Meta("apply", self.edition.title, "", path, robots=robots)
            page = self._page("apply", meta, later(self._apply_context, stage, language, elsewhere), language)
            yield replace(page, language=language)
        if bodies_of(self.edition):
            meta = Meta("recommend", self.edition.title, "", self._at("recommending/"), robots="noindex")
            context = {"labels": labels(self.edition), "closes": stage.window.closes}
            yield self._page("recommend", meta, lambda: context)

    def _apply_context(self, stage: Stage, language: str, elsewhere: str) -> dict[str, Any]:
        spoken, dates = replace(self.edition, language=language), stage.window
        return {
            "sheet": sheet(self.edition, stage, language),
            "other": elsewhere,
            "blank": self._at("apply/form.docx"),
            "window": window(dates, spoken),
            "opens_at": instant(dates.opens, spoken) if dates.opens else "",
            "closes_at": closing(dates.closes, spoken) if dates.closes else "",
            "closes_short": short_closing(dates.closes, spoken) if dates.closes else "",
        }

    def _ballot_page(self) -> Iterator[Page]:
        """The ballot, where it holds several cases: every case that takes votes."""
        if not self.edition.voting or self.edition.voting.at_most == 1:
            return
        cases = [case for case in self.edition.cases if case.state.votable]
        choices = [
            (each, [self.cards[case.slug] for case in cases if case.category == each.code]) for each, _ in self.groups
        ]
        meta = Meta("ballot", self.edition.title, self.edition.summary, self._at("ballot/"))
        yield self._page("ballot", meta, lambda: {"choices": choices}, choices)

    def _notice_pages(self) -> Iterator[Page]:
        meta = Meta("notices", self.edition.title, self.edition.summary, self._at("notices/"))
        yield self._page("notices", meta, lambda: {"notices": self.notices}, self.notices)
        for notice in self.notices:
            about = Meta("notice", notice.title, plain(notice.content), notice.url)
            yield self._page("notice", about, later(_notice_context, notice), notice)


def _notice_context(notice: Posting) -> dict[str, Any]:
    return {"notice": notice}


def later(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """A call put off until a page is known to be written."""
    return lambda: function(*arguments)


def addresses(pages: Iterable[Page]) -> list[str]:
    """The addresses that search engines should know, in order."""
    return sorted(page.meta.path for page in pages if page.meta and not page.meta.robots)
