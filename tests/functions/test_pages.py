import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest
from chalicelib import pages
from chalicelib.answers import COUNTED
from chalicelib.receipt import Receipt
from chalicelib.refused import REFUSALS, RefusedError, malformed, refused
from chalicelib.store import Vote
from engines import NODE_MODULES, needs
from voters import NOON, PAPER

from awards import ballot


def receipt(language: str) -> str:
    vote = Vote("ab" * 16, ("c1", "c2"), "12" * 8, "2020-08-24")
    paper = replace(PAPER, language=language, title="A < B & C")
    return pages.receipt(
        Receipt(paper, "2020-08-24", vote, again=False, next=NOON, nonce="cd" * 16), COUNTED["counted"]
    )


def over(language: str) -> str:
    error = RefusedError(ballot.refusal("already_voted", PAPER.rule), next="2020-08-25T00:00:00+08:00")
    return pages.refusal(error, "qd", language)


KINDS: dict[str, Callable[[str], str]] = {
    "receipt": receipt,
    "over": over,
    "confirm": lambda language: pages.refusal(refused("confirm", cases=("c1",), token="<>"), "qd", language),
    "malformed": lambda language: pages.refusal(malformed(ballot.read({}, PAPER.rule)), "qd", language),
    "unknown": lambda language: pages.refusal(refused("no_such_edition"), "<script>", language),
}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_speaks_its_language_and_looks_like_the_hall(kind, language):
    page = KINDS[kind](language)
    assert page.startswith(f'<!DOCTYPE html>\n<html lang="{language}">')
    assert [page.count(part) for part in ("<h1>", '<main id="main"', 'href="/static/hall.css"')] == [1, 1, 1]
    assert bool(re.search("[\u4e00-\u9fff]", page.partition("<h1>")[2].partition("</h1>")[0])) == (language == "zh-CN")
    assert "<script" not in page


def test_every_refusal_has_a_page_in_both_languages():
    for code in REFUSALS.keys() - {"confirm"}:
        page = pages.refusal(refused(code), "qd", "en")
        assert REFUSALS[code].en in page
        assert REFUSALS[code].zh in page


@needs("npm", "java")
def test_the_w3c_checker_finds_no_error(tmp_path):
    for kind, page in KINDS.items():
        for language in ("zh-CN", "en"):
            (tmp_path / f"{kind}-{language}.html").write_text(page(language), encoding="utf-8")
    jar = next((NODE_MODULES / "vnu-jar").rglob("vnu.jar"))
    checked = subprocess.run(
        ["java", "-jar", str(jar), "--errors-only", "--format", "json", *map(str, tmp_path.glob("*.html"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [(each.get("url", ""), each["message"]) for each in json.loads(checked.stderr)["messages"]] == []
