"""The hall is published and rolled back while a client votes and reads without pause."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

import pytest
from halls import ROOT, Server, port, wait_until

CASE = "/showcase-zh/cases/{case}/"


class Client:
    """Votes from one address after another and reads a case's page after each vote, until told to stop."""

    def __init__(self, url: str, case: str) -> None:
        self.url, self.case = url, case
        self.votes: list[int] = []
        self.pages: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        for number in itertools.count():
            if self._stop.is_set():
                return
            self.votes.append(self._vote(number))
            self.pages.append(self._read())

    def _vote(self, number: int) -> int:
        body = json.dumps({"cases": [self.case], "h": f"{number:032x}"}).encode()
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        headers = {"Content-Type": "application/json", "X-Real-IP": address}
        request = urllib.request.Request(f"{self.url}/api/editions/showcase-zh/votes", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def _read(self) -> str:
        with urllib.request.urlopen(self.url + CASE.format(case=self.case), timeout=10) as answer:
            page = answer.read().decode()
        whole = page.rstrip().endswith("</html>") and f"{answer.status}" == "200"
        return next((title for title in ("旧题目", "新题目") if title in page), "neither") if whole else "half"


def verb(folder: Path, *words: str) -> None:
    environment = os.environ | {"PINGXUAN_VAR": str(folder / "var")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "publish.py"), *words], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    shutil.copytree(ROOT / "content/editions/showcase-zh", folder / "editions/showcase-zh")
    return folder


def entitle(content: Path, case: str, title: str) -> None:
    path = content / "editions/showcase-zh/cases" / f"{case}.md"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(f'title = "{title}"\n' if line.startswith("title =") else line for line in lines), "utf-8")


def test_no_vote_fails_and_no_page_is_half_there(
    content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINGXUAN_TRUST", "proxy:X-Real-IP")
    case = min((content / "editions/showcase-zh/cases").glob("*.md")).stem
    publish = ("publish", "--content", str(content), "--to", str(tmp_path / "www"))
    entitle(content, case, "旧题目")
    verb(tmp_path, *publish)
    verb(tmp_path, "open", "showcase-zh", "--content", str(content))
    server = Server(tmp_path / "var", port(), "--site", str(tmp_path / "www/current"))
    try:
        with Client(server.url, case) as client:
            wait_until(lambda: len(client.pages) > 20, "the client does not vote")
            entitle(content, case, "新题目")
            verb(tmp_path, *publish)
            wait_until(lambda: client.pages[-1] == "新题目", "the new release is not shown")
            verb(tmp_path, "rollback", "--to", str(tmp_path / "www"))
            wait_until(lambda: client.pages[-1] == "旧题目", "the old release is not shown again")
        assert set(client.votes) == {201}
        assert set(client.pages) == {"旧题目", "新题目"}
        verb(tmp_path, "seal", "showcase-zh")
        tally = json.loads((tmp_path / "var/public/showcase-zh/tally.json").read_text("utf-8"))
        assert tally["counts"][case] == len(client.votes) > 20
    finally:
        server.stop()
