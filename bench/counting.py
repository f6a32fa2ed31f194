"""How fast votes are counted and recounted: the sealer's votes a second of one core; seconds and bytes of `verify`.

Votes are written straight into a throw-away store, then sealed in parts: later parts take no longer than the first if
the work is linear in new votes, not in all votes. Signing, fetching over a network and the disk's flushes are left out.
"""

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import track

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

from chalicelib import sealer  # noqa: E402 after the path is set
from chalicelib.objects import Folder  # noqa: E402
from chalicelib.store import Slot, Vote  # noqa: E402
from votes import paper_of_fifty  # noqa: E402

from awards import ballot  # noqa: E402
from desk import counting, verifying  # noqa: E402
from desk.replay import Throwaway  # noqa: E402

PARTS = 4


def cast(store: Throwaway, first: int, votes: int) -> None:
    """Write so many votes, each of a voter of its own."""
    paper, day = paper_of_fifty(), datetime.now(UTC).date().isoformat()
    for number in range(first, first + votes):
        vote = Vote(f"{number:032x}", (f"c{number % 50:02}",), f"{number:016x}", day)
        store.cast(paper, Slot(paper.edition, day, number.to_bytes(16, "big")), vote)


def main() -> int:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--votes", type=int, default=100_000, help="votes in all (default 100,000)")
    part = max(1, parser.parse_args().votes // PARTS)
    console = Console(width=120)
    with tempfile.TemporaryDirectory(prefix="pingxuan-bench-counting-") as temporary:
        store, public = Throwaway(Path(temporary) / "votes.sqlite"), Path(temporary) / "public"
        paper = paper_of_fifty()
        store.put_paper(ballot.to_json(paper))
        rates = []
        for turn in track(range(PARTS), "casting and sealing", console=console, transient=True):
            cast(store, turn * part, part)
            start = time.process_time()
            sealer.seal(store, paper.edition, public, datetime.now(UTC))
            rates.append(part / (time.process_time() - start))
        start = time.process_time()
        verdict = verifying.verify(Folder(public), paper.edition)
        took = time.process_time() - start
        store.close()
        files = [path for path in (public / paper.edition).rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
    shown = ", ".join(f"{rate:,.0f}" for rate in rates)
    console.print(f"sealer: {shown} votes a second of one core, for each {part:,} of {PARTS * part:,}")
    console.print(
        f"verify: {took:.1f} s of one core, {size / 1e6:.1f} MB in {len(files):,} files; {counting.told(verdict)}"
    )
    return bool(verdict.differences)


if __name__ == "__main__":
    sys.exit(main())
