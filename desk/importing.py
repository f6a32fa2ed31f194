"""Import: a spreadsheet and a map become case files.

Knows the order of things. Nothing is written before the map and the whole sheet have been read; rows that cannot
become a case are listed together, the others are written; the same sheet again changes no byte. Files that no row makes
any more stay: a case leaves the hall by `withdrawn`, in words, not by a missing row.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from awards.content import read_text
from awards.errors import Finding, FindingsError, PingxuanError
from awards.formmodel import Form
from awards.model import Edition
from awards.parse import parse_edition
from awards.tables import Source
from desk.casefiles import BY_HAND, case_text, read_front, slugs_in, write_case
from desk.drafts import Draft, Names, make_drafts, names
from desk.mapfile import read_map
from desk.maps import Map, check_map
from desk.sheets import read_sheet


@dataclass(frozen=True)
class Report:
    """What an import did.

    written, unchanged: slugs. left_out: reason of a filter -> rows. bad: the findings of rows that became no case; the
    line is the row's number. unlisted: slugs with a file that no row makes. read_as: the source's encoding or format.
    """

    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    left_out: Mapping[str, int]
    bad: tuple[Finding, ...]
    unlisted: tuple[str, ...]
    read_as: str

    @property
    def bad_rows(self) -> int:
        """How many rows became no case."""
        return len({finding.line for finding in self.bad})


def import_cases(edition_folder: Path, source: Path, map_file: Path) -> Report:
    """Write the cases of a spreadsheet into the edition's folder.

    Raises PingxuanError, before anything is written, if the edition, the map or the file cannot be used.
    """
    edition = _edition(edition_folder)
    plan = read_map(map_file)
    sheet = read_sheet(source, plan.sheet)
    check_map(plan, sheet.columns, edition)
    cases = edition_folder / "cases"
    drafts, left_out = make_drafts(plan, sheet, _known(cases))
    texts = {draft.slug: text for draft in drafts if (text := _finish(plan, draft, cases)) and not draft.faults}
    written = tuple(slug for slug, text in texts.items() if write_case(cases / f"{slug}.md", text))
    unchanged = tuple(slug for slug in texts if slug not in set(written))
    bad = tuple(finding for draft in drafts for finding in draft.faults)
    seen = {draft.slug for draft in drafts}
    unlisted = tuple(slug for slug in slugs_in(cases) if slug not in seen)
    return Report(written, unchanged, dict(left_out), bad, unlisted, sheet.read_as)


def show(report: Report, console: Console) -> None:
    """Print what an import did: counts, rows left out with the reason, and every bad row with what to write instead."""
    console.print(f"Read as {report.read_as}: {len(report.written)} written, {len(report.unchanged)} unchanged.")
    for reason, rows in report.left_out.items():
        console.print(f"{rows} left out: {escape(reason)}")
    if report.unlisted:
        more = " …" if len(report.unlisted) > 10 else ""
        console.print(f"No row makes these case files, they stay: {', '.join(report.unlisted[:10])}{more}")
    if report.bad:
        console.print(f"\n[bold]Rows that became no case: {report.bad_rows}[/]")
    for bad in report.bad:
        column = f" [cyan]{escape(bad.key)}[/]" if bad.key else ""
        line = f"  row {bad.line}{column}: found {escape(bad.found)}; allowed: {escape(bad.allowed)}"
        console.print(line, soft_wrap=True)


def _edition(folder: Path) -> Edition:
    """The edition's rules, without its cases: a fault in a case must not stop the import that mends it."""
    if not (folder / "edition.toml").is_file():
        raise PingxuanError(f"no edition.toml in {folder}", "Name a folder of content/editions, or begin one there.")
    findings: list[Finding] = []
    shown_as = f"{folder.name}/edition.toml"
    text = read_text(folder / "edition.toml", shown_as, findings)
    edition = parse_edition(Source(shown_as, text, findings=findings), folder.name, Form("", ()))
    if findings:
        raise FindingsError(sorted(findings))
    return edition


def _known(cases: Path) -> dict[Names, set[str]]:
    known: dict[Names, set[str]] = defaultdict(set)
    for slug in slugs_in(cases):
        try:
            front = read_front(cases / f"{slug}.md") or {}
        except ValueError:
            continue  # told by _finish, if a row makes this file
        known[names(front)].add(slug)
    return known


def _finish(plan: Map, draft: Draft, cases: Path) -> str:
    """The text of the case file, with what an editor added to it by hand."""
    if draft.faults:
        return ""
    try:
        front = read_front(cases / f"{draft.slug}.md")
    except ValueError as error:
        draft.note("", f"cases/{draft.slug}.md cannot be read: {error}", "a case file that can, or none at all")
        return ""
    kept = {key: value for key, value in (front or {}).items() if key in BY_HAND and key not in plan.keys}
    return case_text(draft.front | kept, draft.story)
