"""Who may import whom: the table of docs/decisions/0001-layout.md, read against every module."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"awards", "desk", "theme", "functions", "chalicelib", "app", "serve", "publish", "pelicanconf"}
RULES = ("awards.errors", "awards.formmodel", "awards.model", "awards.instants", "awards.tables")
# What entrants write, made plain; what they submit, held against the form.
WRITTEN = ("awards.characters", "awards.cleaning", "awards.numbers", "awards.uploads")
SUBMITTED = (*WRITTEN, "awards.answers", "awards.submission", "awards.views", "awards.drafts", "awards.entering")

# module or package -> what of ours it may import; a package may always import its own modules, unless they are listed.
ALLOWED: dict[str, tuple[str, ...]] = {
    "awards.errors": (),
    "awards.formmodel": (),
    "awards.model": ("awards.errors", "awards.formmodel"),
    "awards.ledger": ("awards.errors",),
    "awards.instants": ("awards.errors",),
    "awards.lines": (),
    "awards.tables": ("awards.errors", "awards.instants", "awards.lines"),
    "awards.parse_voting": RULES,
    "awards.parse_scoring": RULES,
    "awards.parse": (*RULES, "awards.parse_voting", "awards.parse_scoring"),
    "awards.characters": (),
    "awards.cleaning": (),
    "awards.numbers": (),
    "awards.uploads": ("awards.cleaning",),
    "awards.formparts": RULES,
    "awards.form": (*RULES, "awards.formparts", "awards.uploads"),
    "awards.answers": (*RULES, *WRITTEN),
    "awards.submission": (*RULES, *WRITTEN, "awards.answers"),
    "awards.views": (*RULES, "awards.answers"),
    "awards.drafts": (*RULES, *WRITTEN, "awards.submission"),
    "awards.entering": (*RULES, "awards.answers"),
    "awards.calls": (*RULES, "awards.ballot", "awards.form", "awards.parse"),
    "awards.screening": (*RULES, "awards.cleaning"),
    "awards.personal": (),
    "awards.likeness": (),
    "awards.arrivals": (*RULES, *SUBMITTED, "awards.screening", "awards.personal", "awards.likeness"),
    "awards.ballot": RULES,
    "awards.itemsize": RULES,
    "awards.scoring": RULES,
    "awards.prizes": (*RULES, "awards.scoring"),
    "awards.fitting": (*RULES, "awards.entering"),
    "awards.content": (*RULES, "awards.parse", "awards.form", "awards.fitting"),
    "awards": (),
    "theme": ("theme", "awards"),
    "pelicanconf": ("awards.content", "theme"),
    "chalicelib": (
        "chalicelib",
        *RULES,
        *SUBMITTED,
        "awards.ballot",
        "awards.calls",
        "awards.form",
        "awards.screening",
        "awards.ledger",
    ),
    "app": ("chalicelib", "awards.ballot", "awards.form", "awards.errors"),
    "serve": ("app", "chalicelib", "awards.ballot", "awards.form", "awards.errors"),
    "desk": ("desk", "awards", "chalicelib"),
    "publish": ("desk", "serve", "awards.errors"),
}
# The rules take values and the time: these would let them look for themselves.
NOT_IN_THE_RULES = {"os", "pathlib", "shutil", "tempfile", "subprocess", "socket", "http", "urllib", "sqlite3", "time"}
ASKS_THE_CLOCK = {"now", "utcnow", "today"}


def files() -> Iterator[Path]:
    """Every module of the program."""
    yield from (ROOT / name for name in ("publish.py", "pelicanconf.py"))
    for folder in ("awards", "desk", "theme", "functions"):
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "vendor" not in path.parts)


def name_of(path: Path) -> str:
    """The module's name; functions/ is a root, as Lambda sees it."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part not in ("functions", "__init__"))


MODULES = {name_of(path): path for path in files()}


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of each module that is imported; ``from package import module`` names the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.removeprefix("functions.")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            for alias in node.names:
                whole = f"{package}.{alias.name}".removeprefix("functions.")
                yield node.lineno, whole if whole in MODULES else package.removeprefix("functions.")


def within(name: str, packages: tuple[str, ...]) -> bool:
    """Whether the module is one of these, or inside one."""
    return any(name == package or name.startswith(package + ".") for package in packages)


def row_of(module: str) -> str:
    """The row of the table that speaks of the module: the most specific one."""
    return max((row for row in ALLOWED if within(module, (row,))), key=len, default="")


def faults(module: str, source: str) -> list[str]:
    """Each import that the table forbids, with what is allowed."""
    row, found = row_of(module), []
    allowed = ALLOWED.get(row, ())
    for line, name in imported(ast.parse(source)):
        top = name.partition(".")[0]
        if name.startswith("."):
            found.append(f"{module}:{line} imports {name}; allowed: full names")
        elif top in OURS and not within(name, allowed):
            found.append(f"{module}:{line} imports {name}; allowed: {', '.join(allowed) or 'nothing of ours'}")
        elif module.startswith("awards") and top not in OURS | sys.stdlib_module_names | {"stdnum"}:
            found.append(f"{module}:{line} imports {name}; allowed: the standard library, stdnum")
        elif module.startswith("awards") and module != "awards.content" and top in NOT_IN_THE_RULES:
            found.append(f"{module}:{line} imports {name}; allowed: nothing that reaches disk, network or clock")
    return found


def clock_faults(module: str, source: str) -> list[str]:
    """Each place where a rule asks what time it is."""
    return [
        f"{module}:{node.lineno} calls {node.attr}(); allowed: the caller brings the time"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr in ASKS_THE_CLOCK
    ]


def test_every_import_is_in_the_table():
    found = [fault for name, path in MODULES.items() for fault in faults(name, path.read_text(encoding="utf-8"))]
    assert not found, "\n" + "\n".join(found)


def test_every_module_has_a_row():
    assert [name for name in MODULES if not row_of(name)] == []


def test_no_rule_asks_the_clock():
    rules = {name: path for name, path in MODULES.items() if name.startswith("awards")}
    found = [fault for name, path in rules.items() for fault in clock_faults(name, path.read_text(encoding="utf-8"))]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("awards.model", "from awards.parse import parse_edition"),
        ("awards.parse", "from awards import content"),
        ("awards.ballot", "import requests"),
        ("awards.ballot", "from pathlib import Path"),
        ("chalicelib.store", "import awards.content"),
        ("app", "from desk import release"),
        ("theme.pages", "from chalicelib.store import SQLiteStore"),
        ("desk.release", "import publish"),
        ("desk.release", "from . import checking"),
    ],
)
def test_the_guard_sees_a_forbidden_import(module, source):
    assert len(faults(module, source)) == 1


def test_the_guard_sees_a_rule_that_asks_the_clock():
    assert clock_faults("awards.ballot", "from datetime import datetime\nnow = datetime.now()\n") != []
