"""Covers and colours: the same number, the same picture; readable on every ground."""

from dataclasses import replace
from pathlib import Path

import pytest

from awards.content import load
from awards.model import Category
from theme.colours import NIGHT, PAPER, contrast, on_dark, on_light
from theme.covers import PALETTE, band, colour, cover

TINY = load(Path(__file__).parent.parent / "editions" / "tiny")[0]


def test_the_same_number_always_gives_the_same_cover():
    assert cover("2020-cy-0137", "#0b5d6b") == cover("2020-cy-0137", "#0b5d6b")
    assert cover("2020-cy-0137", "#0b5d6b") != cover("2020-cy-0138", "#0b5d6b")


@pytest.mark.parametrize("slug", [f"2020-cy-{number:04}" for number in range(50)])
def test_a_cover_is_one_path_per_opacity_and_small(slug):
    svg = cover(slug, "#0b5d6b")
    assert len(svg.encode()) < 1200
    assert svg.count("<path") <= 4


def test_a_band_says_nothing_to_a_screen_reader():
    assert 'aria-hidden="true"' in band("2020-cy-0137", "#0b5d6b")


def test_every_category_colour_carries_white_text():
    assert [shade for shade in PALETTE if contrast(shade, "#ffffff") < 4.5] == []


def test_a_category_has_a_colour_by_its_position_even_past_the_palette():
    codes = [f"c{number}" for number in range(len(PALETTE) + 1)]
    edition = replace(TINY, categories=tuple(Category(code, code, ()) for code in codes))
    shades = [colour(edition, code) for code in codes]
    assert shades == [*PALETTE, PALETTE[0]]


@pytest.mark.parametrize("accent", ["#0b5d6b", "#ffee00", "#ffffff", "#000000", "#c0392b", "#1f4e79", "#777777"])
def test_any_accent_becomes_readable_on_paper_and_at_night(accent):
    assert contrast(on_light(accent), PAPER) >= 4.5
    assert contrast(on_light(accent), "#ffffff") >= 4.5
    assert contrast(on_dark(accent), NIGHT) >= 4.5
    assert contrast(on_dark(accent), "#101413") >= 4.5


def test_an_accent_that_reads_is_left_as_it_is():
    assert on_light("#0b5d6b") == "#0b5d6b"


def test_contrast_is_the_one_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
