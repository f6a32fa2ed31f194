"""Text from cells shows as it is, and comes back from TOML as it went in."""

import html
import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awards.content import split_front_matter
from desk.casefiles import case_text, to_toml
from desk.celltext import as_markdown, clean, first_address, first_sentence, one_line
from theme.stories import render

any_text = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(any_text, any_text | st.booleans() | st.integers(0, 2**40) | st.lists(any_text)))
def test_what_is_written_as_toml_reads_back(table):
    assert tomllib.loads(to_toml(table)) == table


@given(any_text, st.dictionaries(any_text, any_text, min_size=1), st.lists(st.dictionaries(any_text, any_text)))
def test_a_case_file_comes_apart_as_it_was_put_together(title, facts, pictures):
    front = {"title": title, "facts": facts, "pictures": pictures}
    read, story = split_front_matter(case_text(front, "The story."))
    assert (tomllib.loads(read), story) == (front, "\nThe story.\n")


markup = st.lists(
    st.sampled_from([*"#*_`~<>[]()!|=-+:\\&;{}^1. \n\tab", "https://e.org/x", "&amp;", "www."]) | st.characters()
)


@given(markup.map("".join))
def test_any_cell_shows_as_the_text_that_it_is(cell):
    shown = render(as_markdown(cell))
    paragraphs = re.findall(r"<p>(.*?)</p>", shown, re.DOTALL)
    texts = [html.unescape(re.sub(r"<[^>]*>", "", paragraph)) for paragraph in paragraphs]
    assert set(re.findall(r"</?(\w+)", shown)) <= {"p", "a"}
    assert [one_line(text) for text in texts] == [line for line in map(one_line, clean(cell).split("\n")) if line]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("see (https://e.org/a_(b)), and", "https://e.org/a_(b)"),
        ("https://e.org/a, https://e.org/b", "https://e.org/a"),
        ("https:/e.org", ""),
        ("见https://e.org/甲。又", "https://e.org/甲"),
    ],
)
def test_an_address_ends_where_the_sentence_goes_on(text, address):
    assert first_address(text) == address


def test_a_first_sentence_is_neither_a_scrap_nor_too_long():
    assert first_sentence("A tool, e.g. a robot, that helps the U.S. Army. And more.", 60) == (
        "A tool, e.g. a robot, that helps the U.S. Army."
    )
    cut = first_sentence("word " * 50, 100)
    assert len(cut) <= 100
    assert cut.endswith("word…")
