"""The server stops when it is told to, also when Ctrl-C or an init system tells every process of it at once."""

import os
import signal

import pytest
from halls import Server, port


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_server_whose_processes_are_all_told_to_stop_stops(tmp_path, told):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<h1>Hall</h1>")
    for _ in range(4):
        server = Server(tmp_path / "var", port(), "--site", str(tmp_path / "site"))
        os.killpg(server.process.pid, told)
        assert server.process.wait(15) is not None
