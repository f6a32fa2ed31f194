"""How a sealer's position lies in DynamoDB: documents in pieces, all put in place by one transaction (VOTES 3).

Knows the form; pure. A document (the position; what is counted of one edition) is JSON, compressed, and cut into pieces
that an item can hold. The position names the digest of every edition's document: whoever reads across a commit sees it.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.counting import Position, Sealed
from chalicelib.dynamo_calls import CallError, Item

PIECE = 300_000  # bytes; an item holds 400 KB
PIECES = 100  # in one transaction
WHERE, EDITION = "position/", "edition/"
FIRST = f"{WHERE}000"


def items_of(before: Position, after: Position) -> list[dict[str, Any]]:
    """The items to put: the position first, then the editions that changed."""
    texts = {name: _text(vars(sealed)) for name, sealed in after.editions.items()}
    digests = {name: _digest(text) for name, text in texts.items()}
    items = _pieces(WHERE, _text({"cursor": after.cursor, "early": sorted(after.early), "editions": digests}))
    items[0]["version"] = {"N": str(after.version)}
    for name, text in texts.items():
        if after.editions[name] != before.editions.get(name):
            items += _pieces(f"{EDITION}{name}/", text)
    if len(items) > PIECES:
        raise CallError("transact_write_items", f"{len(items)} items; a transaction holds {PIECES}")
    return items


def still(version: int) -> dict[str, Any]:
    """The condition that the position is of this version."""
    return {
        "ConditionExpression": "#version = :before",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":before": {"N": str(version)}},
    }


def position_in(items: Iterable[Item]) -> Position | None:
    """The position that the items make; None if they were read across a commit."""
    pieces = {item["sk"]["S"]: item for item in items}
    try:
        where = json.loads(_joined(pieces, WHERE))
        texts = {name: _joined(pieces, f"{EDITION}{name}/") for name in where["editions"]}
    except (KeyError, zlib.error):  # pieces of two commits
        return None
    if any(_digest(texts[name]) != digest for name, digest in where["editions"].items()):
        return None
    version = int(pieces[FIRST]["version"]["N"])
    editions = {name: _sealed(json.loads(text)) for name, text in texts.items()}
    return Position(version, where["cursor"], frozenset(where["early"]), editions)


def _sealed(plain: Mapping[str, Any]) -> Sealed:
    return Sealed(**{**plain, "frontier": tuple(plain["frontier"])})


def _text(document: Mapping[str, object]) -> str:
    """One text for equal documents."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=dict)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _pieces(name: str, text: str) -> list[dict[str, Any]]:
    whole = packed(text)
    cut = [whole[start : start + PIECE] for start in range(0, len(whole), PIECE)]
    count = {"N": str(len(cut))}
    return [{"sk": {"S": f"{name}{at:03}"}, "pieces": count, "z": {"B": piece}} for at, piece in enumerate(cut)]


def _joined(pieces: Mapping[str, Item], name: str) -> str:
    """A document's text; pieces that an earlier, longer one left behind are not asked for."""
    count = int(pieces[f"{name}000"]["pieces"]["N"])
    return unpacked(b"".join(bytes(pieces[f"{name}{at:03}"]["z"]["B"]) for at in range(count)))


def packed(text: str) -> bytes:
    """A long text, small: write units are counted by size, and an item ends at 400 KB."""
    return zlib.compress(text.encode())


def unpacked(data: bytes) -> str:
    """The text of packed()."""
    return zlib.decompress(data).decode()
