"""Editions on disk: what is read, and that every fault is named where it stands."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awards.content import MAX_STORY, load, load_all, split_front_matter
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
    assert findings_of(tiny) == [("tiny/cases/2026-a-001.md", 1, "")]


def test_a_file_that_cannot_be_read_is_told_once_and_blames_nothing_else(tiny: Path) -> None:
    (tiny / "edition.toml").write_bytes('id = "tiny"\ntitle = "标题"'.encode("gb18030"))
    (tiny / "form.toml").unlink()
    assert findings_of(tiny) == [("tiny/edition.toml", 2, ""), ("tiny/form.toml", 0, "")]


def test_a_folder_without_an_edition_is_told_beside_the_findings_of_the_others(tiny: Path) -> None:
    (tiny.parent / "left-over").mkdir()
    (tiny.parent / ".git").mkdir()
    (tiny / "form.toml").unlink()
    editions, findings = load_all(tiny.parent)
    assert [edition.id for edition in editions] == ["tiny"]
    assert [finding.path for finding in findings] == ["left-over/edition.toml", "tiny/form.toml"]


def test_hidden_files_beside_the_cases_are_nobodys_fault(tiny: Path) -> None:
    (tiny / "cases" / ".DS_Store").write_bytes(b"\0")
    (tiny / "cases" / ".2026-a-001.md.part").write_text("+++", "utf-8")
    assert findings_of(tiny) == []


def test_a_picture_path_that_leaves_the_folder_is_a_finding(tiny: Path) -> None:
    path = tiny / "cases" / "2026-a-001.md"
    picture = 'pictures = [ { file = "../edition.toml", alt = "x" } ]\n'
    path.write_text(path.read_text("utf-8").replace("field =", picture + "field ="), "utf-8")
    assert findings_of(tiny) == [("tiny/cases/2026-a-001.md", 5, "pictures[0].file")]


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", ".hidden.png", "no-suffix"])
def test_what_is_no_picture_is_a_finding(tiny: Path, name: str) -> None:
    (tiny / "pictures").mkdir()
    (tiny / "pictures" / name).write_bytes(b"x")
    case = f'title = "x"\ncategory = "a"\npictures = [ {{ file = "{name}", alt = "x" }} ]\n'
    (tiny / "cases" / "2026-a-001.md").write_text(f"+++\n{case}+++\n", "utf-8")
    assert findings_of(tiny) == [("tiny/cases/2026-a-001.md", 4, "pictures[0].file")]


def test_a_picture_name_that_no_disk_can_hold_is_a_finding(tiny: Path) -> None:
    names = ["a\\u0000.png", f"{'a' * 300}.png"]
    pictures = ", ".join(f'{{ file = "{name}", alt = "x" }}' for name in names)
    case = f'title = "x"\ncategory = "a"\npictures = [ {pictures} ]\n'
    (tiny / "cases" / "2026-a-001.md").write_text(f"+++\n{case}+++\n", "utf-8")
    assert [key for _, _, key in findings_of(tiny)] == ["pictures[0].file", "pictures[1].file"]


def test_windows_that_overlap_are_told_across_a_stage_that_is_undecided(tiny: Path) -> None:
    path = tiny / "edition.toml"
    undecided = '[[stages]]\ncode = "hall"\nname = "展示"\n\n[[stages]]\ncode = "voting"'
    text = path.read_text("utf-8").replace("2026-01-04 12:00", "2026-01-05 12:00")
    path.write_text(text.replace('[[stages]]\ncode = "voting"', undecided), "utf-8")
    assert [key for _, _, key in findings_of(tiny)] == ["stages[2].opens"]


@pytest.mark.parametrize("code", ["votes", "number"])
def test_a_panel_with_the_code_of_another_part_is_a_finding(tiny: Path, code: str) -> None:
    path = tiny / "edition.toml"
    path.write_text(
        f'{path.read_text("utf-8")}\n[[panels]]\ncode = "{code}"\nname = "x"\nmethod = "mean"\nscale = [0, 9]\n'
    )
    assert [key for _, _, key in findings_of(tiny)] == ["panels[2].code"]


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
