"""The editors' command line: names the verbs and their options, nothing else.

Every error that a person can mend is told without a traceback, with what to do instead.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from awards.errors import FindingsError, PingxuanError

ROOT = Path(__file__).resolve().parent
# Lambda finds chalicelib at the top level; here it lies below functions/.
sys.path.append(str(ROOT / "functions"))

from desk import backup as backups  # noqa: E402 after the path is set
from desk import (  # noqa: E402
    checking,
    counting,
    deciding,
    deploying,
    guarding,
    importing,
    mailing,
    places,
    polls,
    pulling,
    recommending,
    release,
    replay,
    screenverb,
    stack,
    starting,
    stopping,
    submitted,
    verifying,
    votes,
)
from functions import serve as server  # noqa: E402

out = Console(highlight=False)
VAR = Path(os.environ.get("PINGXUAN_VAR", ROOT / "var"))
FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
LOG = click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True)
content_option = click.option(
    "--content", type=FOLDER, default=ROOT / "content", show_default="content", help="Folder with editions/, notices/."
)

stage_option = click.option("--stage", type=click.Choice(list(stack.STAGES)), help="A deployed stage on AWS.")
endpoint_option = click.option("--endpoint", metavar="URL", help="Where AWS is played, for tests.")
votes_option = click.option(
    "--stage", type=click.Choice(list(stack.STAGES)), help="The votes of a stage on AWS, instead of this machine's."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Run a public selection of exemplary cases from this repository."""


@cli.command()
@content_option
def check(content: Path) -> None:
    """Name every fault in the content at once, with file, line and key."""
    editions = checking.require(content)
    cases = sum(len(edition.cases) for edition in editions)
    out.print(f"Nothing found in {len(editions)} editions with {cases} cases.")
    for line in starting.forgotten(VAR, {edition.id for edition in editions}, datetime.now(UTC)):
        out.print(line)


@cli.command("import")
@click.argument("edition")
@click.option("--from", "source", type=FILE, required=True, help="The spreadsheet, .csv or .xlsx.")
@click.option("--map", "map_file", type=FILE, required=True, help="Which column becomes which key (TOML).")
@content_option
def import_(edition: str, source: Path, map_file: Path, content: Path) -> None:
    """Turn a spreadsheet into case files of EDITION; importing again changes nothing."""
    report = importing.import_cases(release.edition_folder(content, edition), source, map_file)
    importing.show(report, out)
    if report.bad:
        sys.exit(1)


@cli.command()
@content_option
@click.option("--to", type=FOLDER, default=VAR / "site", show_default="var/site", help="Folder to build into.")
@click.option("--samples/--no-samples", default=True, show_default=True, help="Show sample cases.")
def build(content: Path, to: Path, samples: bool) -> None:
    """Check the content and build the hall; unchanged pages are not written again."""
    with out.status("Building"):
        release.build(content, to, VAR, samples=samples)
    out.print(f"Built {escape(str(to))}")


@cli.command("open")
@click.argument("edition")
@content_option
@click.option("--samples/--no-samples", default=False, show_default=True, help="Take votes for sample cases too.")
@votes_option
@endpoint_option
def open_(edition: str, content: Path, samples: bool, stage: str | None, endpoint: str | None) -> None:
    """Put call and ballot paper of EDITION in force: what is asked of entrants, what may be voted, when, how often."""
    loaded, folder = release.load_edition(content, edition), release.edition_folder(content, edition)
    for line in starting.start(loaded, folder, VAR, (stage, endpoint), samples=samples):
        out.print(line)


@cli.command()
@click.argument("edition")
@votes_option
@endpoint_option
def stop(edition: str, stage: str | None, endpoint: str | None) -> None:
    """End the voting of EDITION in ten seconds, whatever its window says; what was cast stays counted."""
    paper = stopping.stop_edition(edition, votes.of(stage, endpoint, VAR).papers, datetime.now(UTC))
    closes = paper.rule.window.closes
    out.print(f"{edition}: voting ends at {closes and closes.isoformat()}, by ballot paper {paper.version}.")
    out.print("Write that into edition.toml too: publish.py open would put the window there in force again.")


@cli.command()
@click.argument("edition")
@votes_option
@endpoint_option
def seal(edition: str, stage: str | None, endpoint: str | None) -> None:
    """Count the votes of EDITION that are not counted yet and publish ledger and tally.json."""
    sealer = votes.of(stage, endpoint, VAR).sealer_of(edition)
    out.print(polls.seal_edition(edition, sealer, datetime.now(UTC)))


@cli.command()
@click.argument("edition")
@votes_option
@endpoint_option
def reconcile(edition: str, stage: str | None, endpoint: str | None) -> None:
    """Compare the ledger of EDITION with the votes themselves, and record what it lacks."""
    sealer = votes.of(stage, endpoint, VAR).sealer_of(edition)
    with out.status("Comparing"):
        done = counting.reconcile(edition, sealer, datetime.now(UTC))
    out.print(done)


@cli.command()
@click.argument("edition")
@votes_option
@endpoint_option
def close(edition: str, stage: str | None, endpoint: str | None) -> None:
    """Close the ledger of EDITION, once its voting is over and every vote is in it."""
    sealer = votes.of(stage, endpoint, VAR).sealer_of(edition)
    with out.status("Waiting for the last votes, comparing"):
        done = counting.close(edition, sealer, lambda: datetime.now(UTC))
    out.print(done)


@cli.command()
@click.argument("edition")
@click.option("--record", "records", multiple=True, metavar="N", help="Number of a record, or a span: 17, 20-23.")
@click.option("--from", "source", type=FILE, help="File with one number or span a line.")
@click.option("--rule", required=True, help="Code of the rule that was broken, such as R3.")
@click.option("--reason", required=True, help="Why, in a sentence.")
@click.option("--by", "deciders", required=True, multiple=True, help="Name of one who decided; repeat it for each.")
@click.option("--yes", is_flag=True, help="Do it; without this, only show what would be void.")
@votes_option
@endpoint_option
def void(
    edition: str,
    records: tuple[str, ...],
    source: Path | None,
    rule: str,
    reason: str,
    deciders: tuple[str, ...],
    yes: bool,
    stage: str | None,
    endpoint: str | None,
) -> None:
    """Void votes of EDITION by a decision of the committee: records are added, nothing is deleted."""
    now = datetime.now(UTC)
    listed = counting.listed(source) if source else []
    decision = counting.decision_of(edition, now, rule, (reason, deciders), [*records, *listed])
    place = votes.of(stage, endpoint, VAR)
    sealer = place.sealer_of(edition)
    if yes:
        out.print(f"Void: {counting.void(decision, sealer, place.decisions, now)}.")
    else:
        out.print(f"Would be void: {counting.preview(decision, sealer)}. Nothing was changed; add --yes to do it.")


@cli.command()
@click.argument("edition")
@click.option("--public", type=FOLDER, show_default="var/public", help="The published files.")
@votes_option
@endpoint_option
def verify(edition: str, public: Path | None, stage: str | None, endpoint: str | None) -> None:
    """Recount EDITION from its published files alone, and name every difference."""
    files = votes.published(public, stage, endpoint, VAR)
    with out.status("Recounting"):
        verdict = verifying.verify(files, edition)
    for difference in verdict.differences:
        out.print(f"[bold red]{escape(difference)}[/]")
    if verdict.differences:
        sys.exit(1)
    out.print(counting.told(verdict))


@cli.command("replay")
@click.argument("edition")
@content_option
@click.option("--from", "source", type=FILE, help="Attempts: CSV with time, address, cases (and h), or a log.")
@click.option("--log", type=LOG, is_flag=False, flag_value="-", help="Apache's combined format: --log, or --log FILE.")
@click.option("--case", metavar="CASE", help="The case that each line of a log is for (default: the first).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def replay_(
    edition: str, content: Path, source: Path | None, log: Path | None, case: str | None, as_json: bool
) -> None:
    """Run a file of attempts under the rule of EDITION (a name, or a folder anywhere), and say what it would count."""
    outcome = replay.from_files(replay.folder_of(content, edition), source, log, case)
    if as_json:
        click.echo(json.dumps(outcome.to_json(), ensure_ascii=False))
    else:
        replay.show(outcome, out)
    if outcome.bad:
        replay.show_bad(outcome.bad, Console(stderr=True, highlight=False))
        sys.exit(1)


@cli.command()
@content_option
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--as-of", "as_of", metavar="TIME", help="Start the clock at TIME (ISO 8601 with offset) and let it run.")
@click.option("--site", type=FOLDER, help="Serve this published folder (…/current) instead of building the content.")
def serve(content: Path, port: int, host: str, as_of: str | None, site: Path | None) -> None:
    """Show the hall and take votes, in one process on this machine."""
    start = server.read_as_of(as_of, published=site is not None)
    if site is None:
        with out.status("Building"):
            site = starting.hall(content, VAR)
    out.print(f"The hall is open on http://{host}:{port}/ (stop with Ctrl-C)")
    server.run(site, VAR, port, start, host)


@cli.command()
@content_option
@click.option("--to", type=FOLDER, help="Folder of releases; a web server follows its link current.")
@stage_option
@endpoint_option
def publish(content: Path, to: Path | None, stage: str | None, endpoint: str | None) -> None:
    """Check, build and switch to the new release in one step; sample cases are left out."""
    place = places.place(to, stage, endpoint)
    with out.status("Building"):
        said = place.publish(content, VAR, datetime.now(UTC))
    out.print(escape(said))


@cli.command()
@click.option("--to", type=FOLDER, help="Folder of releases.")
@stage_option
@endpoint_option
def rollback(to: Path | None, stage: str | None, endpoint: str | None) -> None:
    """Switch back to the release before the current one."""
    out.print(escape(places.place(to, stage, endpoint).rollback()))


@cli.command()
@click.option("--stage", type=click.Choice(list(stack.STAGES)), required=True, help="Which stack.")
@endpoint_option
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="A setting of the stack; may be repeated.")
def deploy(stage: str, endpoint: str | None, settings: tuple[str, ...]) -> None:
    """Create or update what a stage runs on AWS, and say what changed; again, it changes nothing."""
    deploying.run(stage, endpoint, settings, lambda said: out.print(escape(said)))


@cli.command()
@click.argument("edition")
@content_option
@stage_option
@endpoint_option
def pull(edition: str, content: Path, stage: str | None, endpoint: str | None) -> None:
    """Bring what arrived for EDITION into var/pulled, privately, and list what there is to say of it."""
    loaded = release.load_edition(content, edition)
    with submitted.of(stage, endpoint, VAR) as place:
        report = pulling.pull(edition, place, VAR, pulling.with_bar(out))
    pulling.show(loaded, report, VAR, out)


@cli.command()
@click.argument("edition")
@click.argument("decision", required=False, type=click.Choice(["pass", "return", "decline", deciding.UNDO]))
@click.option("--case", metavar="NUMBER", help="Decide this submission: --case 2020-0137 return --reason WHY.")
@click.option("--reason", default="", help="Why; the entrant reads it.")
@click.option(
    "--out", "sheet", type=click.Path(path_type=Path, dir_okay=False), help="Write a sheet to fill in, .xlsx."
)
@click.option("--from", "filled", type=FILE, help="The sheet, filled in: shown first, done with --yes.")
@click.option("--yes", is_flag=True, help="Do what the sheet says.")
@click.option("--by", default="", help="Who decides (default: the name that git knows).")
@click.option("--exception", default="", help="Why it is decided after the deadline; recorded.")
@click.option("--as-of", "as_of", metavar="TIME", help="Play another day, as serve does; recorded.")
@content_option
@stage_option
@endpoint_option
def screen(**said: Any) -> None:  # noqa: ANN401 click gives each option its type
    """Screen what was pulled of EDITION: one after the other, one by its number, or many by a sheet."""
    if not screenverb.run(screenverb.Said(**said), VAR, ask, out):
        sys.exit(1)


def ask(question: str) -> str:
    """What the editor types."""
    return str(click.prompt(question, default="", show_default=False))


@cli.command()
@click.option("--all", "everything", is_flag=True, help="Everything below content/, not only what is staged.")
def guard(everything: bool) -> None:
    """Refuse what is private below content/, in what git is about to commit: .githooks/pre-commit runs it."""
    files = guarding.run(guarding.top(), VAR, everything=everything)
    out.print(f"Nothing private in {files} files.")


@cli.command("recommending")
@click.argument("edition")
@content_option
@click.option("--hall", metavar="URL", required=True, help="The hall's address, which the links begin with.")
@click.option(
    "--mail", "mailed", multiple=True, metavar="BODY=ADDRESS", help="Mail a body its link; repeat it for each."
)
@click.option("--yes", is_flag=True, help="Send the mails; without this, only show them.")
@stage_option
@endpoint_option
def recommending_(
    edition: str,
    content: Path,
    hall: str,
    mailed: tuple[str, ...],
    yes: bool,
    stage: str | None,
    endpoint: str | None,
) -> None:
    """List the recommending bodies of EDITION with their private links, and how far each is; mail them their links."""
    loaded = release.load_edition(content, edition)
    with submitted.of(stage, endpoint, VAR) as place:
        found = recommending.bodies(loaded, place.store, hall)
    if mailed:
        planned = recommending.addressed(found, mailed)
        recommending.mail(loaded, planned, mailing.of(stage, endpoint, VAR), out, yes=yes)
    else:
        recommending.show(found, out)


@cli.command()
@click.argument("edition")
@click.option("--body", required=True, help="Code of the recommending body, as recommending lists it.")
@click.option(
    "--out", "to", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write, .xlsx."
)
@content_option
@stage_option
@endpoint_option
def summary(edition: str, body: str, to: Path, content: Path, stage: str | None, endpoint: str | None) -> None:
    """Write the recommendation summary of a body: what it recommends for EDITION, as the form lays it out."""
    loaded = release.load_edition(content, edition)
    with submitted.of(stage, endpoint, VAR) as place:
        out.print(escape(recommending.summary(loaded, place.store, body, to)), soft_wrap=True)


@cli.command()
@click.option("--retry", is_flag=True, help="Try everything again now, also what was given up.")
@stage_option
@endpoint_option
def mail(retry: bool, stage: str | None, endpoint: str | None) -> None:
    """Send the mails that are due, and list what waits or was given up."""
    post = mailing.of(stage, endpoint, VAR)
    out.print(mailing.send(post, datetime.now(UTC), retry=retry))
    if mailing.show(post, out):
        sys.exit(1)


@cli.command()
@click.option("--to", type=click.Path(path_type=Path), required=True, help="Archive to write, .zip.")
def backup(to: Path) -> None:
    """Write one archive of all that this machine keeps, while votes go on."""
    backups.backup(VAR, to)
    out.print(f"Wrote {escape(str(to))}")


@cli.command()
@click.option("--from", "archive", type=FILE, required=True, help="Archive that backup wrote.")
def restore(archive: Path) -> None:
    """Put an archive back; what stood there is moved aside, never deleted."""
    backups.restore(archive, VAR)
    out.print(f"Restored {escape(str(VAR))}")


def main() -> None:
    """Run a verb; the one place where errors are caught and told."""
    try:
        cli()
    except FindingsError as error:
        checking.show(error.findings, out)
        out.print(f"\n{error.message}. Nothing was changed.")
        sys.exit(1)
    except PingxuanError as error:
        out.print(f"[bold red]{escape(error.message)}[/]")
        out.print(escape(error.advice))
        sys.exit(1)


if __name__ == "__main__":
    main()
