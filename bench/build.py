"""How much CPU a build of the hall takes, beside stock Pelican and Hugo on the same text, in one run.

Builds whole processes, interleaved, and counts the CPU time of each with its children; prints medians and ratios, since
seconds differ between machines and ratios hardly do. Fails only if a build fails, or if the site after an edit is not
byte for byte that of a clean build; a missed target is printed, not hidden.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import corpus
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

HERE = Path(__file__).parent
ROOT = HERE.parent
BIN = Path(sys.executable).parent
SMALL, LARGE = 1_000, 5_000
WRITERS: dict[str, Callable[[Path, int], None]] = {
    "ours": corpus.write_ours,
    "stock Pelican": corpus.write_stock,
    "Hugo": corpus.write_hugo,
}


class BuildError(Exception):
    """A build that ended with an error; its last lines are the message."""


@dataclass
class Bench:
    """The work folder and the seconds measured: (what, cases) -> CPU seconds of each round."""

    work: Path
    seconds: dict[tuple[str, int], list[float]] = field(default_factory=dict)

    def run(self, what: str, cases: int, command: list[str | Path], **environment: str) -> None:
        """Run a build and note the CPU time that it and its children took."""
        log = self.work / "log.txt"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
            )
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
            raise BuildError(f"{what}, {cases} cases: exit code {process.returncode}\n{last}")
        self.seconds.setdefault((what, cases), []).append(usage.ru_utime + usage.ru_stime)

    def content(self, what: str, cases: int) -> Path:
        """The content folder for a generator, written once."""
        folder = self.work / f"{what}-{cases}".replace(" ", "-")
        if not folder.exists():
            WRITERS[what](folder, cases)
        return folder

    def ours(self, what: str, cases: int, content: Path, site: Path, var: Path) -> None:
        """Build with ours; var is what the last build kept, or a new folder."""
        command = [sys.executable, ROOT / "publish.py", "build", "--content", content, "--to", site]
        self.run(what, cases, command, PINGXUAN_VAR=str(var))

    def clean(self, what: str, cases: int) -> None:
        """Build from nothing with the named generator."""
        content, folder = self.content(what, cases), self.fresh()
        if what == "ours":
            self.ours(what, cases, content, folder / "site", folder / "var")
        elif what == "Hugo":
            options = ["--source", HERE / "hugo", "--contentDir", content, "--destination", folder / "site"]
            self.run(what, cases, [BIN / "hugo", *options, "--noBuildLock"], HUGO_CACHEDIR=str(folder / "cache"))
        else:
            options = [content, "-o", folder / "site", "-s", HERE / "stock" / "pelicanconf.py"]
            self.run(what, cases, [sys.executable, "-m", "pelican", *options])
        pages = sum(1 for _ in (folder / "site").rglob("*.html"))
        if pages < cases:
            raise BuildError(f"{what}: {pages} pages for {cases} cases")

    def fresh(self) -> Path:
        """A new folder. It stays until the end: a file system may be slow to give out what was deleted just before."""
        return Path(tempfile.mkdtemp(dir=self.work))


def differences(one: Path, other: Path) -> list[str]:
    """The files of two folders that are not the same, byte for byte."""
    files = [{str(p.relative_to(top)): p.read_bytes() for p in top.rglob("*") if p.is_file()} for top in (one, other)]
    return sorted(name for name in files[0].keys() | files[1].keys() if files[0].get(name) != files[1].get(name))


def edit_rounds(bench: Bench, rounds: int) -> Iterator[None]:
    """Edit one case a round, and build with what the last build kept; at the end compare with a clean build."""
    content = bench.work / "edited"
    corpus.write_ours(content, LARGE)
    site, var = bench.work / "edited-site", bench.work / "edited-var"
    bench.ours("ours, before and after edits", LARGE, content, site, var)
    for turn in range(rounds):
        corpus.edit_ours(content, 1_234 + turn * 777)
        bench.ours("ours, one edit", LARGE, content, site, var)
        yield
    clean = bench.fresh()
    bench.ours("ours, before and after edits", LARGE, content, clean / "site", clean / "var")
    if found := differences(site, clean / "site"):
        raise BuildError(f"after edits {len(found)} files differ from a clean build: {', '.join(found[:5])}")


def measure(bench: Bench, only: list[str], rounds: int, console: Console) -> None:
    """All builds, interleaved: each round has every generator once at either size, and one edit."""
    edits = edit_rounds(bench, rounds) if "ours" in only else iter([None] * rounds)
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("building", total=rounds * (2 * len(only) + 1))
        for _ in range(rounds):
            for what in only:
                for cases in (SMALL, LARGE):
                    progress.update(bar, description=f"{what}, {cases:,} cases")
                    bench.clean(what, cases)
                    progress.advance(bar)
            progress.update(bar, description="one edit")
            next(edits)
            progress.advance(bar)
        progress.update(bar, description="comparing bytes")
        for _ in edits:
            raise AssertionError("as many edits as rounds")


def seconds_table(bench: Bench) -> Table:
    """The medians, with the lowest and highest."""
    table = Table("build", "cases", "CPU s (median)", "lowest", "highest", title="CPU seconds, process and children")
    for (what, cases), took in sorted(bench.seconds.items()):
        figures = (f"{figure:.2f}" for figure in (median(took), min(took), max(took)))
        table.add_row(what, f"{cases:,}", *figures)
    return table


def ratio_table(bench: Bench) -> Table:
    """The ratios and their targets."""
    figures = {key: median(took) for key, took in bench.seconds.items()}
    rows = (
        ("ours from nothing / stock Pelican, 5,000", ("ours", LARGE), ("stock Pelican", LARGE), 0.75),
        ("ours after one edit / stock Pelican, 5,000", ("ours, one edit", LARGE), ("stock Pelican", LARGE), 0.35),
        ("ours 5,000 / ours 1,000", ("ours", LARGE), ("ours", SMALL), 5.5),
        ("ours from nothing / Hugo, 5,000", ("ours", LARGE), ("Hugo", LARGE), None),
        ("stock Pelican / Hugo, 5,000", ("stock Pelican", LARGE), ("Hugo", LARGE), None),
    )
    table = Table("ratio of CPU time", "measured", "target", "", title="Ratios")
    for name, above, below, target in rows:
        if above in figures and below in figures:
            ratio = figures[above] / figures[below]
            verdict = "" if target is None else "target met" if ratio <= target else "[bold red]target missed"
            table.add_row(name, f"{ratio:.2f}", "" if target is None else f"at most {target}", verdict)
    return table


def main() -> int:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often each build runs (default 3)")
    names = list(WRITERS)
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="these generators alone")
    options = parser.parse_args()
    console = Console()
    work = Path(tempfile.mkdtemp(prefix="pingxuan-bench-"))
    bench = Bench(work)
    try:
        measure(bench, options.only, options.rounds, console)
    except BuildError as error:
        console.print(f"[bold red]A build failed.[/] {error}", highlight=False)
        return 1
    finally:
        shutil.rmtree(work)
    console.print(seconds_table(bench), ratio_table(bench))
    if "ours" in options.only:
        console.print("After the edits every file equals that of a clean build.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
