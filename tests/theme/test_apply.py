"""The form page as it is drawn up from a form: every field in its control, in both languages; 字 counted alike."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engines import needs
from lxml import html
from playwright.sync_api import Browser, Page
from sites import EDITIONS, built, content_with

from awards.characters import count
from awards.content import load
from awards.formmodel import FieldKind
from awards.model import Edition
from awards.submission import CONSENTS, facts_of
from theme.apply import Asked, bodies_of, call_of, labels, sheet

ROOT = Path(__file__).parent.parent.parent
STATIC = ROOT / "theme" / "static"
EXAMPLES = json.loads((ROOT / "tests/awards/characters.json").read_text("utf-8"))
REAL = ("qingdao-2017", "qingdao-2019", "qingdao-2020", "jinan-2021", "ccace-2021")
CODES = (
    "智慧５，。“”‘’—…·かﾊ한ａ한д1.,-a Z é\u0301\u3099\u200d\u200b\ufe0f\u20e3😀👨👩🏽🇨🇳❤"
    "\t\n\u2028\u0085\u00ad\U000e0067\u2163½²ⅷ"
)


def edition_of(name: str) -> Edition:
    edition = load(ROOT / "content/editions" / name)[0]
    assert edition
    return edition


def drawn(edition: Edition, language: str = "zh-CN") -> list[Asked]:
    stage = call_of(edition)
    assert stage
    return [asked for part in sheet(edition, stage, language).parts for asked in part.fields]


def asked(edition: Edition, key: str, language: str = "zh-CN") -> Asked:
    return next(each for each in drawn(edition, language) if each.key == key)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    for name in ("hall.js", "counter.js"):
        page.add_script_tag(path=STATIC / name)
    yield page
    page.close()


@needs("chromium")
def test_the_browser_counts_every_example_as_the_rule_does(page: Page) -> None:
    counted = page.evaluate("all => all.map(one => hall.count(one[0]))", EXAMPLES)
    wrong = [
        (why, number, browsers)
        for (_, number, why), browsers in zip(EXAMPLES, counted, strict=True)
        if number != browsers
    ]
    assert wrong == []


@needs("chromium")
def test_the_browser_counts_random_texts_as_python_does(page: Page) -> None:
    chance = random.Random(4)
    anything = [chr(code) for code in range(0x20, 0x30000) if not 0xD800 <= code < 0xE000]
    texts = ["".join(chance.choices(CODES, k=chance.randint(1, 40))) for _ in range(2000)]
    texts += ["".join(chance.choices([*CODES, *anything], k=30)) for _ in range(2000)]
    texts += [f"{one}’{one} {one}" for one in chance.sample(anything, 3000)]
    counted = page.evaluate("all => all.map(hall.count)", texts)
    pairs = zip(texts, counted, strict=True)
    assert [(ascii(text), count(text), browsers) for text, browsers in pairs if count(text) != browsers][:3] == []


@pytest.mark.parametrize("name", REAL)
def test_every_field_is_drawn_once_in_the_order_of_the_form(name: str) -> None:
    edition = edition_of(name)
    for language in ("zh-CN", "en"):
        found = drawn(edition, language)
        assert [each.key for each in found] == [each.key for each in edition.form.fields]
        own = [each.label_zh if language == "zh-CN" else each.label_en for each in edition.form.fields]
        assert [each.label for each in found] == own
        assert [each.starred for each in found] == [each.public for each in edition.form.fields]
        assert len({each.id for each in found}) == len(found)


def test_a_control_follows_from_kind_and_number_of_choices() -> None:
    jinan = edition_of("jinan-2021")
    controls = {
        key: asked(jinan, key).control
        for key in ("city_funded", "recommended_by", "schedule", "project_months", "declaration", "summary", "uscc")
    }
    assert controls == {
        "city_funded": "radios",
        "recommended_by": "list",
        "schedule": "rows",
        "project_months": "months",
        "declaration": "files",
        "summary": "area",
        "uscc": "code",
    }
    columns = asked(jinan, "output_indicators").columns
    assert (columns[0].control, columns[0].path, columns[0].id) == (
        "list",
        "output_indicators[#].indicator",
        "f-output_indicators-#-indicator",
    )
    assert asked(edition_of("ccace-2021"), "areas").control == "boxes"


def test_a_required_field_that_a_choice_asks_for_names_that_choice() -> None:
    assert asked(edition_of("qingdao-2020"), "parent_uscc").condition == ("legal_form", ("branch",))


def test_fields_of_the_edition_are_grouped_by_their_category() -> None:
    edition = edition_of("qingdao-2020")
    within = asked(edition, "field")
    assert within.narrowed == "category"
    assert {option.within for _, options in within.groups for option in options} == {
        category.code for category in edition.categories if category.fields
    }


def test_limits_are_told_in_both_languages() -> None:
    edition = edition_of("qingdao-2020")
    assert asked(edition, "pictures").rule == "4 张图片 · jpg、png、webp · 每个不超过 20 MB"
    assert asked(edition, "pictures", "en").rule == "4 pictures · jpg, png, webp · up to 20 MB each"
    assert asked(edition, "signed_form", "en").rule == "up to 10 files · pdf, jpg, png · up to 20 MB each"
    assert asked(edition, "pictures").types["jpeg"] == "image/jpeg"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_consents_are_the_editions_and_privacy_in_the_pages_language(language: str) -> None:
    edition = edition_of("qingdao-2020")
    stage = call_of(edition)
    assert stage
    found = sheet(edition, stage, language).consents
    assert [each.code for each in found] == [each.code for each in facts_of(edition).consents]
    assert ("隐私" in found[-1].text) == (language == "zh-CN")


def test_recommending_bodies_are_those_that_a_form_offers() -> None:
    assert bodies_of(edition_of("qingdao-2020")) == ()  # entrants write the name
    assert "lixia" in bodies_of(edition_of("jinan-2021"))
    told = {each["key"]: each for each in labels(edition_of("jinan-2021"))}
    assert told["category"]["choices"]["zw"] == "政务服务"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("apply")
    editions = [ROOT / "content/editions" / name for name in (*REAL, "showcase-eu")]
    return built(content_with(folder / "content", *editions, EDITIONS / "tiny"), folder / "site", folder / "var")


def test_every_edition_that_takes_cases_has_the_page_and_no_other_has(site: dict[str, bytes]) -> None:
    pages = {name.split("/")[0] for name in site if name.endswith("/apply/index.html")}
    assert pages == {*REAL, "tiny"}
    assert {name.split("/")[0] for name in site if name.endswith("recommending/index.html")} == {"jinan-2021"}
    assert {name.split("/")[0] for name in site if name.endswith("apply/en/index.html")} == {*REAL, "tiny"}
    for name in sorted(pages):
        assert f'href="/{name}/apply/"' in site[f"{name}/index.html"].decode()
    assert "/apply/" not in site["showcase-eu/index.html"].decode()


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("path", ["apply/index.html", "apply/en/index.html"])
def test_every_control_has_a_label_and_every_reference_leads_somewhere(
    site: dict[str, bytes], name: str, path: str
) -> None:
    page = html.fromstring(site[f"{name}/{path}"].decode())
    ids = [each.get("id") for each in page.iter() if each.get("id")]
    assert sorted(ids) == sorted(set(ids))
    for control in page.iter("input", "select", "textarea"):
        held = any(parent.tag == "label" for parent in control.iterancestors())
        assert held or page.xpath(f"//label[@for='{control.get('id')}']"), control.get("id")
        assert set((control.get("aria-describedby") or "").split()) <= set(ids), control.get("id")
    edition = edition_of(name)
    wanted = [each.key for each in edition.form.fields]
    assert [each.get("data-key") for each in page.xpath("//*[@data-key][not(ancestor::template)]")] == wanted
    consents = [each.get("data-path") for each in page.xpath("//*[starts-with(@data-path, 'consents.')]")]
    assert consents == [f"{CONSENTS}.{each.code}" for each in facts_of(edition).consents]


def test_the_page_holds_no_script_and_no_style_of_its_own(site: dict[str, bytes]) -> None:
    for name in (*(f"{each}/apply/index.html" for each in REAL), "jinan-2021/recommending/index.html"):
        page = site[name].decode()
        assert re.findall(r"<script(?! src=)|<style|\sstyle=|\son\w+=", page) == []


def test_words_of_a_form_are_text_and_never_markup(tmp_path: Path) -> None:
    content = content_with(tmp_path / "content", EDITIONS / "tiny")
    file = content / "editions/tiny/form.toml"
    text = file.read_text("utf-8").replace('zh = "案例名称"', "zh = '<b onclick=\"alert(1)\">案例</b>'")
    file.write_text(text, "utf-8")
    page = built(content, tmp_path / "site", tmp_path / "var")["tiny/apply/index.html"].decode()
    assert "&lt;b onclick" in page
    assert "<b onclick" not in page


@pytest.mark.parametrize("kind", FieldKind)
def test_every_kind_of_field_has_a_control_that_the_templates_know(kind: FieldKind) -> None:
    edition = edition_of("qingdao-2020")
    one = replace(edition.form.fields[0], kind=kind, section="", count=3 if kind.several else None)
    (found,) = drawn(replace(edition, form=replace(edition.form, fields=(one,), sections=())), "en")
    known = {
        "text",
        "area",
        "figure",
        "date",
        "months",
        "tel",
        "email",
        "code",
        "rows",
        "files",
        "boxes",
        "list",
        "radios",
    }
    assert found.control in known
