"""The tree is RFC 6962's (pymerkle, written by others, agrees), the files tlog-tiles'; a recount sees every lie."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from awards import ledger
from awards.errors import PingxuanError
from awards.ledger import Tiles, bundles, checkpoint, grow, leaf, path, paths, read, record, recount, root, unpack

SIZES = [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 700, 1000]


def entries(size: int) -> list[bytes]:
    return [b"record %d" % number for number in range(size)]


def pymerkle_root(size: int) -> bytes:
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries(size):
        tree.append_entry(entry)
    return tree.get_root()


def vote(number: int, case: str = "c1", ballot: str = "") -> bytes:
    h = hashlib.sha256(str(number).encode()).hexdigest()
    return record("v", "tiny", c=case, d="2020-08-24", h=h[:32], i=ballot or h[-16:])


@pytest.mark.parametrize("size", SIZES[1:])
def test_pymerkle_agrees_on_the_root(size):
    assert root(grow(0, (), map(leaf, entries(size)))[1]) == pymerkle_root(size)


@given(st.lists(st.integers(0, 40), max_size=6))
def test_appending_in_steps_gives_the_tree_of_one_step(steps):
    size, frontier = 0, ()
    for step in steps:
        size, frontier = grow(size, frontier, map(leaf, entries(size + step)[size:]))
    assert (size, frontier) == grow(0, (), map(leaf, entries(sum(steps))))
    if size:
        assert root(frontier) == pymerkle_root(size)


def test_the_empty_tree_has_the_root_of_rfc_6962():
    assert root(()) == hashlib.sha256(b"").digest()


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "000"),
        (67, "067"),
        (999, "999"),
        (1000, "x001/000"),
        (1067, "x001/067"),
        (1234067, "x001/x234/067"),
    ],
)
def test_names_are_those_of_the_standard(number, name):
    assert path(0, number) == f"tile/0/{name}"
    assert path("entries", number, 5) == f"tile/entries/{name}.p/5"


def test_a_tree_of_70000_has_the_tiles_that_the_standard_names():
    files = dict(Tiles().grow(map(leaf, entries(70_000))))
    full, ends = [name for name in files if ".p/" not in name], sorted(name for name in files if ".p/" in name)
    assert len([name for name in full if name.startswith("tile/0/")]) == 273
    assert len([name for name in full if name.startswith("tile/1/")]) == 1
    assert ends == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert {len(files[name]) for name in full} == {8192}
    assert {*files} == {name for level in range(3) for name, _ in paths(level, 70_000 >> 8 * level)}


@given(st.integers(0, 1100), st.integers(1, 600))
def test_from_the_files_at_the_edge_the_tree_goes_on_as_if_it_had_never_stopped(size, more):
    every = entries(size + more)
    published = dict(Tiles().grow(map(leaf, every[:size]))) | dict(bundles(0, [], every[:size]))
    edge = [ledger.hashes(published[name]) if width else [] for name, width in Tiles.edge(size)]
    tail = unpack(published[path("entries", size // 256, size % 256)]) if size % 256 else []
    tiles = Tiles(size, edge)
    assert tiles.frontier() == grow(0, (), map(leaf, every[:size]))[1]
    published |= dict(tiles.grow(map(leaf, every[size:]))) | dict(bundles(size, tail, every[size:]))
    whole = dict(Tiles().grow(map(leaf, every))) | dict(bundles(0, [], every))
    assert {name: published[name] for name in whole} == whole
    assert [e for name, _ in paths("entries", len(every)) for e in unpack(published[name])] == every


@given(st.lists(st.binary(max_size=300)))
def test_a_bundle_holds_what_was_put_in(some):
    assert unpack(ledger.pack(some)) == some


@pytest.mark.parametrize("cut", [b"\0", b"\0\5abcd", b"\0\1a\0", b"\1"])
def test_a_bundle_that_was_cut_is_an_error(cut):
    with pytest.raises(PingxuanError, match="ends in the middle"):
        unpack(cut)


@given(st.integers(0, 10**15), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_is_read_as_it_was_written_signed_or_not(size, hashed):
    text = checkpoint("pingxuan/tiny", size, hashed)
    assert ledger.read_checkpoint(text) == ("pingxuan/tiny", size, hashed)
    assert ledger.read_checkpoint(text + "\n— hall.example Az3grlgt\n") == ("pingxuan/tiny", size, hashed)


@pytest.mark.parametrize(
    "text", ["", "a\n1\n", "a\n-1\n" + "A" * 43 + "=\n", "a\n01\n" + "A" * 43 + "=\n", "a\n1\nAA==\n"]
)
def test_what_is_no_checkpoint_is_an_error(text):
    with pytest.raises(PingxuanError, match="not a checkpoint"):
        ledger.read_checkpoint(text)


COUNTS = (
    "aecb3e1e83ca6da9fd2e9fe9d57ed7829ccd85b4477e92dcf203521f1a560697"  # of {"cast":{"c1":2,"c2":1},"void":{"c1":1}}
)
ROOT = "8dd6cf57cff548028b82814912e040864eff2fbb68b7769cca0831df6bcfc7f0"
GOLDEN = [
    b'{"a":"tiny","d":"2020-08-22","k":"open","paper":"' + b"a" * 64 + b'"}',
    b'{"a":"tiny","d":"2020-08-22","k":"key","key":"' + b"b" * 64 + b'","s":"2020-08-22"}',
    b'{"a":"tiny","c":"c1","d":"2020-08-22","h":"00112233445566778899aabbccddeeff","i":"0123456789abcdef","k":"v"}',
    b'{"a":"tiny","c":"c2","d":"2020-08-22","h":"00112233445566778899aabbccddeeff","i":"0123456789abcdef","k":"v"}',
    b'{"a":"tiny","c":"c1","d":"2020-08-22","h":"ffeeddccbbaa99887766554433221100","i":"fedcba9876543210","k":"v"}',
    b'{"a":"tiny","by":"' + b"c" * 64 + b'","d":"2020-08-25","k":"void","of":4,"r":"R3"}',
    b'{"a":"tiny","d":"2020-09-01","k":"close","n":3,"tally":"' + COUNTS.encode() + b'"}',
]


def test_the_golden_ledger_recounts_by_hand():
    """Two ballots, three votes: c1 two, of which one is void, c2 one."""
    assert hashlib.sha256(b'{"cast":{"c1":2,"c2":1},"void":{"c1":1}}').hexdigest() == COUNTS
    count = recount("tiny", GOLDEN)
    assert (dict(count.counts), dict(count.void)) == ({"c1": 2, "c2": 1}, {"c1": 1})
    assert (count.paper, count.closed, count.faults) == ("a" * 64, True, [])


def test_the_golden_ledger_has_one_root():
    """Computed here as RFC 6962 words it, subtree by subtree."""

    def mth(some: list[bytes]) -> bytes:
        if len(some) == 1:
            return hashlib.sha256(b"\0" + some[0]).digest()
        k = 1
        while k * 2 < len(some):
            k *= 2
        return hashlib.sha256(b"\1" + mth(some[:k]) + mth(some[k:])).digest()

    assert root(grow(0, (), map(leaf, GOLDEN))[1]) == mth(GOLDEN) == bytes.fromhex(ROOT)


@pytest.mark.parametrize("entry", GOLDEN)
def test_a_golden_record_is_canonical_and_read_as_json_reads_it(entry):
    says = read(entry)
    assert says == json.loads(entry)
    kind, edition = says.pop("k"), says.pop("a")
    assert record(kind, edition, **says) == entry


def test_a_vote_with_the_longest_codes_fits_200_bytes():
    assert len(record("v", "e" * 40, c="c" * 40, d="2020-08-24", h="0" * 32, i="0" * 16)) <= 200


def test_a_record_over_200_bytes_is_refused():
    with pytest.raises(PingxuanError, match=r"a record of 2\d\d bytes"):
        record("v", "e" * 40, c="c" * 80, d="2020-08-24", h="0" * 32, i="0" * 16)


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"a":"tiny","k":"party"}',
        b'{"k":"v","a":"tiny","c":"c1","d":"2020-08-22","h":"00","i":"01"}',
        b'{"a": "tiny","c":"c1","d":"2020-08-22","h":"00","i":"01","k":"v"}',
        b'{"a":"tiny","c":"c1","d":"2020-08-22","h":"00","i":"01","k":"v","more":1}',
        b'{"a":"tiny","by":"x","d":"2020-08-25","k":"void","of":true,"r":"R3"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_record_is_a_fault_in_words(entry):
    (fault,) = recount("tiny", [entry]).faults
    assert fault.startswith("record 0: not a record")


OPEN = GOLDEN[0]


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        ([OPEN, vote(1), vote(1)], "record 2: the vote of ballot"),
        ([OPEN, record("void", "tiny", by="", d="", of=0, r="R1")], "record 1: it voids record 0, which is no vote"),
        ([OPEN, record("void", "tiny", by="", d="", of=9, r="R1")], "record 1: it voids record 9, which is no vote"),
        (
            [OPEN, vote(1), *[record("void", "tiny", by="", d="", of=1, r="R1")] * 2],
            "record 3: it voids record 1, which",
        ),
        ([OPEN, vote(1), record("day", "tiny", d="", n=2, tally="")], "record 2: it says 2 votes, before it are 1"),
        (
            [OPEN, vote(1), record("day", "tiny", d="", n=1, tally="0")],
            "record 2: its digest is not that of the counts",
        ),
        ([OPEN, record("close", "tiny", d="", n=0, tally=""), vote(1)], "record 2: a vote after the close record"),
        ([OPEN, OPEN], "record 1: the first ballot paper has an open record"),
        ([record("v", "other", c="c1", d="", h="", i="")], "record 0: it is of other"),
    ],
)
def test_a_recount_names_the_lie(lie, words):
    (fault,) = recount("tiny", lie).faults
    assert fault.startswith(words)


def test_a_case_with_chinese_letters_is_counted_too():
    count = recount("tiny", [OPEN, vote(1, "案例")])
    assert (dict(count.counts), count.faults) == ({"案例": 1}, [])
