"""How many votes a second one machine takes over HTTP, each durable before its answer, beside bare floors in one run.

A floor is a WSGI app on the same server, threads and synchronous mode that commits as large a row and does nothing
else (bench/floor.py): once with the store's own batching, once with a commit a request, as it would be without it.
Rounds are interleaved; the clients share the cores with what is measured, and the machine's own load moves all, so the
ratios are the figures to read. Memory is the worker's after the first, the middle and the last round.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

from chalicelib.store import SQLiteStore  # noqa: E402 after the path is set
from crowd import Crowd, vote  # noqa: E402

from awards import ballot  # noqa: E402
from awards.ballot import BallotPaper  # noqa: E402
from awards.model import VotingRule, Window  # noqa: E402

TARGET = 0.6
PATH = "/api/editions/bench/votes"


@dataclass
class Measured:
    """One server: its process and what its crowds did."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    crowds: list[Crowd] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    def round(self, first: int, votes: int) -> None:
        """Let a crowd vote, and note the worker's memory."""
        self.crowds.append(vote(self.port, PATH, first, votes))
        self.memory.append(max(_resident(pid) for pid in _family(self.process.pid)))

    @property
    def rate(self) -> float:
        """Votes a second, the median of the rounds."""
        return median(crowd.votes / crowd.seconds for crowd in self.crowds)

    @property
    def p99(self) -> float:
        """The wait, in milliseconds, of all but one in a hundred."""
        return quantiles((wait for crowd in self.crowds for wait in crowd.waits), n=100)[98] * 1000


def _family(pid: int) -> Iterator[int]:
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))


def _resident(pid: int) -> int:
    """Resident memory, in kilobytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def paper_of_fifty() -> BallotPaper:
    """A ballot paper of fifty cases: one a day, open now."""
    now = datetime.now(UTC)
    window = Window(now - timedelta(days=1), now + timedelta(days=1))
    rule = VotingRule("address", "day", 1, None, None, 1, 1, None, hidden=False, origins=(), window=window, zone="UTC")
    return BallotPaper("bench", 1, "Bench", "en", rule, {f"c{n:02}": "cy" for n in range(50)}, frozenset())


def open_poll(var: Path) -> None:
    """Put the paper in force."""
    store = SQLiteStore(var / "votes.sqlite")
    store.put_paper(ballot.to_json(paper_of_fifty()))
    store.close()


@contextmanager
def running(name: str, command: list[str | Path], **environment: str) -> Iterator[Measured]:
    """A server in processes of its own, ended by their group."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [*command, str(port)], cwd=ROOT, env={**os.environ, **environment}, start_new_session=True
    )
    try:
        _await(port, process)
        yield Measured(name, process, port)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("a server did not start")


def measure(work: Path, rounds: int, votes: int, console: Console) -> list[Measured]:
    """Both servers, in turn, round by round; each is warmed up first."""
    (work / "site").mkdir()
    open_poll(work / "var")
    trust = {"PINGXUAN_VAR": str(work / "var"), "PINGXUAN_TRUST": "proxy:X-Real-IP"}
    serve = [sys.executable, ROOT / "publish.py", "serve", "--site", work / "site", "--port"]
    floor = [sys.executable, HERE / "floor.py"]
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running("ours", serve, **trust)),
            stack.enter_context(running("floor, same batching", [*floor, work / "floor.sqlite", "together"])),
            stack.enter_context(running("floor, a commit a request", [*floor, work / "alone.sqlite", "alone"])),
        ]
        progress = stack.enter_context(Progress(console=console, transient=True))
        bar = progress.add_task("warming up", total=len(servers) * (rounds + 1))
        for turn in range(rounds + 1):
            for server in servers:
                server.round(turn * votes, votes if turn else 1_000)
                progress.update(bar, advance=1, description=f"{server.name}, round {turn} of {rounds}")
            if not turn:
                for server in servers:
                    server.crowds.clear()
    return servers


def counted(var: Path) -> int:
    """What the server's own sealer has counted by now."""
    file = var / "public" / "bench" / "tally.json"
    return int(json.loads(file.read_text())["cast"]) if file.exists() else 0


def show(servers: list[Measured], console: Console) -> None:
    """The figures and the ratio."""
    table = Table("server", "votes/s (median)", "p99 ms", "memory KB: start", "middle", "end", title="Durable votes")
    for server in servers:
        memory = (server.memory[0], server.memory[len(server.memory) // 2], server.memory[-1])
        table.add_row(server.name, f"{server.rate:,.0f}", f"{server.p99:.1f}", *(f"{each:,}" for each in memory))
    console.print(table)
    for floor in servers[1:]:
        ratio = servers[0].rate / floor.rate
        verdict = "met" if ratio >= TARGET else "[bold red]missed[/]"
        console.print(f"ours / {floor.name}: {ratio:.2f}; target at least {TARGET}: {verdict}")


def main() -> int:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each server is asked (default 5)")
    parser.add_argument("--votes", type=int, default=20_000, help="votes in a round (default 20,000)")
    options = parser.parse_args()
    console = Console(width=120)
    work = Path(tempfile.mkdtemp(prefix="pingxuan-bench-votes-"))
    try:
        show(measure(work, options.rounds, options.votes, console), console)
        console.print(f"The running sealer had counted {counted(work / 'var'):,} at the end.")
    finally:
        shutil.rmtree(work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
