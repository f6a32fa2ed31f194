"""Pelican's generator of the hall: reads the editions, asks which pages there are, writes those that changed.

Knows Pelican and the disk; what a page shows is theme.hall's. Pelican's own writer is left aside, since it renders
every page at every build.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pelican import Pelican, signals
from pelican.generators import Generator

from awards.content import load_all
from awards.errors import FindingsError
from awards.model import Case, Edition
from theme.catalogue import gettexts
from theme.hall import Hall, Meta, Page, Posting, addresses, later, posting
from theme.kept import Kept, digest, files_digest
from theme.pictures import pictures_in
from theme.stories import plain, render

HERE = Path(__file__).parent
# The home and privacy pages stand in both languages, under these addresses.
LANGUAGES = {"zh-CN": "", "en": "en/"}
FEED = "feeds/notices.xml"
# A file of the site: its path, the digest of what it is made from, and its maker.
File = tuple[str, str, Callable[[], str | bytes]]


class HallGenerator(Generator):
    """Writes every page of every edition, the home pages, the sitemap and 404.html."""

    def generate_context(self) -> None:
        """Read the editions. Raises FindingsError if their data has faults."""
        editions, findings = load_all(Path(self.path) / "editions")
        if findings:
            raise FindingsError(findings)
        self.editions = editions if self.settings["SAMPLES"] else [_without_samples(each) for each in editions]
        versions = tuple(version(name) for name in ("pelican", "jinja2", "markdown", "nh3", "babel"))
        self.renderer = digest(versions, (HERE / "stories.py").read_bytes())
        self.everywhere = self._everywhere(versions)
        self.assets: dict[str, str] = {}
        self.parts: dict[tuple[str, str, str], Markup] = {}
        self.words = {language: gettexts(language) for language in LANGUAGES}

    def generate_output(self, writer: object) -> None:  # noqa: ARG002 Pelican's writer renders every page at every build
        """Write what changed, remove what no source makes any more."""
        self.kept = Kept(Path(self.settings["KEPT"]), Path(self.output_path))
        size = self.settings["CASES_PER_PAGE"]
        halls = [self._hall(edition, size) for edition in self.editions]
        changed = [(file, make) for file, key, make in self._files(halls) if not self._is_current(file, key)]
        self.kept.begin(file for file, _ in changed)
        for file, make in changed:
            self._write(file, make())
        self.kept.commit()
        if not self.settings["FEED_ALL_ATOM"]:
            (Path(self.output_path) / FEED).unlink(missing_ok=True)  # Pelican's, of when there were notices

    def _hall(self, edition: Edition, size: int) -> Hall:
        pictures = pictures_in(self._folder(edition), f"/{edition.id}/pictures/")
        return Hall(edition, self._notices(edition), self._story, size, pictures)

    def _folder(self, edition: Edition) -> Path:
        return Path(self.path) / "editions" / edition.id / "pictures"

    def _files(self, halls: list[Hall]) -> Iterator[File]:
        """Everything that the site is made of."""
        pages = [page for hall in halls for page in hall.pages()] + list(self._site_pages(halls))
        for page in [*pages, self._sitemap(pages)]:
            yield page.file, page.key, later(self._render, page)
        for hall in halls:
            yield from hall.covers()
            yield from self._data(hall)

    def _is_current(self, file: str, key: str) -> bool:
        return self.kept.is_current(file, digest(self.everywhere, key))

    def _everywhere(self, versions: tuple[str, ...]) -> str:
        """Digest of everything but content: code, templates, settings, and what every page says of the editions."""
        editions = [(edition.id, edition.short, edition.year, edition.language) for edition in self.editions]
        site = self.settings["SITE"], self.settings["FEED_ALL_ATOM"]
        return digest(versions, files_digest(HERE, HERE.parent / "awards"), site, editions)

    def _notices(self, edition: Edition) -> list[Posting]:
        articles = self.context["articles"]
        return [posting(article) for article in articles if article.metadata.get("edition") == edition.id]

    def _story(self, case: Case) -> Markup:
        key = digest(self.renderer, case.story)
        html = self.kept.story(key)
        if html is None:
            html = render(case.story)
            self.kept.keep_story(key, html)
        return Markup(html)  # noqa: S704 sanitised by theme.stories

    def _site_pages(self, halls: list[Hall]) -> Iterator[Page]:
        shown = [(hall.edition, len(hall.cards)) for hall in halls]
        names = {"zh-CN": self.settings["SITE"]["name"], "en": self.settings["SITE"]["name_en"]}
        bare = digest([(replace(edition, cases=()), count) for edition, count in shown])
        for language, prefix in LANGUAGES.items():
            home = Meta("home", names[language], names[language], f"/{prefix}")
            yield _page("home", home, lambda: {"halls": shown}, language, bare)
            privacy = Meta("privacy", names[language], names[language], f"/{prefix}privacy/")
            yield _page("privacy", privacy, dict, language, bare)
        for page in self.context["pages"]:
            language = page.metadata.get("language", self.settings["SITE"]["language"])
            meta = Meta("page", page.title, plain(page.content), f"/{page.url}")
            yield _page("page", meta, later(_page_context, page), language, page.content)
        missing = Meta("404", names["zh-CN"], "", "/404.html", robots="noindex")
        yield Page("404.html", digest("404"), "404", dict, self.settings["SITE"]["language"], missing)

    def _sitemap(self, pages: Iterable[Page]) -> Page:
        urls = [f"{self.settings['SITE']['url']}{path}" for path in addresses(pages)]
        return Page("sitemap.xml", digest("sitemap", urls), "sitemap.xml", lambda: {"urls": urls}, "en")

    def _data(self, hall: Hall) -> Iterator[File]:
        """The search index and the pictures of an edition."""
        rows, edition = hall.search_rows(), hall.edition
        names = {category.code: category.name for category in edition.categories}
        index = {"edition": edition.id, "categories": names, "cases": rows}
        text = json.dumps(index, ensure_ascii=False, separators=(",", ":"))
        yield f"{edition.id}/search.json", digest(text), lambda: text
        on_show = [case for case in edition.cases if case.state.on_show]
        named = {picture.file for case in on_show for picture in case.pictures}
        for name in sorted({each for file in named for each in hall.pictures.files(file)}):
            path = self._folder(edition) / name
            yield f"{edition.id}/pictures/{name}", sha256(path.read_bytes()).hexdigest(), path.read_bytes

    def _write(self, file: str, made: str | bytes) -> None:
        path = Path(self.output_path) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.part")
        partial.write_bytes(made.encode() if isinstance(made, str) else made)
        partial.replace(path)

    def _render(self, page: Page) -> str:
        name = page.template if "." in page.template else f"{page.template}.html"
        gettext, ngettext = self.words[page.language]
        rendered: str = self.env.get_template(name).render(
            **page.context(),
            site=self.settings["SITE"],
            editions=self.editions,
            edition=page.edition,
            lang=page.language,
            page=page.meta,
            asset=self._asset,
            once=partial(self._once, page),
            feed=self.settings["FEED_ALL_ATOM"],
            _=gettext,
            gettext=gettext,
            ngettext=ngettext,
        )
        return rendered

    def _once(self, page: Page, name: str) -> Markup:
        """A part that is the same on all pages of an edition and language, rendered the first time it is asked for."""
        key = name, page.edition.id if page.edition else "", page.language
        if key not in self.parts:
            part = replace(page, template=name, context=dict)
            self.parts[key] = Markup(self._render(part))  # noqa: S704 a template escaped it
        return self.parts[key]

    def _asset(self, name: str) -> str:
        if name not in self.assets:
            self.assets[name] = sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]
        return f"/static/{name}?v={self.assets[name]}"


def _page(template: str, meta: Meta, context: Callable[[], dict[str, Any]], language: str, *parts: object) -> Page:
    key = digest(template, asdict(meta), language, *parts)
    return Page(f"{meta.path}index.html"[1:], key, template, context, language, meta)


def _page_context(page: Any) -> dict[str, Any]:
    return {"text": Markup(page.content)}  # noqa: S704 sanitised by theme.reader


def _without_samples(edition: Edition) -> Edition:
    return replace(edition, cases=tuple(case for case in edition.cases if not case.sample))


def _no_empty_feed(site: Pelican) -> None:
    """A feed without notices would bear the time of the build, the one thing no file of the hall may depend on."""
    if not any((Path(site.settings["PATH"]) / "notices").glob("*.md")):
        site.settings["FEED_ALL_ATOM"] = None


def _generators(_pelican: object) -> type[HallGenerator]:
    return HallGenerator


def register() -> None:
    """Called by Pelican for each plugin."""
    signals.initialized.connect(_no_empty_feed)
    signals.get_generators.connect(_generators)
