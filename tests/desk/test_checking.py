"""Checking a content folder: notices and pages, and what stands beside them."""

import shutil
from pathlib import Path

import pytest
from sites import EDITIONS, content_with

from desk.checking import check

NOTICE = 'title = "公告"\nslug = "one"\nedition = "tiny"\ndate = 2026-01-01\n'
PAGE = 'title = "关于"\nslug = "about"\n'


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = content_with(tmp_path / "content", EDITIONS / "tiny")
    write(folder / "notices/one.md", NOTICE)
    write(folder / "pages/about.md", PAGE)
    return folder


def write(path: Path, front: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"+++\n{front}+++\n\n正文。\n", "utf-8")


def findings_of(content: Path) -> list[tuple[str, int, str]]:
    return [(finding.path, finding.line, finding.key) for finding in check(content)[1]]


def test_a_notice_and_a_page_that_are_right_have_no_finding(content: Path) -> None:
    assert findings_of(content) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('edition = "tiny"', 'edition = "tinny"', (4, "edition")),
        ('edition = "tiny"\n', "", (0, "edition")),
        ("date = 2026-01-01\n", "", (0, "date")),
        ("date = 2026-01-01", 'date = "2026-01-01"', (5, "date")),
        ("date = 2026-01-01", "date = 2026-01-01T12:00:00", (5, "date")),
        ('slug = "one"', 'slug = "One"', (3, "slug")),
        ('slug = "one"', f'slug = "{"a" * 81}"', (3, "slug")),
        ('title = "公告"', 'title = ""', (2, "title")),
        ('title = "公告"', "title = ", (2, "")),
        ('title = "公告"', 'titel = "x"\ntitle = "公告"', (2, "titel")),
    ],
)
def test_a_fault_of_a_notice_is_told_once_at_its_line(
    content: Path, old: str, new: str, fault: tuple[int, str]
) -> None:
    write(content / "notices/one.md", NOTICE.replace(old, new))
    assert findings_of(content) == [("notices/one.md", *fault)]


def test_two_notices_of_one_address_are_told(content: Path) -> None:
    write(content / "notices/two.md", NOTICE)
    assert findings_of(content) == [("notices/two.md", 3, "slug")]


@pytest.mark.parametrize("slug", ["tiny", "privacy", "en", "api", "about"])
def test_a_page_cannot_take_an_address_that_is_in_use(content: Path, slug: str) -> None:
    write(content / "pages/second.md", PAGE.replace('"about"', f'"{slug}"'))
    assert findings_of(content) == [("pages/second.md", 3, "slug")]


@pytest.mark.parametrize("name", ["two.html", "two.rst", "2026/two.md"])
def test_what_would_not_be_a_notice_is_told_and_not_passed_over(content: Path, name: str) -> None:
    write(content / "notices" / name, NOTICE)
    assert findings_of(content) == [(f"notices/{name}", 0, "")]


def test_a_notice_that_is_no_utf8_is_told_once(content: Path) -> None:
    (content / "notices/one.md").write_bytes("+++\n标题".encode("gb18030"))
    assert findings_of(content) == [("notices/one.md", 2, "")]


def test_a_notice_without_any_edition_is_a_finding(content: Path) -> None:
    shutil.rmtree(content / "editions")
    assert findings_of(content) == [("notices/one.md", 4, "edition")]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("votes = 10", []),
        ("votes = 10\nper_case = 1", []),
        ("votes = 5\nat_least = 10\nat_most = 10", []),
        ("votes = 5\nat_least = 10\nat_most = 13", [("tiny/edition.toml", 77, "voting.votes")]),
        ("votes = 100", [("tiny/edition.toml", 77, "voting.votes")]),
    ],
)
def test_a_rule_whose_votes_would_cost_two_writes_is_told_at_its_line(
    content: Path, rule: str, found: list[tuple[str, int, str]]
) -> None:
    file = content / "editions/tiny/edition.toml"
    file.write_text(file.read_text("utf-8").replace("votes = 1\n", f"{rule}\n"), "utf-8")
    assert findings_of(content) == found


def test_what_is_told_of_such_a_rule_would_pass(content: Path) -> None:
    file = content / "editions/tiny/edition.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("votes = 1\n", "votes = 20\nat_most = 3\n"), "utf-8")
    (finding,) = check(content)[1]
    assert finding.found == "up to 1924 bytes for one voter and period (votes 20, at_most 3, case numbers of 10)"
    assert finding.allowed == "at most 1024 bytes, so that a vote is one write: votes = 10 or less"
    file.write_text(text.replace("votes = 1\n", "votes = 10\nat_most = 3\n"), "utf-8")
    assert findings_of(content) == []
