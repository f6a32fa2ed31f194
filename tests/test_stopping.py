"""The server stops when it is told to, also when Ctrl-C or an init system tells every process of it at once."""

import os
import signal
from pathlib import Path

import pytest
from halls import Server, answers, port, wait_until


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_server_whose_processes_are_all_told_to_stop_stops(tmp_path, told):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<h1>Hall</h1>")
    for _ in range(4):
        server = Server(tmp_path / "var", port(), "--site", str(tmp_path / "site"))
        os.killpg(server.process.pid, told)
        assert server.process.wait(15) is not None


def test_a_worker_that_is_killed_is_replaced(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<h1>Hall</h1>")
    server = Server(tmp_path / "var", port(), "--site", str(tmp_path / "site"))

    def worker() -> int | None:
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        return int(children[-1]) if children else None

    first = worker()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: worker() not in {None, first} and answers(server.url), "no other worker came")
    server.stop()
