"""`make soak N=…`: schedules of faults, as many as one has time for, on all cores; `make test` runs a thousand.

`make soak N=… STORE=dynamodb` runs them on the DynamoDB store, on AWS's engine behind a bad line: seconds each.
"""

import logging
import os
import sys
import traceback
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context

import dynamodb
from cloud import Cloud
from machine import Machine
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from simulator import simulate

STORES = {"sqlite": (Machine, 50), "dynamodb": (Cloud, 2)}  # and the schedules that a worker takes at once


def part(first: int, size: int, store: str) -> tuple[int, Counter[str], list[str]]:
    """Run some schedules: how many, what happened in them, and what went wrong."""
    happened, wrong = Counter[str](), list[str]()
    logging.disable()  # what goes wrong on purpose is told by nobody
    for seed in range(first, first + size):
        try:
            happened.update(simulate(seed, STORES[store][0]))
        except Exception:  # noqa: BLE001 whatever it is, it is told with its schedule
            wrong.append(traceback.format_exc(limit=-3))
    return size, happened, wrong


def main(total: int, store: str = "sqlite", first: int = 0) -> int:
    """Run them, show how far it is, and end with what was run; the number of those that failed."""
    out, happened, failed, step = Console(highlight=False), Counter[str](), 0, STORES[store][1]
    if store == "dynamodb":
        dynamodb.endpoint()  # one engine for all workers, which are forked and know it
    parts = iter([(at, min(step, first + total - at), store) for at in range(first, first + total, step)])
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with ProcessPoolExecutor(mp_context=get_context("fork")) as pool, Progress(*columns, console=out) as progress:
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
    out.print(f"{total:,} schedules on {store}, {failed} failed; in them: {told}")
    return failed


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]), *sys.argv[2:3], *map(int, sys.argv[3:]))))
