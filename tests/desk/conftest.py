"""What the tests of an editor's desk share: an office that submissions arrive at, and the verbs on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from arriving import Office

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


@pytest.fixture
def verb(office):
    """Runs a verb on the office's content and folder, in October 2019."""

    def run(*words: str, code: int = 0) -> str:
        command = [sys.executable, str(ROOT / "publish.py"), *words, "--content", str(office.content)]
        environment = os.environ | {"PINGXUAN_VAR": str(office.var), "COLUMNS": "200"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stdout + done.stderr
        return done.stdout

    return run
