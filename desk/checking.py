"""Check a content folder: every finding of every edition and notice at once.

Knows where content stands; what is right is the rules' (awards.content).
"""

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from awards.content import load_all, read_text, split_front_matter
from awards.errors import Finding, FindingsError
from awards.model import Edition
from awards.tables import Source, Table

# Addresses at the top of the site that belong to no edition.
RESERVED = frozenset({"api", "en", "feeds", "privacy", "static"})
_CODE = "[a-z0-9][a-z0-9-]*"


def check(content: Path) -> tuple[list[Edition], list[Finding]]:
    """Every edition below content/editions, and the findings of these and of the notices and pages."""
    editions, findings = load_all(content / "editions")
    return editions, sorted(findings + check_postings(content))


def check_postings(content: Path) -> list[Finding]:
    """The findings of notices, pages and the names of editions: all that is not inside an edition."""
    ids = sorted(path.parent.name for path in content.glob("editions/*/edition.toml"))
    reserved = [name for name in ids if name in RESERVED]
    findings = [Finding(f"{name}/edition.toml", 0, "id", name, "a name the site does not use") for name in reserved]
    for path in sorted((content / "notices").glob("*.md")):
        _check_posting(path, f"notices/{path.name}", ids, findings)
    for path in sorted((content / "pages").glob("*.md")):
        _check_posting(path, f"pages/{path.name}", None, findings)
    return findings


def require(content: Path) -> list[Edition]:
    """The editions of a content folder. Raises FindingsError with every finding if there is one."""
    editions, findings = check(content)
    if findings:
        raise FindingsError(findings)
    return editions


def _check_posting(path: Path, shown_as: str, ids: list[str] | None, findings: list[Finding]) -> None:
    try:
        front, _ = split_front_matter(read_text(path, shown_as, findings))
    except ValueError as error:
        findings.append(Finding(shown_as, 1, "", "no front matter", str(error)))
        return
    table = Source(shown_as, front, 1, findings).parse()
    if table.broken:
        return
    table.text("title")
    table.matching("slug", _CODE, "a-z, 0-9 and -")
    if ids is None:
        table.one_of("language", ("zh-CN", "en"), "zh-CN")
    else:
        _check_notice(table, ids)
    table.done()


def _check_notice(table: Table, ids: list[str]) -> None:
    table.one_of("edition", ids)
    table.one_of("kind", ("call", "notice", "announcement"), "notice")
    if table.day("date") is None:
        table.note("date", "missing or no date", "a date such as 2020-08-22")


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
