import hashlib

import pytest
from chalicelib.files import Files
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    top = tmp_path_factory.mktemp("files")
    for name, text in {
        "site/index.html": "home",
        "site/404.html": "no such page",
        "site/qd/cases/c1/index.html": "case",
        "site/static/hall.css": "body{}",
        "site/embed.js": "draw()",
        "site/openapi.json": "{}",
        "site/feeds/notices.xml": "<feed/>",
        "site/中文.txt": "text",
        "site/.secret": "SECRET",
        "site/qd/tally.json": "SECRET",
        "public/qd/tally.json": '{"cast":1}',
        "public/qd/.lock": "SECRET",
        "votes.sqlite": "SECRET",
        "site2/index.html": "SECRET",
    }.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, encoding="utf-8")
    (top / "site" / "out").symlink_to(top / "votes.sqlite")
    return top


@pytest.fixture(scope="module")
def files(folders):
    return Files(folders / "site", folders / "public")


@pytest.mark.parametrize(
    ("path", "status", "kind", "body"),
    [
        ("/", 200, "text/html; charset=utf-8", b"home"),
        ("/qd/cases/c1/", 200, "text/html; charset=utf-8", b"case"),
        ("/static/hall.css", 200, "text/css; charset=utf-8", b"body{}"),
        ("/feeds/notices.xml", 200, "application/atom+xml", b"<feed/>"),
        ("/中文.txt", 200, "text/plain; charset=utf-8", b"text"),
        ("/qd/tally.json", 200, "application/json", b'{"cast":1}'),
        ("/qd/ballot.json", 404, "text/html; charset=utf-8", b"no such page"),
        ("/nothing/", 404, "text/html; charset=utf-8", b"no such page"),
    ],
)
def test_a_path_is_a_file_of_the_site_or_of_what_is_published(files, path, status, kind, body):
    found, headers, content = files.reply(path, "", "")
    assert (found, headers["Content-Type"], content) == (status, kind, body)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_a_folder_without_its_slash_is_redirected_with_its_query(files):
    status, headers, _ = files.reply("/qd/cases/c1", "from=card", "")
    assert (status, headers["Location"]) == (301, "/qd/cases/c1/?from=card")


@pytest.mark.parametrize(
    "path",
    [
        "/../votes.sqlite",
        "/qd/../../votes.sqlite",
        "/qd/..",
        "/.secret",
        "/out",
        "//votes.sqlite",
        "//evil.example/",
        "/qd//cases/c1/",
        "/..\\votes.sqlite",
        "/\0",
        "/../site2/",
        "/qd/.lock",
        "qd",
        "",
        "/" + "a" * 5000,
        "/index.html/",
    ],
)
def test_no_path_leads_out_of_the_site(files, path):
    status, _, content = files.reply(path, "", "")
    assert (status, content) == (404, b"no such page")


@given(
    st.lists(
        st.sampled_from(["..", ".", "/", "//", "\\", "qd", "site2", "out", "votes.sqlite", ".secret", "%2e", "\0"])
    ).map("".join)
)
def test_no_secret_is_ever_served(files, path):
    assert b"SECRET" not in files.reply("/" + path, "", "")[2]
    assert not str(files.reply("/" + path, "", "")[1].get("Location", "")).startswith("//")


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
def test_a_page_that_is_known_is_not_sent_again(files, known):
    tag = files.reply("/", "", "")[1]["ETag"]
    status, headers, body = files.reply("/", "", known.format(tag))
    assert (status, headers["ETag"], body) == (304, tag, b"")
    assert files.reply("/", "", '"other"')[0] == 200


def test_only_an_asset_asked_for_by_its_own_digest_is_kept_forever(files):
    own = hashlib.sha256(b"body{}").hexdigest()[:12]
    lives = [
        files.reply("/static/hall.css", query, "")[1]["Cache-Control"] for query in (f"v={own}", "v=0123456789ab", "")
    ]
    assert lives == ["public, max-age=31536000, immutable", "no-cache", "no-cache"]
    assert files.reply("/", "", "")[1]["Cache-Control"] == "no-cache"
    assert files.reply("/qd/tally.json", "", "")[1]["Cache-Control"] == "public, max-age=0, s-maxage=2"


def test_what_others_load_has_a_short_life_and_may_be_read_from_anywhere(files):
    lives = {path: files.reply(path, "", "")[1] for path in ("/embed.js", "/openapi.json", "/qd/tally.json")}
    assert {path: headers["Access-Control-Allow-Origin"] for path, headers in lives.items()} == dict.fromkeys(
        lives, "*"
    )
    assert [lives[path]["Cache-Control"] for path in ("/embed.js", "/openapi.json")] == ["public, max-age=300"] * 2
    assert lives["/embed.js"]["Content-Type"] == "text/javascript; charset=utf-8"
    assert "Access-Control-Allow-Origin" not in files.reply("/", "", "")[1]


def test_a_release_that_is_switched_is_served_from_the_next_request_on(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(name)
    current = tmp_path / "current"
    current.symlink_to("one")
    files = Files(current, tmp_path / "public")
    assert files.reply("/", "", "")[2] == b"one"
    (tmp_path / "next").symlink_to("two")
    (tmp_path / "next").replace(current)
    assert files.reply("/", "", "")[2] == b"two"


def test_a_site_that_is_away_is_not_found(tmp_path):
    status, _, body = Files(tmp_path / "none", tmp_path).reply("/", "", "")
    assert (status, b"There is no such page" in body) == (404, True)
