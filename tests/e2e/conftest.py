"""A whole hall for a browser: the repository's content, built once, and a server with an empty poll for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from halls import ROOT, SCREENS, Server, port
from playwright.sync_api import Browser, BrowserContext

from desk import release


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hall of content/, sample cases included, with what its build kept beside it."""
    folder = tmp_path_factory.mktemp("hall")
    release.build(ROOT / "content", folder / "site", folder, samples=True)
    return folder / "site"


@pytest.fixture
def serve(site: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server with an empty poll that knows the built site; as_of moves its clock."""
    running: list[Server] = []
    for name in ("site", "cache"):
        (tmp_path / name).symlink_to(site.parent / name)

    def start(as_of: str | None = None) -> Server:
        running.append(Server(tmp_path, port(), *(["--as-of", as_of] if as_of else [])))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A browser on a phone and on a desktop, with nothing remembered."""
    context = browser.new_context(**SCREENS[request.param], locale="zh-CN")
    context.set_default_timeout(10_000)
    yield context
    context.close()
