"""The command line tells the truth about itself: each verb and option has help, and the documents name each verb."""

from pathlib import Path

import click
import pytest

import publish

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]
VERBS = sorted(publish.cli.commands)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_has_help_of_one_sentence_at_least(verb):
    assert (publish.cli.commands[verb].help or "").strip().endswith((".", "。"))


@pytest.mark.parametrize("verb", VERBS)
def test_an_option_has_help(verb):
    options = [option for option in publish.cli.commands[verb].params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_both_readmes_name_the_verb(verb, readme):
    assert f"`{verb}`" in (ROOT / readme).read_text(encoding="utf-8")


def test_the_documents_name_no_verb_that_is_not_there():
    named = {
        words[words.index("publish.py") + 1].strip("`,.;:")
        for document in DOCUMENTS
        for line in document.read_text(encoding="utf-8").splitlines()
        for words in [line.replace("`", " ` ").split()]
        if "publish.py" in words[:-1]
    }
    assert {name for name in named if name.isalpha() and name.isascii()} <= set(VERBS)
