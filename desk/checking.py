"""Check a content folder: every finding of every edition and notice at once.

Knows where content stands; what is right is the rules' (awards.content).
"""

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from awards.content import load_all, read_text, split_front_matter
from awards.errors import Finding, FindingsError
from awards.itemsize import too_large
from awards.model import Edition
from awards.screening import check_decisions
from awards.tables import Source, Table, shown

# Addresses at the top of the site that belong to no edition.
RESERVED = frozenset({"api", "en", "feeds", "privacy", "static"})
_SLUG = "[a-z0-9][a-z0-9-]{0,79}"


def check(content: Path) -> tuple[list[Edition], list[Finding]]:
    """Every edition below content/editions, and the findings of these, of rules, decisions, notices and pages."""
    editions, findings = load_all(content / "editions")
    screened = _check_screening(content, editions)
    return editions, sorted(findings + _check_rules(content, editions) + screened + check_postings(content))


def check_postings(content: Path) -> list[Finding]:
    """The findings of notices, pages and the names of editions: all that is not inside an edition."""
    ids = sorted(path.parent.name for path in content.glob("editions/*/edition.toml"))
    reserved = [name for name in ids if name in RESERVED]
    findings = [Finding(f"{name}/edition.toml", 0, "id", name, "a name the site does not use") for name in reserved]
    _check_folder(content / "notices", partial(_check_notice, ids=ids), findings)
    _check_folder(content / "pages", partial(_check_page, taken=RESERVED.union(ids)), findings)
    return findings


def _check_rules(content: Path, editions: list[Edition]) -> list[Finding]:
    """Rules of voting under which a vote would not be one write; told of voting.votes."""
    findings: list[Finding] = []
    for edition in editions:
        if fault := too_large(edition):
            path = content / "editions" / edition.id / "edition.toml"
            Source(f"{edition.id}/edition.toml", read_text(path, "", []), findings=findings).note(
                "voting.votes", *fault
            )
    return findings


def _check_screening(content: Path, editions: list[Edition]) -> list[Finding]:
    """What is wrong in the record of decisions of any edition that has one."""
    findings: list[Finding] = []
    for edition in editions:
        path = content / "editions" / edition.id / "screening.toml"
        if path.is_file():
            name = f"{edition.id}/{path.name}"
            check_decisions(edition, Source(name, read_text(path, name, findings), findings=findings))
    return findings


def require(content: Path) -> list[Edition]:
    """The editions of a content folder. Raises FindingsError with every finding if there is one."""
    editions, findings = check(content)
    if findings:
        raise FindingsError(findings)
    return editions


def _check_folder(folder: Path, check: Callable[[Table], str], findings: list[Finding]) -> None:
    """Every file of a folder of postings. check: notes the faults of one, and says its address."""
    seen: dict[str, str] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        shown_as = f"{folder.name}/{path.relative_to(folder)}"
        if path.suffix != ".md" or path.parent != folder:
            findings.append(Finding(shown_as, 0, "", path.name, f"files of Markdown, .md, directly in {folder.name}/"))
        elif table := _front(path, shown_as, findings):
            table.text("title")
            address = check(table)
            if seen.setdefault(address, shown_as) != shown_as:
                table.note("slug", f"the address of {seen[address]}", "an address of its own for each")
            table.done()


def _front(path: Path, shown_as: str, findings: list[Finding]) -> Table | None:
    """The front matter of a posting; None where it cannot be read, which is told."""
    known = len(findings)
    text = read_text(path, shown_as, findings)
    if len(findings) > known:
        return None
    try:
        front, _ = split_front_matter(text)
    except ValueError as error:
        findings.append(Finding(shown_as, 1, "", "no front matter", str(error)))
        return None
    table = Source(shown_as, front, 1, findings).parse()
    return None if table.broken else table


def _check_notice(table: Table, ids: list[str]) -> str:
    if table.has("date"):
        table.day("date")
    else:
        table.note("date", "missing", "a date such as 2020-08-22")
    table.one_of("kind", ("call", "notice", "announcement"), "notice")
    return f"/{table.one_of('edition', ids)}/notices/{_slug(table)}/"


def _check_page(table: Table, taken: Collection[str]) -> str:
    slug = _slug(table)
    if slug in taken:
        table.note("slug", shown(slug), f"none of {', '.join(sorted(taken))}: the site or an edition has it")
    table.one_of("language", ("zh-CN", "en"), "zh-CN")
    return f"/{slug}/"


def _slug(table: Table) -> str:
    return table.matching("slug", _SLUG, "1 to 80 of a-z, 0-9 and -")


def show(findings: list[Finding], console: Console) -> None:
    """Print findings grouped by file: the key's path and line, what was found, what is allowed."""
    path = None
    for finding in sorted(findings):
        if finding.path != path:
            path = finding.path
            console.print(f"\n[bold]{escape(path)}[/]")
        where = f"line {finding.line}" if finding.line else "the file"
        key = f" [cyan]{escape(finding.key)}[/]" if finding.key else ""
        said = f"found {escape(finding.found)}; allowed: {escape(finding.allowed)}"
        console.print(f"  {where}{key}: {said}", soft_wrap=True)
