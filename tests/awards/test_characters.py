"""字, counted as offices count them: characters.json holds the examples, for this counter and for the browser's."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awards.characters import count

EXAMPLES = json.loads((Path(__file__).parent / "characters.json").read_text(encoding="utf-8"))
CALM = settings(deadline=None)  # a busy machine is no fault
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF))


@pytest.mark.parametrize(("text", "expected", "why"), EXAMPLES, ids=[why for _, _, why in EXAMPLES])
def test_a_text_has_as_many_characters_as_an_office_counts(text, expected, why):
    assert count(text) == expected, why


@CALM
@given(st.text())
def test_a_text_has_no_more_characters_than_code_points(text):
    assert 0 <= count(text) <= len(text)


@CALM
@given(st.text(), st.text())
def test_texts_on_two_lines_count_as_much_as_apart(first, second):
    assert count(f"{first}\n{second}") == count(first) + count(second)


@CALM
@given(HAN, st.integers(1, 9))
def test_han_count_one_each_however_they_are_spaced(text, width):
    assert count((" " * width).join(text)) == count(text) == len(text)


@pytest.mark.parametrize("piece", ["中a", "a’", "👨\u200d", "\u0301", "🇨", "“", " ", "a\u200d"])
def test_counting_a_long_text_takes_no_more_than_its_length(piece):
    started = time.perf_counter()
    count(piece * 50_000)
    assert time.perf_counter() - started < 2
