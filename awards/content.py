"""Disk to edition: the one module of the rules that opens files.

Knows the layout of an edition's folder: edition.toml, form.toml, cases/<slug>.md, pictures/. Everything read is
checked; faults are findings, never tracebacks.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from awards.errors import Finding, PingxuanError
from awards.form import parse_form
from awards.model import Case, CaseState, Edition, Picture
from awards.parse import parse_edition
from awards.tables import Source, Table, nearest, shown

MAX_STORY = 1_000_000
_SLUG = re.compile("[a-z0-9][a-z0-9-]{0,39}")
_FENCE = "+++"
_ADDRESS = r"https?://[^\s<>\"]+"


def load_all(folder: Path) -> tuple[list[Edition], list[Finding]]:
    """Every edition of a folder of editions, the newest first, with the findings of all of them."""
    loaded = [load(path) for path in sorted(folder.iterdir()) if path.is_dir()] if folder.is_dir() else []
    editions = sorted((edition for edition, _ in loaded), key=lambda edition: (-edition.year, edition.id))
    return editions, sorted(finding for _, findings in loaded for finding in findings)


def load(folder: Path) -> tuple[Edition, list[Finding]]:
    """One edition and its cases from a folder, with every finding. Raises PingxuanError if there is no edition.toml."""
    if not (folder / "edition.toml").is_file():
        raise PingxuanError(f"no edition.toml in {folder}", "Name a folder of content/editions, or begin one there.")
    findings: list[Finding] = []
    form = parse_form(_source(folder, "form.toml", findings))
    edition = parse_edition(_source(folder, "edition.toml", findings), folder.name, form)
    cases = tuple(_cases(folder, edition, findings))
    return replace(edition, cases=cases), sorted(findings)


def split_front_matter(text: str) -> tuple[str, str]:
    """The TOML between two lines of +++ and the text after it. Raises ValueError where they are missing."""
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    ends = [number for number, line in enumerate(lines) if line.rstrip() == _FENCE]
    if len(ends) < 2 or ends[0] != 0:
        raise ValueError("front matter between two lines of +++, the first being the first line")
    return "".join(lines[1 : ends[1]]), "".join(lines[ends[1] + 1 :])


def read_text(path: Path, shown_as: str, findings: list[Finding]) -> str:
    """The text of a file; an unreadable file is a finding and an empty text."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        findings.append(Finding(shown_as, 0, "", f"bytes that are no UTF-8 at {error.start}", "a file saved as UTF-8"))
    except OSError as error:
        findings.append(Finding(shown_as, 0, "", error.strerror or "unreadable", "a file that can be read"))
    return ""


def _source(folder: Path, name: str, findings: list[Finding]) -> Source:
    shown_as = f"{folder.name}/{name}"
    return Source(shown_as, read_text(folder / name, shown_as, findings), findings=findings)


def _cases(folder: Path, edition: Edition, findings: list[Finding]) -> Iterator[Case]:
    fields = {category.code: {field.code for field in category.fields} for category in edition.categories}
    for path in sorted((folder / "cases").glob("*")) if (folder / "cases").is_dir() else []:
        shown_as = f"{folder.name}/cases/{path.name}"
        if path.suffix != ".md" or not _SLUG.fullmatch(path.stem):
            allowed = "a number of a-z, 0-9 and -, at most 40, and .md"
            findings.append(Finding(shown_as, 0, "", path.name, allowed))
        elif case := _case(path, shown_as, fields, findings):
            yield case


def _case(path: Path, shown_as: str, fields: dict[str, set[str]], findings: list[Finding]) -> Case | None:
    known = len(findings)
    text = read_text(path, shown_as, findings)
    if len(findings) > known:
        return None
    try:
        front, story = split_front_matter(text)
    except ValueError as error:
        findings.append(Finding(shown_as, 1, "", shown("".join(text.splitlines()[:1])), str(error)))
        return None
    if len(story.encode()) > MAX_STORY:
        findings.append(Finding(shown_as, 0, "", f"a story of {len(story.encode())} bytes", f"at most {MAX_STORY}"))
        return None
    table = Source(shown_as, front, 1, findings).parse()
    return None if table.broken else _read_case(table, path, story, fields, text)


def _read_case(table: Table, path: Path, story: str, fields: dict[str, set[str]], text: str) -> Case:
    category, field = _place(table, fields)
    withdrawn = table.text("withdrawn", "")
    case = Case(
        slug=path.stem,
        title=table.text("title"),
        entrant=table.text("entrant", ""),
        category=category,
        field=field,
        summary=table.text("summary", ""),
        in_operation=table.text("in_operation", ""),
        state=CaseState.WITHDRAWN if table.has("withdrawn") else CaseState.SHOWN,
        withdrawn_because=withdrawn,
        sample=table.flag("sample"),
        source=table.matching("source", _ADDRESS, "a web address that begins with http:// or https://", ""),
        facts=_facts(table),
        pictures=_pictures(table, path.parent.parent / "pictures"),
        story=story,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )
    table.done()
    return case


def _place(table: Table, fields: dict[str, set[str]]) -> tuple[str, str]:
    category, field = table.text("category"), table.text("field", "")
    if category and category not in fields:
        table.note("category", shown(category), f"one of {', '.join(fields)}{nearest(category, fields)}")
    elif category and field and field not in fields[category]:
        known = sorted(fields[category])
        allowed = f"one of {', '.join(known)}{nearest(field, known)}" if known else f"none: {category} has no fields"
        table.note("field", shown(field), allowed)
    return category, field


def _facts(table: Table) -> dict[str, str]:
    facts = table.value("facts", dict, "a table of texts", {})
    for label, fact in facts.items():
        if not isinstance(fact, str):
            table.note(f"facts.{label}", shown(fact), "a text")
    return {label: str(fact) for label, fact in facts.items()}


def _pictures(table: Table, folder: Path) -> tuple[Picture, ...]:
    pictures = []
    for entry in table.tables("pictures"):
        picture = Picture(entry.text("file"), entry.text("alt"))
        inside = (folder / picture.file).resolve()
        if not inside.is_relative_to(folder.resolve()):
            entry.note("file", shown(picture.file), "a path inside the edition's folder pictures/")
        elif picture.file and not inside.is_file():
            entry.note("file", f"{shown(picture.file)}, which is not there", "a file in the edition's folder pictures/")
        entry.done()
        pictures.append(picture)
    return tuple(pictures)
