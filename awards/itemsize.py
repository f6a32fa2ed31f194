"""How large the item of one voter and period can grow under a rule: up to 1 KB, a vote is one write unit (VOTES 2).

Knows the attributes that the vote store of AWS writes (functions/chalicelib/dynamo_vote.py) and how DynamoDB counts
bytes: names and texts by their bytes, whole numbers by a byte and another for two digits. Knows no store. The figure is
never too small, and exact where all case numbers are equally long and no choice falls on the same case twice.
"""

from collections.abc import Sequence
from dataclasses import replace

from awards.model import Edition, VotingRule

UNIT = 1024  # bytes in one write unit
KEY = len("pk") + len("||") + 1 + len("sk") + 16  # beside edition, span and minutes: a bucket's byte, a subject's 16
SPANS = {"day": len("2020-08-24"), "week": len("2020-W35"), "edition": len("edition")}
MINUTES = len("T10:05")  # of a period of minutes, whose span is the day
DAY = len("2020-08-24")  # of a ballot, where the span does not say it
BALLOT = 32 + len("0173f1a2b3c|0123456789abcdef|")  # h; when, id, then day and cases
VERSION = 9999  # of a ballot paper; nobody opens an edition more often


def largest(rule: VotingRule, edition: str, case: int, categories: Sequence[str]) -> int:
    """The bytes of the largest item. edition: its id. case: how long case numbers are. categories: their codes."""
    choices = _choices(rule, len(categories))
    minutes = 0 if rule.per in SPANS else MINUTES
    day = DAY if rule.per in ("week", "edition") else 0
    size = KEY + len(edition) + SPANS.get(rule.per, DAY) + minutes
    size += len("n") + _number(rule.votes) + len("v") + _number(VERSION)
    size += min(rule.votes, choices // rule.at_least) * (BALLOT + day) + choices * (len("|") + case)
    return size + _counters(rule, choices, case, categories)


def _choices(rule: VotingRule, categories: int) -> int:
    """How many choices all ballots of a period hold at most. Cases may still be added, so they bound nothing."""
    limit = rule.votes * rule.at_most
    return limit if rule.per_category is None else max(rule.at_least, min(limit, rule.per_category * categories))


def _counters(rule: VotingRule, choices: int, case: int, categories: Sequence[str]) -> int:
    """The counts per case and category, which stand in the item where the rule limits them and leaves more ballots."""
    if rule.votes == 1:
        return 0
    size = 0
    if rule.per_case is not None:
        size += choices * (len("c:") + case) + choices * _number(min(rule.per_case, rule.votes))
    if rule.per_category is not None:
        longest = sorted(map(len, categories), reverse=True)[:choices]
        size += sum(len("k:") + code + _number(min(rule.per_category, choices)) for code in longest)
    return size


def _number(highest: int) -> int:
    """The bytes of a whole number that is not above this."""
    return 1 + (len(str(highest)) + 1) // 2


def too_large(edition: Edition) -> tuple[str, str] | None:
    """What is found of a rule whose items could outgrow a write unit, and what is allowed; None if they cannot."""
    rule = edition.voting
    if rule is None:
        return None
    case, codes = _longest(edition), [category.code for category in edition.categories]
    size = largest(rule, edition.id, case, codes)
    if size <= UNIT:
        return None
    what = f"votes {rule.votes}, at_most {rule.at_most}, case numbers of {case}"
    ways = (
        ("votes = {} or less", [(n, replace(rule, votes=n), case) for n in range(rule.votes - 1, 0, -1)]),
        (
            "at_most = {} or less",
            [(n, replace(rule, at_most=n), case) for n in range(rule.at_most - 1, rule.at_least - 1, -1)],
        ),
        ("case numbers of at most {} characters", [(n, rule, n) for n in range(case - 1, 0, -1)]),
    )
    told = []
    for words, tries in ways:
        fitting = (n for n, changed, length in tries if largest(changed, edition.id, length, codes) <= UNIT)
        told += [words.format(n) for n in [next(fitting, None)] if n is not None]
    allowed = f"at most {UNIT} bytes, so that a vote is one write: {', or '.join(told) or 'fewer votes of fewer cases'}"
    return f"up to {size} bytes for one voter and period ({what})", allowed


def _longest(edition: Edition) -> int:
    """The length of the longest case number; where there is no case yet, that of a number such as 2020-cy-0001."""
    longest = max((len(each.code) for each in edition.categories), default=0)
    return max((len(case.slug) for case in edition.cases), default=len(f"{edition.year}--0001") + longest)
