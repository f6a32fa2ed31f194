"""Recounting an edition from what is published, and from nothing else: what a journalist runs (VOTES 4).

Knows the names of the published files, in whatever place they are read from. Whatever differs is told in words.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from chalicelib import growth
from chalicelib.objects import Kept

from awards import ballot, ledger
from awards.ballot import BallotPaper
from awards.errors import PingxuanError
from awards.ledger import Count, Tiles

SHOWN = 5  # differences of one sort that are told


@dataclass
class Verdict:
    """What was found. differences: empty if all agrees. hidden: records are not published yet, only their hashes."""

    edition: str
    size: int
    root: str
    cast: int
    void: int
    hidden: bool
    differences: list[str]


def verify(public: Kept, edition: str) -> Verdict:
    """Recompute the root from records and tiles, recount, and compare with tally.json."""
    verdict = Verdict(edition, 0, "", 0, 0, hidden=False, differences=[])
    try:
        _Reader(public, edition, verdict).read()
    except PingxuanError as error:
        verdict.differences.append(error.message)
    return verdict


class _Reader:
    """One reading. The tally is read first: whatever it counts is in the ledger by then."""

    def __init__(self, public: Kept, edition: str, verdict: Verdict) -> None:
        self._public = public
        self._edition = edition
        self._verdict = verdict
        self._count = Count(edition)

    def read(self) -> None:
        tally = self._json("tally.json")
        _, size, root = ledger.read_checkpoint(self._need("ledger/checkpoint").decode(errors="replace"))
        verdict = self._verdict
        verdict.size, verdict.root, verdict.hidden = size, root.hex(), bool(tally.get("hidden"))
        verdict.cast, verdict.void = _number(tally, "cast"), _number(tally, "void")
        if verdict.hidden:
            self._hash(self._leaves(size), root)
            return
        records = _number(tally, "records")
        entries = self._entries(size)
        self._hash(self._counted(entries, records, tally), root)
        if records > size:
            self._differ(f"tally.json counts {records} records, the ledger has {size}")
        verdict.differences += self._count.faults

    def _counted(self, entries: Iterator[bytes], records: int, tally: dict[str, object]) -> Iterator[bytes]:
        """The hashes of the records, each counted; where the tally stands, it is compared."""
        for entry in islice(entries, records):
            self._count.add(entry)
            yield ledger.leaf(entry)
        self._compare(tally)
        for entry in entries:
            self._count.add(entry)
            yield ledger.leaf(entry)

    def _hash(self, leaves: Iterator[bytes], root: bytes) -> None:
        """Make every tile anew and compare it with the published one; then the root."""
        tiles = Tiles()
        wrong = [name for name, data in tiles.grow(leaves) if self._file(name) != data]
        for name in wrong[:SHOWN]:
            self._differ(f"ledger/{name} does not hold the hashes of what lies below it")
        if len(wrong) > SHOWN:
            self._differ(f"so do {len(wrong) - SHOWN} more tiles")
        if tiles.root() != root:
            self._differ(f"the records have the root {tiles.root().hex()}, the checkpoint says {root.hex()}")

    def _compare(self, tally: dict[str, object]) -> None:
        paper = self._paper()
        expected = growth.figures(paper, self._count.counts, self._count.void, hidden=False)
        for key in ("counts", "withdrawn"):
            counted, told = (_figures(value) for value in (expected[key], tally.get(key)))
            for case in sorted(case for case in {*counted, *told} if counted.get(case) != told.get(case)):
                words = f"tally.json says {told.get(case, 'nothing')}, the ledger {counted.get(case, 'nothing')}"
                self._differ(f"{case} ({key}): {words}")
        for key in ("cast", "void"):
            if expected[key] != tally.get(key):
                self._differ(f"{key}: tally.json says {tally.get(key)}, the ledger {expected[key]}")
        if tally.get("paper") != paper.version:
            self._differ(f"tally.json is of ballot paper {tally.get('paper')}, the ledger of {paper.version}")

    def _paper(self) -> BallotPaper:
        """The ballot paper that the last record before names; before the first, the one in force."""
        named = self._count.paper
        name = f"ledger/paper/{named}.json" if named else "ballot.json"
        if named and ledger.digest(self._need(name)) != named:
            raise PingxuanError(f"{name} is not the ballot paper that the ledger names")
        return ballot.from_json(self._json(name))

    def _entries(self, size: int) -> Iterator[bytes]:
        for name, width in ledger.paths("entries", size):
            bundle = ledger.unpack(self._bundle(name))[:width]
            if len(bundle) < width:
                raise PingxuanError(f"ledger/{name} holds {len(bundle)} records instead of {width}")
            yield from bundle

    def _bundle(self, name: str) -> bytes:
        data = self._public.get(f"{self._edition}/ledger/{name}")
        return self._need(f"ledger/{name.partition('.p/')[0]}") if data is None else data

    def _leaves(self, size: int) -> Iterator[bytes]:
        for name, width in ledger.paths(0, size):
            tile = self._file(name)
            if tile is None or len(tile) != width * 32:
                raise PingxuanError(f"ledger/{name} is missing or cut")
            yield from ledger.hashes(tile)

    def _file(self, name: str) -> bytes | None:
        """A tile; a part of one may have given way to the whole."""
        data = self._public.get(f"{self._edition}/ledger/{name}")
        if data is None and ".p/" in name:
            whole, _, width = name.partition(".p/")
            found = self._public.get(f"{self._edition}/ledger/{whole}")
            data = found and found[: int(width) * 32]
        return data

    def _json(self, name: str) -> dict[str, object]:
        try:
            return dict(json.loads(self._need(name)))
        except (ValueError, TypeError) as error:
            raise PingxuanError(f"{name} is not what is published under this name") from error

    def _need(self, name: str) -> bytes:
        data = self._public.get(f"{self._edition}/{name}")
        if data is None:
            raise PingxuanError(f"{name} is missing")
        return data

    def _differ(self, words: str) -> None:
        self._verdict.differences.append(words)


def _figures(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}


def _number(tally: dict[str, object], key: str) -> int:
    value = tally.get(key)
    if not isinstance(value, int):
        raise PingxuanError(f"tally.json says {key}: {value}")
    return value
