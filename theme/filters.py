"""What the templates may ask for: dates, figures, colours and rules in words.

Registers; the wording lives in theme.times, theme.voting_words and theme.rule_words, the words in theme.catalogue.
Filters that speak take the edition, and answer in its language.
"""

from collections.abc import Callable
from typing import Any

from theme import covers, rule_words, times, voting_words
from theme.colours import on_dark, on_light


def figure(value: int) -> str:
    """A whole number with its thousands set apart."""
    return f"{value:,}"


FILTERS: dict[str, Callable[..., Any]] = {
    "figure": figure,
    "day": times.day,
    "instant": times.instant,
    "closing": times.closing,
    "short_closing": times.short_closing,
    "window": times.window,
    "short_window": times.short_window,
    "iso": times.iso,
    "band": covers.band,
    "on_light": on_light,
    "on_dark": on_dark,
    "voting_brief": voting_words.voting_brief,
    "ballot_brief": voting_words.ballot_brief,
    "voting_rule": voting_words.voting_rule,
    "entry_rules": rule_words.entry_rules,
    "part_name": rule_words.part_name,
    "panel_rules": rule_words.panel_rules,
    "scoring_rules": rule_words.scoring_rules,
    "prize_count": rule_words.prize_count,
    "organisers_basis": rule_words.organisers_basis,
    "retention": rule_words.retention,
    "zone_name": times.zone_name,
}
