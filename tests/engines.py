"""The engines that tests need beyond Python: which are here, where, and what is said where one is not.

Knows how to find them and how a test asks for one; refuses to know what the tests do with them.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

NODE_MODULES = Path(__file__).parent / "node" / "node_modules"
# --no-sandbox: continuous integration runs as root. The others: no talk with anybody but the page's own server.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = {
    "chromium": "Chromium (Debian: chromium): the pages in a browser",
    "cjk-font": "a Chinese font (Debian: fonts-noto-cjk): pictures of the pages",
    "npm": "es-check and vnu-jar (Debian: npm; make test installs them): old browsers, the W3C's checker",
    "java": "Java (Debian: default-jre-headless): the W3C's checker, DynamoDB Local",
    "dynamodb-local": "DynamoDB Local (Debian: npm, default-jre-headless; make test installs it): votes on DynamoDB",
}


def chromium() -> str | None:
    """The browser's program."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def cjk_font() -> str | None:
    """A font file with simplified Chinese."""
    if not shutil.which("fc-list"):
        return None
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "file"], capture_output=True, text=True, check=False)
    return next(iter(listed.stdout.splitlines()), None)


def node_checkers() -> str | None:
    """The folder where make test installed the checkers, if Node can run them."""
    both = all((NODE_MODULES / name).is_dir() for name in ("es-check", "vnu-jar"))
    return str(NODE_MODULES) if both and shutil.which("node") else None


def java() -> str | None:
    """The Java program."""
    return shutil.which("java")


def dynamodb_local() -> str | None:
    """The folder of AWS's DynamoDB Local, which that npm package carries, if Java can run it."""
    folder = NODE_MODULES / "amplify-dynamodb-simulator" / "emulator"
    return str(folder) if (folder / "DynamoDBLocal.jar").is_file() and java() else None


FINDERS: dict[str, Callable[[], str | None]] = {
    "chromium": chromium,
    "cjk-font": cjk_font,
    "npm": node_checkers,
    "java": java,
    "dynamodb-local": dynamodb_local,
}


@cache
def find(engine: str) -> str | None:
    """Where the engine is, or None."""
    return FINDERS[engine]()


def missing() -> list[str]:
    """The engines that are not here."""
    return [engine for engine in NAMES if find(engine) is None]


def required() -> bool:
    """Whether a missing engine is a failure."""
    return os.environ.get("REQUIRE_ENGINES") == "1"


def needs(*engines: str) -> pytest.MarkDecorator:
    """Mark a test that runs only where these engines are; ``pytestmark`` marks a whole module."""
    unknown = set(engines) - set(NAMES)
    if unknown:
        raise ValueError(f"no such engine: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return pytest.mark.needs(*engines)
