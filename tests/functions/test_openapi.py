"""The public API's document is true: schemathesis asks the running server what it says, and believes nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from app import app
from chalicelib import tokens
from chalicelib.answers import STATUS
from chalicelib.drafts import Draft
from chalicelib.submission_store import SQLiteSubmissions
from entries import call_of
from halls import port, wait_until
from serving import Hall

FILE = Path(__file__).parents[2] / "functions" / "openapi.json"
TOKEN, DRAFTS = "T" * 43, [f"{number}" * 16 for number in range(1, 5)]
API = json.loads(FILE.read_text("utf-8"))
# positive_data_acceptance would ask that every well-formed ballot is counted: the rule is not a matter of form.
# negative_data_rejection would ask that what a form or a query holds besides is refused: it is passed over.
LEFT_OUT = "positive_data_acceptance,negative_data_rejection"


@pytest.fixture(scope="module")
def hall(tmp_path_factory) -> Iterator[Hall]:
    hall = Hall(tmp_path_factory.mktemp("hall"), port())
    taking_submissions(hall)
    hall.start()
    wait_until(lambda: hall.get("/qd/tally.json").status == 200)
    yield hall
    hall.kill()
    hall.store.close()


def taking_submissions(hall: Hall) -> None:
    """Put a call in force whose window is open, and drafts into the store that one token opens."""
    store = SQLiteSubmissions(hall.folder / "var" / "submissions.sqlite")
    call, text = call_of("jinan-2021"), str(call_of("jinan-2021")["edition_toml"])
    for old, new in (('"jinan-2021"', '"qd"'), ("2021-11-18", "2020-08-01"), ("2021-12-15", "2020-08-31")):
        text = text.replace(old, new)
    assert store.put_call({**call, "edition": "qd", "edition_toml": text})
    for draft in DRAFTS:
        assert store.create(Draft("qd", draft, tokens.hashed(TOKEN), "entrant@example.org", "zh-CN"))
    store.close()


def narrowed() -> dict:
    """The document, its names narrowed to those that this server knows, and to one that it does not."""
    api = deepcopy(API)
    for path, item in api["paths"].items():
        item["parameters"][0] |= {"schema": {"enum": ["qd", "nowhere"]}, "example": "qd"}
        for named in item["parameters"]:
            if named["name"] == "draft":
                known = DRAFTS[-1:] if path.endswith("/withdraw") else DRAFTS[:-1]
                named |= {"schema": {"enum": [*known, "0" * 16]}, "example": known[0]}
    cases = api["components"]["schemas"]["Ballot"]["properties"]["cases"]
    cases["items"] = {"type": "string", "enum": ["c1", "c2", "gone", "c9"]}
    api["components"]["schemas"]["Ballot"]["examples"][0]["cases"] = ["c1"]
    return api


def schemathesis(document: dict, folder: Path, url: str, token: str = "") -> subprocess.CompletedProcess[str]:
    """Run it as its users do; examples come from a fixed seed, so that a failure comes again."""
    (folder / "openapi.json").write_text(json.dumps(document), "utf-8")
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(folder / "openapi.json"), "--url", url]
    # Who always bears a token cannot leave it out; and without one a draft is not there (404), which is no 401.
    left_out = f"{LEFT_OUT},missing_required_header,ignored_auth" if token else LEFT_OUT
    command += ["--checks", "all", "--exclude-checks", left_out, "--phases", "examples,coverage,fuzzing"]
    command += ["--header", f"Authorization: Bearer {token}"] if token else []
    command += ["--max-examples", "25", "--seed", "20200822", "--no-color", "--generation-database", "none"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("narrow", [False, True], ids=["as published", "with the names that are known"])
def test_the_server_answers_as_the_document_says(hall, tmp_path, narrow):
    done = schemathesis(narrowed() if narrow else API, tmp_path, f"http://127.0.0.1:{hall.port}", TOKEN * narrow)
    assert done.returncode == 0, done.stdout + done.stderr
    if narrow:  # it came as far as a vote that counts
        assert hall.vote(word="another").status == 409
        store = SQLiteSubmissions(hall.folder / "var" / "submissions.sqlite")  # and as far as these, too
        drafts = [store.draft("qd", draft) for draft in DRAFTS]
        assert max(draft.revision for draft in drafts) > 1
        assert [str(draft.state) for draft in drafts] == ["draft", "draft", "draft", "withdrawn"]
        store.close()


def test_a_document_that_lies_would_be_found(hall, tmp_path):
    lie = narrowed()
    lie["paths"] = {path: item for path, item in lie["paths"].items() if path.endswith("status")}
    lie["components"]["schemas"]["Status"]["required"].append("votes")
    done = schemathesis(lie, tmp_path, f"http://127.0.0.1:{hall.port}")
    assert (done.returncode, "required property" in done.stdout) == (1, True)


def test_every_route_is_in_the_document_and_every_path_below_api_is_a_route():
    told = {(path, method.upper()) for path, item in API["paths"].items() for method in item if method != "parameters"}
    routes = {(path, method) for path, methods in app.routes.items() for method in methods}
    assert {row for row in told if row[0].startswith("/api/")} == routes


def test_every_code_that_an_answer_can_bear_is_in_the_document():
    schemas = API["components"]["schemas"]
    told = [schemas[name]["properties"]["code"]["enum"] for name in ("Refusal", "EntryRefusal", "Counted")]
    assert set().union(*told) == set(STATUS)
