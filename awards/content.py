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
from awards.fitting import gaps
from awards.form import parse_form
from awards.model import Case, CaseState, Edition, Picture
from awards.parse import parse_edition
from awards.tables import Source, Table, nearest, shown

MAX_STORY = 1_000_000
_SLUG = re.compile("[a-z0-9][a-z0-9-]{0,39}")
_FENCE = "+++"
PICTURES = (".jpg", ".jpeg", ".png", ".webp")  # what every browser shows and no script hides in


def load_all(folder: Path) -> tuple[list[Edition], list[Finding]]:
    """Every edition of a folder of editions, the newest first, with the findings of all of them."""
    folders = [path for path in _shown(folder) if path.is_dir()]
    loaded = [load(path) for path in folders if (path / "edition.toml").is_file()]
    editions = sorted((edition for edition, _ in loaded), key=lambda edition: (-edition.year, edition.id))
    allowed = "an edition in each folder: begin one, or remove the folder"
    lost = [path.name for path in folders if not (path / "edition.toml").is_file()]
    findings = [Finding(f"{name}/edition.toml", 0, "", "missing", allowed) for name in lost]
    return editions, sorted([*findings, *(finding for _, found in loaded for finding in found)])


def load(folder: Path) -> tuple[Edition, list[Finding]]:
    """One edition and its cases from a folder, with every finding. Raises PingxuanError if there is no edition.toml."""
    edition, findings = load_rules(folder)
    cases = tuple(_cases(folder, edition, findings))
    return replace(edition, cases=cases), sorted(findings)


def load_rules(folder: Path) -> tuple[Edition, list[Finding]]:
    """One edition without its cases: what edition.toml and form.toml say. Raises as load does."""
    if not (folder / "edition.toml").is_file():
        raise PingxuanError(f"no edition.toml in {folder}", "Name a folder of content/editions, or begin one there.")
    findings: list[Finding] = []
    source = _source(folder, "form.toml", findings)
    edition = parse_edition(_source(folder, "edition.toml", findings), folder.name, parse_form(source))
    if not findings:  # whether they fit each other can be said once each is right by itself
        for gap in gaps(edition):
            source.note(*gap)
    return edition, findings


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
        line = error.object.count(b"\n", 0, error.start) + 1
        findings.append(Finding(shown_as, line, "", "bytes that are no UTF-8", "a file saved as UTF-8"))
    except OSError as error:
        findings.append(Finding(shown_as, 0, "", error.strerror or "unreadable", "a file that can be read"))
    return ""


def _source(folder: Path, name: str, findings: list[Finding]) -> Source:
    shown_as, known = f"{folder.name}/{name}", len(findings)
    text = read_text(folder / name, shown_as, findings)
    return Source(shown_as, text, findings=findings, unreadable=len(findings) > known)


def _shown(folder: Path) -> list[Path]:
    """What lies in a folder, in order, without the hidden files of desktops and of work that was broken off."""
    return sorted(path for path in folder.glob("*") if not path.name.startswith("."))


def _cases(folder: Path, edition: Edition, findings: list[Finding]) -> Iterator[Case]:
    fields = {category.code: {field.code for field in category.fields} for category in edition.categories}
    for path in _shown(folder / "cases"):
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
        line = front.count("\n") + 3
        findings.append(Finding(shown_as, line, "", f"a story of {len(story.encode())} bytes", f"at most {MAX_STORY}"))
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
        source=table.address("source"),
        facts=_facts(table),
        pictures=_pictures(table, path.parent.parent / "pictures"),
        story=story,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )
    table.done()
    return case


def _place(table: Table, fields: dict[str, set[str]]) -> tuple[str, str]:
    category, field = table.text("category"), table.text("field", "")
    if category not in fields:
        if category and fields:  # where no category could be read, that is told of edition.toml, once
            table.note("category", shown(category), f"one of {', '.join(fields)}{nearest(category, fields)}")
    elif field and field not in fields[category]:
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
        if picture.file and "\0" not in picture.file:
            _check_picture(entry, picture.file, folder)
        entry.done()
        pictures.append(picture)
    return tuple(pictures)


def _check_picture(table: Table, name: str, folder: Path) -> None:
    inside = (folder / name).resolve()
    if not inside.is_relative_to(folder.resolve()):
        table.note("file", shown(name), "a path inside the edition's folder pictures/")
    elif not inside.is_file():
        table.note("file", f"{shown(name)}, which is not there", "a file in the edition's folder pictures/")
    elif inside.suffix not in PICTURES or any(part.startswith(".") for part in Path(name).parts):
        table.note("file", shown(name), f"a picture whose name ends in {', '.join(PICTURES)} and begins with no dot")
