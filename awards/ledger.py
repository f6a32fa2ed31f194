"""The ledger: what its records say, how they hash into one tree, which files hold them, and how to recount them.

Knows RFC 6962 (hashing), C2SP tlog-tiles (files) and docs/ledger.md (records), all as bytes. Refuses to know where
files lie, who voted, and what time it is. Anyone may have written what is read here: what cannot be read is a
PingxuanError, what no honest ledger says is a fault in words.
"""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from awards.errors import PingxuanError

LIMIT = 200  # bytes of a record
WIDTH = 256  # records in a bundle, hashes in a tile
# What a record of each kind says beside a (the edition) and k (the kind); docs/ledger.md explains it.
KINDS: Mapping[str, Mapping[str, type]] = {
    "open": {"d": str, "paper": str},
    "paper": {"d": str, "n": int, "paper": str},
    "key": {"d": str, "key": str, "s": str},
    "v": {"c": str, "d": str, "h": str, "i": str},
    "void": {"by": str, "d": str, "of": int, "r": str},
    "day": {"d": str, "n": int, "tally": str},
    "close": {"d": str, "n": int, "tally": str},
}
PLAIN = rb"([ !#-\[\]-~]*)"  # a string that JSON writes as it is
# Votes are nearly all that a ledger holds: this reads one, in canonical form, in a tenth of the time.
VOTE = re.compile(rb'\{"a":"%b","c":"%b","d":"%b","h":"%b","i":"%b","k":"v"\}' % ((PLAIN,) * 5))
CHECKPOINT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,17})\n([A-Za-z0-9+/]{43}=)\n(\n.*)?", re.DOTALL)
ADVICE = "Compare with docs/ledger.md"


def record(kind: str, edition: str, **says: str | int) -> bytes:
    """A record in its one canonical form: JSON, keys sorted, no spaces, UTF-8."""
    entry = _canonical({"a": edition, "k": kind, **says})
    if len(entry) > LIMIT:
        raise PingxuanError(f"a record of {len(entry)} bytes: {entry.decode()}", f"At most {LIMIT}: shorten its codes")
    return entry


def read(entry: bytes) -> dict[str, str | int]:
    """What a record says, if it is in canonical form and of a known kind."""
    try:
        says = json.loads(entry)
        kinds = KINDS[says["k"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PingxuanError(f"not a record: {entry[:LIMIT]!r}", ADVICE) from error
    whole = {"a": str, "k": str, **kinds}
    if {key: type(value) for key, value in says.items()} != whole or len(entry) > LIMIT or _canonical(says) != entry:
        raise PingxuanError(f"not a record in canonical form: {entry[:LIMIT]!r}", ADVICE)
    return dict(says)


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(data: bytes) -> str:
    """SHA-256, in hex."""
    return hashlib.sha256(data).hexdigest()


def digest_of_counts(counts: Mapping[str, int], void: Mapping[str, int]) -> str:
    """What a day or close record says of the counts before it: votes cast and voided, cases without any left out."""
    shown = {name: {case: n for case, n in values.items() if n} for name, values in (("cast", counts), ("void", void))}
    return digest(_canonical(shown))


def leaf(entry: bytes) -> bytes:
    """The hash of a record (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\0" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\1" + left + right).digest()


def grow(size: int, frontier: Iterable[bytes], leaves: Iterable[bytes]) -> tuple[int, tuple[bytes, ...]]:
    """Append leaves to a tree of which only the frontier is known: its perfect subtrees' hashes, largest first."""
    stack = list(frontier)
    for each in leaves:
        joined, number = each, size
        while number & 1:
            joined = node(stack.pop(), joined)
            number >>= 1
        stack.append(joined)
        size += 1
    return size, tuple(stack)


def root(frontier: Sequence[bytes]) -> bytes:
    """The root of a tree (RFC 6962, 2.1)."""
    if not frontier:
        return hashlib.sha256(b"").digest()
    joined = frontier[-1]
    for left in reversed(frontier[:-1]):
        joined = node(left, joined)
    return joined


def path(level: int | str, number: int, width: int = WIDTH) -> str:
    """The name of a tile, or of an entry bundle where level is "entries": tile/0/x001/067.p/5."""
    digits = f"{number:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    steps = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{step}" for step in steps[:-1]), steps[-1]])
    return f"tile/{level}/{name}" + (f".p/{width}" if width < WIDTH else "")


def paths(level: int | str, count: int) -> Iterator[tuple[str, int]]:
    """Names and widths of all the files of a level that holds this many hashes or records."""
    for number in range(-(-count // WIDTH)):
        width = min(WIDTH, count - number * WIDTH)
        yield path(level, number, width), width


class Tiles:
    """The right edge of the tree, as its hash tiles hold it: enough to write every tile that more leaves change.

    levels: the hashes of the tile that is not full yet, bottom up.
    """

    def __init__(self, size: int = 0, levels: Iterable[Sequence[bytes]] = ()) -> None:
        self.size = size
        self._levels = [list(level) for level in levels]

    @staticmethod
    def edge(size: int) -> list[tuple[str, int]]:
        """Names and widths of the tiles that are not full in a tree of this size, bottom up; width 0 has no file."""
        found, level = [], 0
        while size >> 8 * level:
            number, width = divmod(size >> 8 * level, WIDTH)
            found.append((path(level, number, width), width))
            level += 1
        return found

    def frontier(self) -> tuple[bytes, ...]:
        """The hashes of the perfect subtrees, largest first."""
        return tuple(subtree for level in reversed(self._levels) for subtree in grow(0, (), level)[1])

    def root(self) -> bytes:
        """The root of the tree."""
        return root(self.frontier())

    def grow(self, leaves: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
        """Append leaves; the tiles that change, as name and content, the full ones first."""
        changed = 0
        for each in leaves:
            carried, level = each, 0
            while True:
                changed = max(changed, level + 1)
                tile = self._tile(level)
                tile.append(carried)
                if len(tile) < WIDTH:
                    break
                yield path(level, self.size >> 8 * (level + 1)), b"".join(tile)
                carried = root(grow(0, (), tile)[1])
                tile.clear()
                level += 1
            self.size += 1
        for level, tile in enumerate(self._levels[:changed]):
            if tile:
                yield path(level, self.size >> 8 * (level + 1), len(tile)), b"".join(tile)

    def _tile(self, level: int) -> list[bytes]:
        if level == len(self._levels):
            self._levels.append([])
        return self._levels[level]


def hashes(tile: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [tile[at : at + 32] for at in range(0, len(tile), 32)]


def bundles(size: int, tail: Sequence[bytes], entries: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """The entry bundles that change when records are appended. tail: the records of the bundle that is not full."""
    held = list(tail)
    for entry in entries:
        held.append(entry)
        size += 1
        if len(held) == WIDTH:
            yield path("entries", size // WIDTH - 1), pack(held)
            held.clear()
    if held:
        yield path("entries", size // WIDTH, len(held)), pack(held)


def pack(entries: Iterable[bytes]) -> bytes:
    """Records as a bundle: each after its length, two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack(bundle: bytes) -> list[bytes]:
    """The records of a bundle."""
    entries, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        entries.append(bundle[at + 2 : end])
        at = end
    if at > len(bundle):
        raise PingxuanError("an entry bundle ends in the middle of a record", ADVICE)
    return entries


def checkpoint(origin: str, size: int, root_hash: bytes) -> str:
    """The text of a checkpoint, unsigned."""
    return f"{origin}\n{size}\n{base64.b64encode(root_hash).decode()}\n"


def read_checkpoint(text: str) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint; signatures are not looked at."""
    found = CHECKPOINT.fullmatch(text)
    if found is None:
        raise PingxuanError(f"not a checkpoint: {text[:LIMIT]!r}", ADVICE)
    return found[1], int(found[2]), base64.b64decode(found[3])


@dataclass
class Count:
    """A recount, record after record. faults: what no honest ledger says, in words.

    cases: for each record, the case that it votes for, "" for other kinds. paper: digest of the ballot paper in force.
    """

    edition: str
    cases: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    void: Counter[str] = field(default_factory=Counter)
    voided: set[int] = field(default_factory=set)
    paper: str = ""
    closed: bool = False
    faults: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def add(self, entry: bytes) -> None:
        """Count one more record."""
        vote = VOTE.fullmatch(entry)
        if vote and vote[1].decode() == self.edition and len(entry) <= LIMIT:
            self._vote(vote[2].decode(), vote[5].decode())
            return
        self.cases.append("")
        try:
            says = read(entry)
        except PingxuanError as error:
            self._fault(error.message)
            return
        if says["a"] != self.edition:
            self._fault(f"it is of {says['a']}")
        else:
            self._says(says)

    def _says(self, says: Mapping[str, Any]) -> None:
        match says["k"]:
            case "v":
                self.cases.pop()
                self._vote(says["c"], says["i"])
            case "void":
                self._void(says["of"])
            case "open" | "paper" as kind:
                self._paper(kind, says["paper"])
            case "day" | "close" as kind:
                self._figures(kind, says["n"], says["tally"])

    def case_of(self, number: int) -> str:
        """The case that a record votes for, "" for a record that is no vote."""
        return self.cases[number] if 0 <= number < len(self.cases) else ""

    def _vote(self, case: str, ballot: str) -> None:
        self.cases.append(case)
        self.counts[case] += 1
        once = f"{ballot} for {case}"
        if once in self._seen:
            self._fault(f"the vote of ballot {once} is there a second time")
        self._seen.add(once)
        if self.closed:
            self._fault("a vote after the close record")

    def _void(self, of: int) -> None:
        case = self.case_of(of)
        if not case or of in self.voided:
            self._fault(f"it voids record {of}, which is {'void already' if case else 'no vote'}")
            return
        self.voided.add(of)
        self.void[case] += 1

    def _paper(self, kind: str, paper: str) -> None:
        if (kind == "open") != (not self.paper):
            self._fault("the first ballot paper has an open record, each later one a paper record")
        self.paper = paper

    def _figures(self, kind: str, n: int, tally: str) -> None:
        cast = self.counts.total()
        if n != cast:
            self._fault(f"it says {n} votes, before it are {cast}")
        if tally and tally != digest_of_counts(self.counts, self.void):
            self._fault("its digest is not that of the counts before it")
        self.closed = self.closed or kind == "close"

    def _fault(self, words: str) -> None:
        self.faults.append(f"record {len(self.cases) - 1}: {words}")


def recount(edition: str, entries: Iterable[bytes]) -> Count:
    """From records to counts."""
    count = Count(edition)
    for entry in entries:
        count.add(entry)
    return count
