"""The README's commands run, each in its order, in a copy of the checkout; `make test` alone is left to CI."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VENV = Path(sys.prefix)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(readme: str) -> list[str]:
    """The commands of the README's fenced blocks, without their comments."""
    text = (ROOT / readme).read_text(encoding="utf-8")
    lines = [line.partition("  #")[0].strip() for block in BLOCK.findall(text) for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of all files that git has or would add, with this run's .venv."""
    if not (VENV / "run.stamp").exists():
        pytest.skip("the README's commands are run under make test, which made .venv")
    folder = tmp_path_factory.mktemp("readme") / "pingxuan"
    listing = ["git", "ls-files", "-coz", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    (folder / ".venv").symlink_to(VENV)
    return folder


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """The caller's environment, without what would lead the commands away from the copy."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PINGXUAN_", "MAKE", "PYTEST_"))}


def read_when_there(url: str, process: subprocess.Popen, seconds: float) -> str:
    """The page, as soon as somebody answers there."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read().decode()
        except urllib.error.URLError:
            time.sleep(0.2)
    raise AssertionError(f"nobody answered on {url}")


def test_both_readmes_have_the_same_commands():
    assert commands("README.zh-CN.md") == commands("README.md")


def test_the_readme_names_the_two_commands_of_a_newcomer():
    assert commands("README.md")[:2] == ["make serve", "make test"]


def test_make_serve_shows_the_hall_and_says_where(checkout, environment, free_port, tmp_path):
    with (tmp_path / "printed").open("w+") as printed:
        process = subprocess.Popen(
            ["make", "serve", f"PORT={free_port}"],
            cwd=checkout,
            env=environment,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            page = read_when_there(f"http://127.0.0.1:{free_port}/", process, 120)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
            printed.seek(0)
            said = printed.read()
    assert f"http://127.0.0.1:{free_port}/" in said
    assert "/showcase-zh/" in page


def said_by(command: str, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """The exit code of a command and all it printed."""
    words = shlex.split(command)
    ran = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=280)
    return ran.returncode, ran.stdout + ran.stderr


def test_every_other_command_runs(checkout, environment):
    for command in commands("README.md"):
        if command not in {"make serve", "make test"}:
            code, said = said_by(command, checkout, environment)
            assert code == 0, f"{command}\n{said}"
