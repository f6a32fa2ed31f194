"""Spreadsheets become case files: whole, the same each time, and with no row lost."""

import csv
import io
import re
import shutil
import tomllib
from pathlib import Path

import openpyxl
import pytest

from awards.content import load, split_front_matter
from awards.errors import FindingsError, PingxuanError
from desk.importing import Report, import_cases
from theme.stories import render

ROOT = Path(__file__).parents[2]
EDITION = """
id = "trial"
title = "Trial"
short = "Trial"
summary = "A trial."
year = 2026
language = "en"
zone = "Europe/Brussels"
accent = "#1f4e79"

[[categories]]
code = "health"
name = "Health"
fields = [ { code = "hospital", name = "Hospitals" } ]

[[categories]]
code = "edu"
name = "Education"
"""
MAP = """
required = ["entrant"]
slug = [ { text = "t" }, { column = "No", pattern = 'T-([0-9]+)', width = 3 } ]
[keys]
title = "Name"
entrant = "Body"
source = { column = "Link", address = true }
summary = { column = "Story", first_sentence = 80 }
[category]
column = "Theme"
[category.values]
"Health" = "health"
"Education" = "edu"
[fields.health]
column = "Part"
default = ""
[fields.health.values]
"Hospitals" = "hospital"
[facts]
"Country" = "Country"
"Line" = { text = "{Country}, {No}" }
[[story]]
columns = ["Story"]
[[story]]
heading = "Links"
columns = ["Link"]
"""
COLUMNS = ["No", "Name", "Body", "Theme", "Part", "Country", "Story", "Link"]
ROW = ["T-1", "One", "A body", "Health", "Hospitals", "Spain", "What it does.", "https://example.org/1"]
ROWS = [COLUMNS, ROW, ["T-2", "Two", "B body", "education", "", "Italy", "", ""]]


def as_csv(rows, delimiter=","):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


class Desk:
    """An edition's folder, a map and a way to import rows."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.map, self.cases = folder, folder.parent / "map.toml", folder / "cases"
        folder.mkdir()
        (folder / "edition.toml").write_text(EDITION)
        (folder / "form.toml").write_text('title = "Case"\n')
        self.map.write_text(MAP)

    def imports(self, content: str | bytes, name: str = "rows.csv") -> Report:
        source = self.folder.parent / name
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_cases(self.folder, source, self.map)

    def imports_rows(self, *rows: list[str]) -> Report:
        return self.imports(as_csv([COLUMNS, *rows]))

    def imports_book(self, book: openpyxl.Workbook) -> Report:
        content = io.BytesIO()
        book.save(content)
        return self.imports(content.getvalue(), "rows.xlsx")

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.cases.glob("*"))} if self.cases.is_dir() else {}

    def front(self, slug: str) -> dict:
        return tomllib.loads(split_front_matter((self.cases / f"{slug}.md").read_text())[0])

    def faults(self, content: str | bytes, name: str = "rows.csv") -> list[tuple[int, str, str, str]]:
        with pytest.raises(FindingsError) as raised:
            self.imports(content, name)
        assert self.files() == {}
        return [(finding.line, finding.key, finding.found, finding.allowed) for finding in raised.value.findings]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "trial")


def test_a_row_becomes_a_case_that_the_rules_read_without_a_finding(desk):
    report = desk.imports(as_csv(ROWS))
    edition, findings = load(desk.folder)
    assert (report.written, report.unchanged, report.bad) == (("t-001", "t-002"), (), ())
    assert findings == []
    one, two = edition.cases
    assert (one.slug, one.title, one.entrant, one.category, one.field) == (
        "t-001",
        "One",
        "A body",
        "health",
        "hospital",
    )
    assert (one.facts, one.source) == ({"Country": "Spain", "Line": "Spain, T-1"}, "https://example.org/1")
    assert one.story == "\nWhat it does.\n\n## Links\n\n<https://example.org/1>\n"
    assert (two.category, two.field, two.summary, two.story) == ("edu", "", "", "")


def test_importing_again_changes_no_byte_and_a_changed_row_changes_one_file(desk):
    desk.imports(as_csv(ROWS))
    before = desk.files()
    assert desk.imports(as_csv(ROWS)).unchanged == ("t-001", "t-002")
    assert desk.files() == before
    changed = [COLUMNS, ROW, [*ROWS[2][:1], "Zwei", *ROWS[2][2:]]]
    assert desk.imports(as_csv(changed)).written == ("t-002",)
    after = desk.files()
    assert [name for name in after if after[name] != before[name]] == ["t-002.md"]


def test_bad_rows_are_listed_all_at_once_and_the_others_are_written(desk):
    bad = [
        ["X-7", "No number", *ROW[2:]],
        ["T-8", "", "", *ROW[3:]],
        ["T-9", "Odd theme", "B", "Helth", *ROW[4:]],
        ["T-10", "Twin", *ROW[2:]],
        ["T-10", "Twin", *ROW[2:]],
        ["T-12", "Short", "B", "Health"],
    ]
    report = desk.imports_rows(ROW, *bad)
    assert report.written == ("t-001",)
    assert report.bad_rows == len(bad)
    assert [(each.line, each.key, each.found) for each in report.bad if each.line < 8] == [
        (3, "No", '"X-7"'),
        (4, "Name", '""'),
        (4, "Body", '""'),
        (5, "Theme", '"Helth"'),
        (6, "No", "t-010, as in row 7"),
        (7, "No", "t-010, as in row 6"),
    ]
    assert "did you mean health?" in report.bad[3].allowed
    assert report.bad[-1].found == "4 cells"


def test_rows_that_a_filter_leaves_out_are_counted_with_the_reason(desk):
    desk.map.write_text(MAP + '[[filters]]\ncolumn = "Country"\nkeep = ["Spain"]\nbecause = "only Spain"\n')
    report = desk.imports(as_csv(ROWS))
    assert (report.written, report.left_out) == (("t-001",), {"only Spain": 1})


def test_what_an_editor_wrote_by_hand_stays(desk):
    desk.imports(as_csv(ROWS))
    path = desk.cases / "t-001.md"
    path.write_text(path.read_text().replace('title = "One"', 'title = "One"\nwithdrawn = "at its own wish"'))
    desk.imports_rows([*ROW[:1], "Uno", *ROW[2:]])
    assert desk.front("t-001") | {"facts": {}} == {
        "title": "Uno",
        "entrant": "A body",
        "source": "https://example.org/1",
        "category": "health",
        "field": "hospital",
        "withdrawn": "at its own wish",
        "facts": {},
    }


def test_a_case_without_a_row_stays_and_is_named(desk):
    desk.imports(as_csv(ROWS))
    assert desk.imports_rows(ROW).unlisted == ("t-002",)
    assert list(desk.files()) == ["t-001.md", "t-002.md"]


def test_a_case_file_that_cannot_be_read_is_listed_and_left_alone(desk):
    desk.imports(as_csv(ROWS))
    (desk.cases / "t-001.md").write_text("+++\ntitle = \n+++\n")
    report = desk.imports(as_csv(ROWS))
    assert [(each.line, each.found.split(":")[0]) for each in report.bad] == [(2, "cases/t-001.md cannot be read")]
    assert report.unchanged == ("t-002",)
    assert (desk.cases / "t-001.md").read_text() == "+++\ntitle = \n+++\n"


def test_numbers_counted_by_rows_never_move(desk):
    by_order = "slug = [ { category = true }, { order = 2 } ]"
    desk.map.write_text(re.sub("slug = .*", by_order, MAP))
    assert desk.imports_rows(ROW).written == ("health-01",)
    new = ["T-0", "New", *ROW[2:]]
    shifted = desk.imports_rows(new, ROW)
    assert [(each.line, each.found) for each in shifted.bad] == [
        (3, "the number health-02 for a case that is health-01")
    ]
    desk.cases.joinpath("health-01.md").unlink()
    assert desk.imports_rows(ROW, new).written == ("health-01", "health-02")


@pytest.mark.parametrize(("encoding", "name"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("gbk", "GB18030")])
def test_chinese_reads_from_utf_8_with_or_without_mark_and_from_gbk(desk, encoding, name):
    report = desk.imports(as_csv([COLUMNS, ["T-1", "青岛智慧公园", *ROW[2:]]]).encode(encoding))
    assert report.read_as == name
    assert desk.front("t-001")["title"] == "青岛智慧公园"


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_separate_too(desk, delimiter):
    assert desk.imports(as_csv(ROWS, delimiter)).written == ("t-001", "t-002")


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (as_csv(ROWS).encode("utf-16"), "rows.csv", "neither UTF-8 nor GB18030"),
        (b"\xff\xff\xff", "rows.csv", "neither UTF-8 nor GB18030"),
        (b"", "rows.csv", "is empty"),
        (b"\n\n", "rows.csv", "is empty"),
        (b'No,Name\nT-1,"open', "rows.csv", "line 2"),
        (b"No,No\nT-1,x", "rows.csv", "two columns named No"),
        (b"PK no zip", "rows.xlsx", "no workbook that can be read"),
        (b"x", "rows.xls", "no .csv and no .xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(desk, content, name, said):
    with pytest.raises(PingxuanError, match=said) as raised:
        desk.imports(content, name)
    assert raised.value.advice
    assert desk.files() == {}


def test_a_missing_column_is_named_with_the_nearest_present_one(desk):
    rows = [["No", "Nam", *COLUMNS[2:]], ROW]
    allowed = f"one of {', '.join(rows[0])} (did you mean Nam?)"
    assert desk.faults(as_csv(rows)) == [(5, "keys.title", "no such column: Name", allowed)]


@pytest.mark.parametrize(
    ("found", "instead", "key"),
    [
        ('title = "Name"', "", "keys.title"),
        ('title = "Name"', 'titel = "Name"\ntitle = "Name"', "keys.titel"),
        ('"Health" = "health"', '"Health" = "helth"', "category"),
        ('"Hospitals" = "hospital"', '"Hospitals" = "clinic"', "fields.health"),
        ("fields.health", "fields.helth", "fields.helth"),
        ("T-([0-9]+)", "T-[0-9]+", "slug[0].pattern"),
        ("T-([0-9]+)", "T-([0-9]+", "slug[0].pattern"),
        ('{ column = "Link", address = true }', "{ address = true }", "keys.source"),
        ('{ column = "Link", address = true }', "7", "keys.source"),
        ('required = ["entrant"]', 'required = ["colour"]', "required[0]"),
        ('columns = ["Story"]', "columns = []", "story[0].columns"),
        ('required = ["entrant"]', "requires = 1", "requires"),
        ("[keys]", "[keys", ""),
    ],
)
def test_a_broken_map_is_told_and_nothing_is_written(desk, found, instead, key):
    assert found in MAP
    desk.map.write_text(MAP.replace(found, instead))
    assert key.replace("slug[0]", "slug[1]") in [fault[1] for fault in desk.faults(as_csv(ROWS))]


def test_an_edition_with_faults_takes_no_import(desk):
    (desk.folder / "edition.toml").write_text(EDITION.replace('"en"', '"fr"'))
    assert [fault[1] for fault in desk.faults(as_csv(ROWS))] == ["language"]


def test_a_workbook_reads_as_its_csv_does(desk):
    desk.imports(as_csv([COLUMNS, [*ROW[:5], "2020", *ROW[6:]]]))
    before = desk.files()
    book = openpyxl.Workbook()
    book.active.append(COLUMNS)
    book.active.append([*ROW[:5], 2020.0, *ROW[6:]])
    assert desk.imports_book(book).unchanged == ("t-001",)
    assert desk.files() == before


def test_formulas_without_value_and_merged_cells_are_told(desk):
    book = openpyxl.Workbook()
    for row in (
        COLUMNS,
        ROW,
        ["T-2", "=A1", *ROW[2:]],
        ["T-3", *ROW[1:]],
        ["T-4", *ROW[1:]],
        ["T-5", "#REF!", *ROW[2:]],
    ):
        book.active.append(row)
    book.active.merge_cells("C4:C5")
    report = desk.imports_book(book)
    assert report.written == ("t-001",)
    told = {(each.line, each.found) for each in report.bad}
    assert {(3, "=A1"), (4, "merged cells C4:C5"), (5, "merged cells C4:C5"), (6, "#REF!")} <= told


def test_a_hostile_cell_shows_as_text(desk):
    lines = ["# Heading", "<script>alert(1)</script>", "*bold* [x](javascript:y) ![i](https://e.org/i.png)"]
    hostile = "\n".join([*lines, "+++", "- a", "1. b", "\x00\x1b\u202e"])
    desk.imports_rows([*ROW[:6], hostile, ""])
    edition, findings = load(desk.folder)
    assert findings == []
    shown = render(edition.cases[0].story)
    assert set(re.findall(r"</?(\w+)", shown)) == {"p", "a"}
    assert re.findall(r'href="([^"]*)"', shown) == ["https://e.org/i.png"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "# Heading" in shown


def test_a_story_that_is_too_long_is_a_bad_row(desk):
    report = desk.imports_rows([*ROW[:6], "x" * 2_000_000, ""])
    assert (report.written, report.bad_rows) == ((), 1)


def test_when_the_folder_cannot_be_written_no_half_file_stays(desk):
    desk.cases.write_text("a file where the folder should be")
    with pytest.raises(PingxuanError, match="cannot be written"):
        desk.imports(as_csv(ROWS))
    assert sorted(path.name for path in desk.folder.iterdir()) == ["cases", "edition.toml", "form.toml"]


@pytest.mark.parametrize(
    ("file", "cases", "left_out"),
    [("showcase-eu/pstw_cases.csv", 1370, 0), ("showcase-zh/real_award_cases_zh_en.csv", 45, 12)],
)
def test_the_showcases_are_what_their_sources_give(shared, tmp_path, file, cases, left_out):
    edition, name = file.split("/")
    folder = shutil.copytree(ROOT / "content" / "editions" / edition, tmp_path / edition)
    report = import_cases(folder, shared / "data" / "cases" / name, ROOT / "content" / "imports" / f"{edition}.toml")
    assert (len(report.written), len(report.unchanged), report.bad, report.unlisted) == (0, cases, (), ())
    assert sum(report.left_out.values()) == left_out
