"""Publishing what is committed, and nothing else: entry bundles and tiles, the checkpoint, then tally.json (VOTES 4).

Every run publishes all that is committed and not published yet, from whatever point an earlier one broke off at, and
the same bytes. It is checked against the committed root before a file is written, what is published is only ever
continued, and the three files that change give way to newer ones alone.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from awards import ledger
from awards.errors import PingxuanError
from awards.ledger import Tiles
from chalicelib import staging
from chalicelib.counting import CountingStore, Sealed
from chalicelib.objects import Kept, Objects

VOTE_ENDS = b'"k":"v"}'
ADVICE = "Was an older backup restored? Keep the published files aside, for they prove votes; then seal again."


@dataclass(frozen=True)
class Head:
    """How far a ledger is published."""

    size: int
    root: bytes


def publish(store: CountingStore, kept: Kept, public: Objects, edition: str) -> None:
    """Put what is committed of an edition beside the hall."""
    files = Ledger(public, kept, edition)
    head = files.head()  # before the position: what is published then cannot be ahead of it
    paper, sealed = store.paper(edition), store.position().editions.get(edition)
    if paper is None or sealed is None:
        return
    files.publish(sealed, head, shown="hidden" not in json.loads(sealed.tally))
    text = text_of(paper)
    public.renew(f"{edition}/ballot.json", text, lambda old: _version(old) <= _version(text))
    tally = sealed.tally.encode()
    public.renew(f"{edition}/tally.json", tally, lambda old: _version(old) <= _version(tally))


def text_of(paper: dict[str, object]) -> bytes:
    """A ballot paper as it is published; records of the ledger name it by its digest."""
    return json.dumps(paper, ensure_ascii=False, separators=(",", ":")).encode()


class Ledger:
    """The published ledger of an edition."""

    def __init__(self, public: Objects, kept: Kept, edition: str) -> None:
        self._public = public
        self._kept = kept
        self._edition = edition
        self._folder = f"{edition}/ledger"

    def head(self) -> Head | None:
        """How far it is published, None where it is not."""
        return _head(self._get("checkpoint") or b"")

    def publish(self, sealed: Sealed, head: Head | None, *, shown: bool) -> None:
        """Bring the published ledger from its head to what is committed. shown: with the records.

        While counts are hidden, records are not published: their hashes are, so that nothing can be changed later.
        """
        root = staging.root_of(sealed)
        if head == Head(sealed.size, root) and (not shown or self._holds_records(head.size)):
            return
        tiles, tail = self._edge(head, shown=shown)
        entries = staging.since(self._kept, self._edition, sealed, tiles.size)
        leaves = [ledger.leaf(entry) for entry in entries]
        self._check(tiles, leaves, head, root)
        if shown:
            self._papers(entries)
            self._put(ledger.bundles(tiles.size, tail, entries))
        self._put(tiles.grow(leaves))
        text = ledger.checkpoint(f"pingxuan/{self._edition}", sealed.size, root).encode()
        self._public.renew(f"{self._folder}/checkpoint", text, lambda old: _size(old) <= sealed.size)

    def _check(self, tiles: Tiles, leaves: Sequence[bytes], head: Head | None, root: bytes) -> None:
        """Refuse to publish what is not committed, or does not continue what is published."""
        continues = head is None or tiles.size > 0 or self._begins(leaves, head)
        found = ledger.root(ledger.grow(tiles.size, tiles.frontier(), leaves)[1])
        if not continues or (found != root and tiles.size):
            raise PingxuanError(f"{self._edition}: the ledger counted does not continue the published one", ADVICE)
        if found != root:
            raise PingxuanError(f"{self._edition}: the records that were kept are not those committed", ADVICE)

    @staticmethod
    def _begins(leaves: Sequence[bytes], head: Head) -> bool:
        """Whether the published ledger is the beginning of this one."""
        return head.size <= len(leaves) and ledger.root(ledger.grow(0, (), leaves[: head.size])[1]) == head.root

    def _edge(self, head: Head | None, *, shown: bool) -> tuple[Tiles, list[bytes]]:
        """The right edge as it is published; where it is not whole, all is made anew from the first record."""
        nothing: tuple[Tiles, list[bytes]] = (Tiles(), [])
        if head is None:
            return nothing
        edge = Tiles.edge(head.size)
        levels = [ledger.hashes(self._get(name) or b"") if width else [] for name, width in edge]
        tiles = Tiles(head.size, levels)
        if [len(level) for level in levels] != [width for _, width in edge] or tiles.root() != head.root:
            return nothing
        tail = self._tail(head.size) if shown else []
        if tail is None or (shown and levels and [ledger.leaf(entry) for entry in tail] != levels[0]):
            return nothing
        return tiles, tail

    def _holds_records(self, size: int) -> bool:
        """Whether the last record is there, where its hash is."""
        number, width = divmod(size, ledger.WIDTH)
        last = ledger.path("entries", number, width) if width else ledger.path("entries", number - 1)
        return size == 0 or self._get(last) is not None

    def _tail(self, size: int) -> list[bytes] | None:
        """The records of the bundle that is not full; None where records are missing."""
        number, width = divmod(size, ledger.WIDTH)
        if not width:
            return [] if self._holds_records(size) else None
        try:
            return ledger.unpack(self._get(ledger.path("entries", number, width)) or b"")
        except PingxuanError:
            return None

    def _papers(self, entries: Iterable[bytes]) -> None:
        """The ballot papers that records name."""
        for entry in entries:
            named = "" if entry.endswith(VOTE_ENDS) else str(ledger.read(entry).get("paper", ""))
            text = staging.paper(self._kept, self._edition, named) if named else None
            if text is not None:
                self._public.put(f"{self._folder}/paper/{named}.json", text)

    def _put(self, files: Iterable[tuple[str, bytes]]) -> None:
        for name, data in files:
            self._public.put(f"{self._folder}/{name}", data)
            if ".p/" not in name:
                self._public.drop(f"{self._folder}/{name}.p")

    def _get(self, name: str) -> bytes | None:
        return self._public.get(f"{self._folder}/{name}")


def _head(checkpoint: bytes) -> Head | None:
    """What a checkpoint tells, None for what is none."""
    try:
        return Head(*ledger.read_checkpoint(checkpoint.decode())[1:])
    except (PingxuanError, UnicodeDecodeError):
        return None


def _size(checkpoint: bytes) -> int:
    head = _head(checkpoint)
    return -1 if head is None else head.size


def _version(text: bytes) -> int:
    """The version that tally.json or ballot.json tells; -1 for what is neither."""
    try:
        return int(json.loads(text)["version"])
    except (ValueError, KeyError, TypeError):
        return -1
