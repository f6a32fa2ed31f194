"""`make soak N=…`: schedules of faults, as many as one has time for, on all cores; `make test` runs a thousand."""

import os
import sys
import traceback
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from itertools import islice

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from simulator import simulate

PART = 50  # schedules that a worker takes at once


def part(first: int, size: int) -> tuple[int, Counter[str], list[str]]:
    """Run some schedules: how many, what happened in them, and what went wrong."""
    happened, wrong = Counter[str](), list[str]()
    for seed in range(first, first + size):
        try:
            happened.update(simulate(seed).happened)
        except Exception:  # noqa: BLE001 whatever it is, it is told with its schedule
            wrong.append(traceback.format_exc(limit=-3))
    return size, happened, wrong


def main(total: int, first: int = 0) -> int:
    """Run them, show how far it is, and end with what was run; the number of those that failed."""
    out, happened, failed = Console(highlight=False), Counter[str](), 0
    parts = iter([(at, min(PART, first + total - at)) for at in range(first, first + total, PART)])
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with ProcessPoolExecutor() as pool, Progress(*columns, console=out) as progress:
        task = progress.add_task("schedules", total=total)
        running = {pool.submit(part, *each) for each in islice(parts, 2 * (os.cpu_count() or 1))}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                size, some, wrong = each.result()
                happened.update(some)
                failed += len(wrong)
                progress.advance(task, size)
                for words in wrong:
                    progress.console.print(words, markup=False)
            running |= {pool.submit(part, *each) for each in islice(parts, len(done))}
    told = ", ".join(f"{name} {times:,}" for name, times in sorted(happened.items()))
    out.print(f"{total:,} schedules, {failed} failed; in them: {told}")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
