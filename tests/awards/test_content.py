"""Editions on disk: what is read, and that every fault is named where it stands."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awards.content import MAX_STORY, load, split_front_matter
from awards.errors import PingxuanError

EDITIONS = Path(__file__).parent.parent / "editions"
BROKEN = sorted(EDITIONS.glob("broken-*"))


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return shutil.copytree(EDITIONS / "tiny", tmp_path / "tiny")


def findings_of(folder: Path) -> list[tuple[str, int, str]]:
    return [(finding.path, finding.line, finding.key) for finding in load(folder)[1]]


def test_the_tiny_edition_has_no_fault() -> None:
    edition, findings = load(EDITIONS / "tiny")
    assert findings == []
    assert [case.slug for case in edition.cases] == [f"2026-{c}-00{n}" for c in "ab" for n in (1, 2, 3)]


@pytest.mark.parametrize("folder", BROKEN, ids=lambda folder: folder.name)
def test_every_planted_fault_is_named_and_nothing_else(folder: Path) -> None:
    lines = (folder / "expected.txt").read_text("utf-8").splitlines()
    expected = [tuple(line.split(":", 2)) for line in lines if line and not line.startswith("#")]
    planted = sorted((f"{folder.name}/{path}", int(line), key.strip()) for path, line, key in expected)
    assert sorted(findings_of(folder)) == planted


def test_there_are_broken_editions_to_try() -> None:
    assert len(BROKEN) >= 5


def test_a_story_beyond_the_limit_is_refused_and_the_rest_still_loads(tiny: Path) -> None:
    path = tiny / "cases" / "2026-a-001.md"
    path.write_text(path.read_text("utf-8") + "长" * (2 * MAX_STORY // 3), "utf-8")
    edition, findings = load(tiny)
    assert [finding.path for finding in findings] == ["tiny/cases/2026-a-001.md"]
    assert len(edition.cases) == 5


def test_a_file_that_is_no_utf8_is_a_finding(tiny: Path) -> None:
    (tiny / "cases" / "2026-a-001.md").write_bytes("标题".encode("gb18030"))
    assert findings_of(tiny) == [("tiny/cases/2026-a-001.md", 0, "")]


def test_a_picture_path_that_leaves_the_folder_is_a_finding(tiny: Path) -> None:
    path = tiny / "cases" / "2026-a-001.md"
    picture = 'pictures = [ { file = "../edition.toml", alt = "x" } ]\n'
    path.write_text(path.read_text("utf-8").replace("field =", picture + "field ="), "utf-8")
    assert findings_of(tiny) == [("tiny/cases/2026-a-001.md", 5, "pictures[0].file")]


def test_a_folder_without_an_edition_is_an_error_with_advice(tmp_path: Path) -> None:
    with pytest.raises(PingxuanError) as error:
        load(tmp_path)
    assert error.value.advice


@given(st.text(max_size=300))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_case_file_never_crashes_the_reader(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "tiny"
    if not folder.exists():
        shutil.copytree(EDITIONS / "tiny", folder)
    (folder / "cases" / "2026-a-001.md").write_text(f"+++\n{text}\n+++\n{text}", "utf-8", errors="replace")
    load(folder)


@given(st.text(), st.text())
def test_front_matter_and_story_come_apart_where_they_were_joined(front: str, story: str) -> None:
    front = "".join(line for line in front.splitlines(keepends=True) if line.rstrip() != "+++")
    front = front.replace("\x00", "") + "\n"
    assert split_front_matter(f"+++\n{front}+++\n{story}") == (front, story)
