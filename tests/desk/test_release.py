"""Publishing: one step, whole or not at all, and back again."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sites import EDITIONS, content_with

from awards.errors import FindingsError, PingxuanError
from desk import release

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return content_with(tmp_path / "content", EDITIONS / "tiny")


def rename_case(content: Path, title: str) -> None:
    case = content / "editions/tiny/cases/2026-b-002.md"
    case.write_text(f'+++\ntitle = "{title}"\ncategory = "b"\n+++\n', "utf-8")


def test_rollback_shows_the_release_before(content: Path, tmp_path: Path) -> None:
    first = release.publish(content, tmp_path / "www", tmp_path / "var", NOW)
    rename_case(content, "改过的题目")
    release.publish(content, tmp_path / "www", tmp_path / "var", NOW + timedelta(minutes=1))
    page = tmp_path / "www/current/tiny/cases/2026-b-002/index.html"
    assert "改过的题目" in page.read_text("utf-8")
    assert release.rollback(tmp_path / "www") == first
    assert "改过的题目" not in page.read_text("utf-8")


def test_faulty_content_changes_no_release(content: Path, tmp_path: Path) -> None:
    first = release.publish(content, tmp_path / "www", tmp_path / "var", NOW)
    rename_case(content, "")
    with pytest.raises(FindingsError):
        release.publish(content, tmp_path / "www", tmp_path / "var", NOW + timedelta(minutes=1))
    assert release.releases(tmp_path / "www") == [first]
    assert sorted(path.name for path in (tmp_path / "www/releases").iterdir()) == [first]


def test_rollback_without_an_older_release_is_an_error_with_advice(content: Path, tmp_path: Path) -> None:
    with pytest.raises(PingxuanError, match="holds no release"):
        release.rollback(tmp_path / "www")
    release.publish(content, tmp_path / "www", tmp_path / "var", NOW)
    with pytest.raises(PingxuanError, match="no release before"):
        release.rollback(tmp_path / "www")


def test_a_reader_never_finds_the_current_release_missing_or_half_there(content: Path, tmp_path: Path) -> None:
    www, seen, stop = tmp_path / "www", set[str](), threading.Event()
    release.publish(content, www, tmp_path / "var", NOW)

    def read() -> None:
        while not stop.is_set():
            home = (www / "current").resolve()
            seen.add(f"{(home / 'sitemap.xml').is_file()} {(home / 'tiny/rules/index.html').is_file()}")

    reader = threading.Thread(target=read)
    reader.start()
    for minute in range(1, 3):
        rename_case(content, f"第{minute}版")
        release.publish(content, www, tmp_path / "var", NOW + timedelta(minutes=minute))
    release.rollback(www)
    stop.set()
    reader.join()
    assert seen == {"True True"}


def test_only_the_last_releases_are_kept(content: Path, tmp_path: Path) -> None:
    www = tmp_path / "www"
    for name in range(release.KEEP + 3):
        (www / "releases" / f"20250101T00000{name}.000000Z").mkdir(parents=True)
    release.publish(content, www, tmp_path / "var", NOW)
    assert len(release.releases(www)) == release.KEEP


def test_the_current_release_is_kept_even_if_older_ones_bear_later_names(content: Path, tmp_path: Path) -> None:
    www = tmp_path / "www"
    for name in range(release.KEEP):
        (www / "releases" / f"20990101T00000{name}.000000Z").mkdir(parents=True)
    release.publish(content, www, tmp_path / "var", NOW)
    assert (www / "current/tiny/index.html").is_file()


def test_a_current_that_is_no_link_is_an_error_with_advice(content: Path, tmp_path: Path) -> None:
    (tmp_path / "www/current").mkdir(parents=True)
    with pytest.raises(PingxuanError, match="cannot be switched") as error:
        release.publish(content, tmp_path / "www", tmp_path / "var", NOW)
    assert error.value.advice


def test_a_site_that_cannot_be_built_is_an_error_with_advice(content: Path, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var/cache").write_text("a file where a folder should be")
    with pytest.raises(PingxuanError, match="could not be built") as error:
        release.build(content, tmp_path / "site", tmp_path / "var", samples=True)
    assert "cache" in error.value.advice
