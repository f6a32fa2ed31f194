"""What all tests share: engines, the minutes of each part, --golden, and a few fixtures.

Fixtures: ``shared`` (the material beside the checkout), ``free_port``, ``browser`` (Chromium, one for the run).
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import engines
import halls
import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
SECONDS: Counter[str] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write the golden site of the tiny edition anew")


def pytest_report_header() -> list[str]:
    return [f"engine missing: {engines.NAMES[engine]}" for engine in engines.missing()]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test whose engine is missing is skipped with its name, or fails where engines are required."""
    for mark in item.iter_markers("needs"):
        for engine in mark.args:
            if engines.find(engine) is None:
                (pytest.fail if engines.required() else pytest.skip)(f"needs {engines.NAMES[engine]}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    SECONDS["/".join(report.nodeid.partition("::")[0].split("/")[:2])] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The minutes of each part and, in red and last, what was not tested because an engine is missing."""
    seconds = dict(SECONDS)
    if "LINT_SECONDS" in os.environ:
        seconds = {"lint": float(os.environ["LINT_SECONDS"]), **seconds}
    terminalreporter.section("minutes")
    for part, took in sorted(seconds.items(), key=lambda row: -row[1]):
        terminalreporter.line(f"{took / 60:6.2f}  {part}")
    terminalreporter.line(f"{sum(seconds.values()) / 60:6.2f}  together")
    if absent := engines.missing():
        terminalreporter.section("ENGINES MISSING: their tests did not run", red=True, bold=True)
        for engine in absent:
            terminalreporter.line(f"  {engines.NAMES[engine]}", red=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """REQUIRE_ENGINES=1: a missing engine fails the run, even if no test of this run asked for it."""
    if engines.required() and engines.missing() and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def shared() -> Path:
    """The material that lies beside the checkout while Pingxuan is made; not part of the repository."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is not here: this test compares with material that is not in the repository")
    return folder


@pytest.fixture
def free_port() -> int:
    """A port of this machine that nobody listens on."""
    return halls.port()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium with a fresh profile; a test that asks for it is marked needs("chromium")."""
    with sync_playwright() as playwright:
        program = engines.find("chromium")
        running = playwright.chromium.launch(executable_path=program, args=list(engines.CHROMIUM_ARGUMENTS))
        yield running
        running.close()
