"""The golden site of the tiny edition. Rewrite it with `make golden` and read the difference before committing it."""

import shutil
from pathlib import Path

import pytest
from sites import EDITIONS, built, content_with, contents, without_versions

GOLDEN = Path(__file__).parent / "golden"
NOT_PAGES = ("static/", "embed.js", "openapi.json")
PAPERS = ".docx"  # tests/functions/test_paper.py reads those


def test_the_tiny_edition_builds_the_golden_site(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    content = content_with(tmp_path / "content", EDITIONS / "tiny")
    site = built(content, tmp_path / "site", tmp_path / "var")
    pages = {
        name: without_versions(page)
        for name, page in site.items()
        if not name.startswith(NOT_PAGES) and not name.endswith(PAPERS)
    }
    if request.config.getoption("--golden"):
        shutil.rmtree(GOLDEN, ignore_errors=True)
        for name, page in pages.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_bytes(page)
    golden = contents(GOLDEN)
    assert sorted(pages) == sorted(golden)
    assert [name for name in pages if pages[name] != golden[name]] == []
