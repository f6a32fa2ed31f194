"""Submissions that may be one: the same title, the same project from its other side, nearly the same text, a branch.

Knows texts and who wrote them; decides nothing: each is a suspicion for an editor. Every rule is linear in the length
of all texts together.

The rule of texts: letters and digits alone count, in one case and width. Of all runs of 12 of them, those whose digest
(BLAKE2b) ends in two zero bits stand for the text. A run belongs to the first submission that has it. A submission is
like an earlier one that owns half of the runs of the shorter text, if that has at least 16.
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

RUN = 12  # characters
FEWEST = 16  # runs that stand for a text, under which nothing can be said
_BRANCH = re.compile("(?:分公司|支公司|分行|支行|分院|分局|分中心|分部|办事处|子公司)$|\\bbranch\\b", re.IGNORECASE)


@dataclass(frozen=True)
class Facing:
    """One submission as its likenesses are sought.

    number; title; entrant: as named. unit: the credit code it counts for, may be empty. named: organisations that it
    names as another side of its project. text: its story.
    """

    number: str
    title: str
    entrant: str
    unit: str
    named: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Likeness:
    """A suspicion. code: title, side, text or branch. other: the submission it is about."""

    code: str
    other: str


def likenesses(facing: Sequence[Facing]) -> dict[str, tuple[Likeness, ...]]:
    """The suspicions of each submission, told of both, in the order of the numbers."""
    found: dict[str, set[Likeness]] = defaultdict(set)
    for one, other, code in (*_titles(facing), *_sides(facing), *_texts(facing), *_branches(facing)):
        found[one].add(Likeness(code, other))
        found[other].add(Likeness(code, one))
    order = {"title": 0, "side": 1, "text": 2, "branch": 3}
    return {key: tuple(sorted(said, key=lambda each: (order[each.code], each.other))) for key, said in found.items()}


def plain(text: str) -> str:
    """Letters and digits alone, in one case and width."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def _titles(facing: Iterable[Facing]) -> Iterator[tuple[str, str, str]]:
    first: dict[str, str] = {}
    for each in facing:
        title = plain(each.title)
        if title and first.setdefault(title, each.number) != each.number:
            yield first[title], each.number, "title"


def _sides(facing: Sequence[Facing]) -> Iterator[tuple[str, str, str]]:
    """Who names as another side somebody that entered too; of several submissions of that one, the first is told."""
    entered: dict[str, Facing] = {}
    for each in facing:
        entered.setdefault(plain(each.entrant), each)
    for each in facing:
        for name in each.named:
            other = entered.get(plain(name))
            if other and plain(name) and plain(other.entrant) != plain(each.entrant):
                yield each.number, other.number, "side"


def _texts(facing: Iterable[Facing]) -> Iterator[tuple[str, str, str]]:
    owners: dict[bytes, str] = {}
    sizes: dict[str, int] = {}
    for each in facing:
        runs = _runs(plain(each.text))
        sizes[each.number] = len(runs)
        shared = Counter(owners.setdefault(run, each.number) for run in runs)
        for other, count in shared.items():
            shorter = min(sizes[other], len(runs))
            if other != each.number and shorter >= FEWEST and 2 * count >= shorter:
                yield other, each.number, "text"


def _runs(text: str) -> set[bytes]:
    """The digests that stand for a text: about one in four."""
    data = text.encode("utf-32-le", "replace")
    digests = (
        hashlib.blake2b(data[at : at + 4 * RUN], digest_size=8).digest() for at in range(0, len(data) - 4 * RUN + 4, 4)
    )
    return {digest for digest in digests if not digest[7] & 3}


def _branches(facing: Sequence[Facing]) -> Iterator[tuple[str, str, str]]:
    """Who is named as a branch of somebody that entered under another code."""
    bodies: dict[str, Facing] = {}
    for each in facing:
        bodies.setdefault(_body(each.entrant), each)
    for each in facing:
        other = bodies[_body(each.entrant)]
        named = _BRANCH.search(each.entrant) or _BRANCH.search(other.entrant)
        if named and each.unit and each.unit != other.unit:
            yield other.number, each.number, "branch"


def is_branch(entrant: str) -> bool:
    """Whether a name is that of a branch."""
    return bool(_BRANCH.search(entrant.strip()))


def _body(entrant: str) -> str:
    """The name without its branch: up to the first 公司 or 银行, or the whole."""
    name = plain(entrant)
    if not _BRANCH.search(entrant.strip()):
        return name
    found = re.match("(.*?(?:公司|银行|集团))", name)
    return found[1] if found and found[1] != name else plain(_BRANCH.sub("", entrant.strip()))
