"""The records of one commit, staged before it under a name made of what the ledger is after it: its size and root.

So a commit needs no word about what it staged, a commit that was lost leaves something that nobody asks for, and from
the position alone every record can be found again, back to the first.
"""

import json
import zlib
from collections.abc import Sequence

from awards import ledger
from awards.errors import PingxuanError
from chalicelib.counting import Sealed
from chalicelib.objects import Kept

FAST = 1  # zlib: half of a record is random, more effort gains little


def root_of(sealed: Sealed) -> bytes:
    """The root of the ledger as it is committed."""
    return ledger.root([bytes.fromhex(each) for each in sealed.frontier])


def stage(kept: Kept, edition: str, before: Sealed, after: Sealed, entries: Sequence[bytes]) -> None:
    """Keep the records that lead from one state of the ledger to the next."""
    if entries:
        head = json.dumps({"size": before.size, "root": root_of(before).hex()}).encode()
        body = zlib.compress(head + b"\n" + ledger.pack(entries), FAST)
        kept.put(_name(edition, after.size, root_of(after).hex()), body)


def since(kept: Kept, edition: str, sealed: Sealed, size: int = 0) -> list[bytes]:
    """The committed records of an edition after the first ``size`` ones; the caller checks them against the root."""
    steps: list[list[bytes]] = []
    at, root = sealed.size, root_of(sealed).hex()
    while at > size:
        body = kept.get(_name(edition, at, root))
        if body is None:
            raise PingxuanError(f"{edition}: the records up to {at} were not kept", "Restore the newest backup")
        head, _, packed = zlib.decompress(body).partition(b"\n")
        steps.append(ledger.unpack(packed))
        before = json.loads(head)
        at, root = before["size"], before["root"]
    return [entry for step in reversed(steps) for entry in step][size - at :]


def stage_paper(kept: Kept, edition: str, text: bytes) -> None:
    """Keep a ballot paper that a record names."""
    kept.put(_paper(edition, ledger.digest(text)), text)


def paper(kept: Kept, edition: str, digest: str) -> bytes | None:
    """A ballot paper that a record names."""
    return kept.get(_paper(edition, digest))


def _name(edition: str, size: int, root: str) -> str:
    return f"staged/{edition}/{size:012}-{root}"


def _paper(edition: str, digest: str) -> str:
    return f"staged/{edition}/paper-{digest}"


def records(kept: Kept, edition: str, sealed: Sealed) -> list[bytes]:
    """All committed records of an edition, checked against the root."""
    entries = since(kept, edition, sealed)
    if ledger.root(ledger.grow(0, (), map(ledger.leaf, entries))[1]) != root_of(sealed):
        raise PingxuanError(f"{edition}: the records that were kept are not those committed", "Restore a backup")
    return entries
