"""What `publish.py screen` does with its options: a sheet written, one decision, a sheet carried out, or all in turn.

Knows the options alone; each decision is screening.py's, each sheet screensheet.py's.
"""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from awards.errors import PingxuanError
from desk import mailing, pulled, release, screening, screensheet, submitted
from desk.deciding import Desk
from desk.pulled import Pulled


@dataclass(frozen=True)
class Said:
    """The options of the verb, as publish.py names them; empty or None where one was not given."""

    edition: str
    content: Path
    decision: str | None
    case: str | None
    reason: str
    sheet: Path | None
    filled: Path | None
    yes: bool
    by: str
    exception: str
    as_of: str | None
    stage: str | None
    endpoint: str | None


def run(said: Said, var: Path, ask: screening.Ask, console: Console) -> bool:
    """Do what was said; whether all of it could be done."""
    edition, folder = (
        release.load_edition(said.content, said.edition),
        release.edition_folder(said.content, said.edition),
    )
    here = pulled.read_all(var, edition.id)
    if bool(said.case) != bool(said.decision):
        message = "A decision needs its number, and a number its decision"
        raise PingxuanError(message, "--case NUMBER return --reason WHY")
    if said.sheet:
        rows = screensheet.write(said.sheet, edition, here)
        console.print(f"{escape(str(said.sheet))}: {rows} submissions wait for a decision.")
        return True
    post = mailing.of(said.stage, said.endpoint, var)
    with (
        submitted.of(said.stage, said.endpoint, var) as place,
        screening.at_desk(
            folder, edition, place, var, post, by=said.by, exception=said.exception, as_of=said.as_of
        ) as desk,
    ):
        return _at_desk(desk, here, said, ask, console)


def _at_desk(desk: Desk, here: list[Pulled], said: Said, ask: screening.Ask, console: Console) -> bool:
    if said.case and said.decision:
        console.print(escape(screening.one(desk, here, said.case, said.decision, said.reason)), soft_wrap=True)
    elif said.filled:
        return _many(desk, here, screensheet.read(said.filled, desk.edition, here), console, yes=said.yes)
    else:
        screening.walk(desk, here, ask, console)
    return True


def _many(desk: Desk, here: list[Pulled], asked: list[screensheet.Asked], console: Console, *, yes: bool) -> bool:
    """Show what a sheet asks for, and do it if that is said."""
    screening.preview(desk, here, asked, console)
    if not yes:
        console.print("Nothing was changed; add --yes to do it.")
        return True
    failed = screening.many(desk, here, asked, console)
    for line in failed:
        console.print(f"[bold red]{escape(line)}[/]", soft_wrap=True)
    return not failed
