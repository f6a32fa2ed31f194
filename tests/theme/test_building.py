"""Building the hall: the same bytes by every way, nothing left over, nothing hostile let through."""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sites import EDITIONS, built, content_with

from awards.errors import FindingsError
from theme.kept import Kept


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return content_with(tmp_path / "content", EDITIONS / "tiny")


def page(content: Path, tmp_path: Path, path: str) -> str:
    return built(content, tmp_path / "site", tmp_path / "var")[path].decode()


def edit_story(content: Path, chance: random.Random) -> None:
    case = chance.choice(sorted((content / "editions/tiny/cases").glob("*.md")))
    case.write_text(case.read_text("utf-8") + f"\n\n又一段，{chance.randrange(100)}。\n", "utf-8")


def edit_title(content: Path, chance: random.Random) -> None:
    case = chance.choice(sorted((content / "editions/tiny/cases").glob("*.md")))
    title = f'title = "改名 {chance.randrange(100)}"'
    case.write_text(re.sub(r'^title = ".*"$', title, case.read_text("utf-8"), count=1, flags=re.MULTILINE), "utf-8")


def add_case(content: Path, chance: random.Random) -> None:
    path = content / "editions/tiny/cases" / f"2026-b-{chance.randrange(100, 999)}.md"
    path.write_text('+++\ntitle = "新的案例"\ncategory = "b"\n+++\n\n新。\n', "utf-8")


def remove_case(content: Path, chance: random.Random) -> None:
    cases = sorted((content / "editions/tiny/cases").glob("*.md"))
    if len(cases) > 1:
        chance.choice(cases).unlink()


def edit_rules(content: Path, chance: random.Random) -> None:
    path = content / "editions/tiny/edition.toml"
    path.write_text(
        re.sub(r"votes = \d+$", f"votes = {chance.randint(1, 9)}", path.read_text("utf-8"), flags=re.MULTILINE), "utf-8"
    )


EDITS: list[Callable[[Path, random.Random], None]] = [edit_story, edit_title, add_case, remove_case, edit_rules]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_series_of_edits_ends_in_the_bytes_of_a_clean_build(content: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(3):
        for edit in chance.choices(EDITS, k=2):
            edit(content, chance)
        kept = built(content, tmp_path / "site", tmp_path / "var")
    clean = built(content, tmp_path / "clean", tmp_path / "clean-var")
    assert kept == clean


def test_a_build_of_the_same_content_writes_no_page_again(content: Path, tmp_path: Path) -> None:
    built(content, tmp_path / "site", tmp_path / "var")
    case = tmp_path / "site/tiny/cases/2026-a-001/index.html"
    before = case.stat().st_mtime_ns
    built(content, tmp_path / "site", tmp_path / "var")
    assert case.stat().st_mtime_ns == before


def test_scripts_and_script_addresses_in_a_story_are_gone(content: Path, tmp_path: Path) -> None:
    hostile = page(content, tmp_path, "tiny/cases/2026-b-001/index.html")
    assert "菜单" in hostile
    assert "alert" not in hostile
    assert "javascript:" not in hostile


def test_every_page_has_one_h1_and_no_inline_script_or_style(content: Path, tmp_path: Path) -> None:
    site = built(content, tmp_path / "site", tmp_path / "var")
    pages = {name: text.decode() for name, text in site.items() if name.endswith(".html")}
    assert [name for name, text in pages.items() if text.count("<h1") != 1] == []
    assert [
        name for name, text in pages.items() if re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src)", text)
    ] == []


def test_sample_cases_are_shown_by_build_and_left_out_for_publishing(content: Path, tmp_path: Path) -> None:
    case = content / "editions/tiny/cases/2026-b-003.md"
    case.write_text(case.read_text("utf-8").replace("title =", "sample = true\ntitle ="), "utf-8")
    shown = built(content, tmp_path / "site", tmp_path / "var")
    left_out = built(content, tmp_path / "release", tmp_path / "var", samples=False)
    assert "tiny/cases/2026-b-003/index.html" in shown
    assert [name for name, text in left_out.items() if b"2026-b-003" in text or "2026-b-003" in name] == []


def test_a_withdrawn_case_keeps_a_page_that_says_why_and_takes_no_vote(content: Path, tmp_path: Path) -> None:
    case = content / "editions/tiny/cases/2026-b-002.md"
    case.write_text(case.read_text("utf-8").replace("title =", 'withdrawn = "单位撤回申报"\ntitle ='), "utf-8")
    withdrawn = page(content, tmp_path, "tiny/cases/2026-b-002/index.html")
    assert "单位撤回申报" in withdrawn
    assert "<form" not in re.sub(r"(?s)<form[^>]*search.*?</form>", "", withdrawn)


def test_a_withdrawn_case_publishes_neither_its_story_nor_its_pictures(content: Path, tmp_path: Path) -> None:
    (content / "editions/tiny/pictures").mkdir()
    (content / "editions/tiny/pictures/a#1.png").write_bytes(b"picture")
    case = content / "editions/tiny/cases/2026-b-002.md"
    front = 'title = "停车"\ncategory = "b"\npictures = [ { file = "a#1.png", alt = "图" } ]\n'
    case.write_text(f"+++\n{front}+++\n\n秘密的故事。\n", "utf-8")
    shown = built(content, tmp_path / "site", tmp_path / "var")
    assert "秘密的故事" in shown["tiny/cases/2026-b-002/index.html"].decode()
    assert 'src="/tiny/pictures/a%231.png"' in shown["tiny/cases/2026-b-002/index.html"].decode()
    assert "tiny/pictures/a#1.png" in shown
    case.write_text(f'+++\nwithdrawn = "撤回"\n{front}+++\n\n秘密的故事。\n', "utf-8")
    left = built(content, tmp_path / "site", tmp_path / "var")
    assert [
        name for name, text in left.items() if "秘密的故事".encode() in text or b"a%231" in text or "#" in name
    ] == []


SMALL, WIDE, PATTERNED = "0123456789abcdef", "fedcba9876543210", "a#1"


def case_with_pictures(content: Path) -> None:
    """The case 2026-b-002 with three pictures: one has every width, one is small, one was put there by hand."""
    folder = content / "editions/tiny/pictures"
    folder.mkdir()
    names = [f"{WIDE}-480.webp", f"{WIDE}-960.webp", f"{WIDE}-1600.webp", f"{SMALL}-300.webp", f"{PATTERNED}-480.webp"]
    for name in (*names, *(f"{stem}.jpg" for stem in (SMALL, WIDE, PATTERNED)), f"{'9' * 16}-480.webp"):
        (folder / name).write_bytes(name.encode())
    listed = ", ".join(f'{{ file = "{stem}.jpg", alt = "图" }}' for stem in (WIDE, SMALL, PATTERNED))
    front = f'title = "停车"\ncategory = "b"\npictures = [ {listed} ]\n'
    (content / "editions/tiny/cases/2026-b-002.md").write_text(f"+++\n{front}+++\n\n故事。\n", "utf-8")


def test_a_picture_is_published_and_offered_in_the_widths_that_there_are_of_it(content: Path, tmp_path: Path) -> None:
    case_with_pictures(content)
    site = built(content, tmp_path / "site", tmp_path / "var")
    widths = [(480, WIDE), (960, WIDE), (1600, WIDE), (300, SMALL)]
    wanted = {f"tiny/pictures/{stem}-{width}.webp" for width, stem in widths}
    assert {name for name in site if name.endswith(".webp")} == wanted
    shown = re.findall(r'srcset="([^"]*)"', site["tiny/cases/2026-b-002/index.html"].decode())
    of_wide = ", ".join(f"/tiny/pictures/{WIDE}-{width}.webp {width}w" for width in (480, 960, 1600))
    assert shown == [of_wide, f"/tiny/pictures/{SMALL}-300.webp 300w"]
    assert (
        f'<source type="image/webp" srcset="/tiny/pictures/{WIDE}-480.webp">' in site["tiny/cases/index.html"].decode()
    )
    (row,) = [row for row in json.loads(site["tiny/search.json"])["cases"] if row[0] == "2026-b-002"]
    assert row[6:] == [f"/tiny/pictures/{WIDE}.jpg", f"/tiny/pictures/{WIDE}-480.webp"]


def test_a_width_that_comes_or_goes_changes_the_pages_that_name_it(content: Path, tmp_path: Path) -> None:
    case_with_pictures(content)
    built(content, tmp_path / "site", tmp_path / "var")
    (content / f"editions/tiny/pictures/{WIDE}-480.webp").unlink()
    after = built(content, tmp_path / "site", tmp_path / "var")
    assert after == built(content, tmp_path / "clean", tmp_path / "other")
    assert [name for name, text in after.items() if f"{WIDE}-480".encode() in text or f"{WIDE}-480" in name] == []


def test_a_build_that_was_killed_leaves_no_page_that_the_next_one_takes_for_its_own(
    content: Path, tmp_path: Path
) -> None:
    before = built(content, tmp_path / "site", tmp_path / "var")
    kept = Kept(tmp_path / "var/cache/pages.sqlite", tmp_path / "site")
    pages = [name for name in before if "a-001/index" in name] + ["tiny/cases/2026-b-900/index.html"]
    kept.begin(pages)  # … and here the build is killed, with these two pages written
    for name in pages:
        (tmp_path / "site" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "site" / name).write_text("half a build", "utf-8")
    assert built(content, tmp_path / "site", tmp_path / "var") == before


def test_the_feed_and_the_links_to_it_go_with_the_last_notice(content: Path, tmp_path: Path) -> None:
    clean = built(content, tmp_path / "clean", tmp_path / "clean-var")
    notice = content / "notices/one.md"
    notice.parent.mkdir()
    notice.write_text('+++\ntitle = "公告"\nslug = "one"\nedition = "tiny"\ndate = 2026-01-01\n+++\n', "utf-8")
    shown = built(content, tmp_path / "site", tmp_path / "var")
    assert b"/feeds/notices.xml" in shown["tiny/index.html"]
    assert "feeds/notices.xml" in shown
    notice.unlink()
    assert built(content, tmp_path / "site", tmp_path / "var") == clean
    assert [name for name, text in clean.items() if b"/feeds/" in text] == []


def test_an_edition_that_is_renamed_or_removed_leaves_nothing_behind(content: Path, tmp_path: Path) -> None:
    built(content, tmp_path / "site", tmp_path / "var")
    renamed = (content / "editions/tiny").rename(content / "editions/small") / "edition.toml"
    renamed.write_text(renamed.read_text("utf-8").replace('id = "tiny"', 'id = "small"'), "utf-8")
    site = built(content, tmp_path / "site", tmp_path / "var")
    assert "small/index.html" in site
    assert [name for name, text in site.items() if name.startswith("tiny/") or b'"/tiny/' in text] == []


def test_content_with_a_fault_is_not_built_and_the_site_stays(content: Path, tmp_path: Path) -> None:
    before = built(content, tmp_path / "site", tmp_path / "var")
    (content / "editions/tiny/edition.toml").write_text("broken = ", "utf-8")
    with pytest.raises(FindingsError):
        built(content, tmp_path / "site", tmp_path / "var")
    assert {name: (tmp_path / "site" / name).read_bytes() for name in before} == before
