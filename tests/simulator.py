"""A voting that goes wrong in every way at once, from one number: handlers, store and sealer are the real ones.

What breaks is what lies between them: requests and answers are lost, doubled and held back; the store is throttled,
before or after it wrote; the feed lags, reorders, repeats, cuts anew and loses; the sealer dies, or stalls while others
seal, at any of its calls; clocks jump to boundaries; everything restarts. After each step an outsider recounts. Where
the votes lie, and what breaks there, is a place of machine.py or cloud.py.
"""

import json
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from chalicelib import reconciling
from chalicelib.casting import Voting
from chalicelib.counting import TOLD, Arrived
from chalicelib.incoming import Incoming
from chalicelib.objects import Folder
from chalicelib.reconciling import Voiding
from chalicelib.refused import RefusedError, UnavailableError
from chalicelib.sealer import Sealer
from chalicelib.trust import Trust
from machine import Frail, Machine
from voters import PAPER, RULE, Hands

from awards import ballot, ledger
from awards.errors import PingxuanError
from awards.model import Window
from desk import verifying

MEMORY = Path("/dev/shm")  # noqa: S108 no secret is kept there
CASES = ("c1", "c2", "c3")
STEPS = 24


class CrashError(Exception):
    """The process died here."""


@dataclass
class Ballot:
    """What a voter wants counted. receipts: all that were shown for it."""

    voter: str
    h: str
    cases: tuple[str, ...]
    period: str
    receipts: list[dict[str, object]] = field(default_factory=list)


class World:
    """One voting and all that happens to it."""

    def __init__(self, seed: int, folder: Path, place: Callable[[random.Random, Path, Hands], Any]) -> None:
        self.chance = random.Random(seed)
        self.clock = Hands()
        self.public = Folder(folder / "public")
        self.ballots: list[Ballot] = []
        self.in_flight: list[Ballot] = []
        self.seen: list[tuple[int, bytes]] = []
        self.version = 0
        self.happened = Counter[str]()
        self._paper = self._first_paper()
        self.place = place(self.chance, folder, self.clock)
        self.place.truth.put_paper(ballot.to_json(self._paper))
        self.voting = self._voting()

    def _first_paper(self) -> ballot.BallotPaper:
        pick = self.chance.choice
        rule = replace(
            RULE,
            per=pick(["day", "5 minutes", "edition"]),
            votes=pick([1, 1, 2, 3]),
            per_case=pick([None, 1]),
            at_most=pick([1, 2, 3]),
            hidden=self.chance.random() < 0.25,
            window=Window(self.clock.time - timedelta(hours=1), self.clock.time + timedelta(days=1, hours=12)),
        )
        cases = dict.fromkeys(CASES, "cy")
        return replace(PAPER, rule=rule, cases=cases, withdrawn=frozenset())

    def _voting(self) -> Voting:
        return Voting(self.place.voters, Trust(), self.clock)

    # What may happen

    def run(self) -> None:
        """All of it, then quiet; every check on the way."""
        happenings: list[tuple[Callable[[], None], int]] = [
            (self.vote, 40),
            (self.seal, 22),
            (self.deliver, 12),
            (self.reconcile, 6),
            (self.jump, 8),
            (self.restart, 4),
            (self.void, 4),
            (self.withdraw, 2),
        ]
        weights = [weight for _, weight in happenings]
        for happening, _ in self.chance.choices(happenings, weights, k=STEPS):
            happening()
            self.look()
        self.end()

    def vote(self) -> None:
        """Some voters send ballots: new ones, or ones that they sent before."""
        for _ in range(self.chance.randint(1, 6)):
            again = self.ballots and self.chance.random() < 0.35
            one = self.chance.choice(self.ballots) if again else self._new_ballot()
            fate = self.chance.random()
            if fate < 0.1:
                continue  # the request is lost
            if fate < 0.2:
                self.in_flight.append(one)  # it is delivered much later, perhaps after its repeat
                continue
            self._handle(one, answered=fate > 0.35)
            if fate > 0.9:
                self._handle(one, answered=True)  # delivered twice
        while self.in_flight and self.chance.random() < 0.5:
            self._handle(self.in_flight.pop(self.chance.randrange(len(self.in_flight))), answered=False)

    def _new_ballot(self) -> Ballot:
        cases = tuple(sorted(self.chance.sample(CASES, self.chance.randint(1, self._paper.rule.at_most))))
        rule, now = self._paper.rule, self.clock.time
        period = ballot.last_period(rule, now).name
        voter, h = f"10.0.0.{self.chance.randrange(12)}", f"{self.chance.getrandbits(128):032x}"
        one = Ballot(voter, h, cases, period)
        self.ballots.append(one)
        return one

    def _handle(self, one: Ballot, *, answered: bool) -> None:
        body = json.dumps({"cases": one.cases, "h": one.h, "period": one.period}).encode()
        try:
            receipt = self.voting.vote("qd", Incoming({"content-type": ["application/json"]}, one.voter, body, {}))
        except (RefusedError, UnavailableError) as error:
            self.happened[type(error).__name__] += 1
            return
        self.happened["repeated" if receipt.again else "written"] += 1
        if answered:
            one.receipts.append(receipt.body())

    def seal(self) -> None:
        """A sealer runs; it may die, or stall while others run, at any of its calls."""
        self._attempt(lambda sealer: sealer.seal(self.clock.time))

    def reconcile(self) -> None:
        """The ledger is compared with the votes while the feed lags, by a sealer as frail as any."""
        self._attempt(lambda sealer: reconciling.reconcile(sealer, "qd", self.clock.time))

    def void(self) -> None:
        """A committee voids a vote that is counted."""
        cast = [number for number, case in enumerate(self._recounted().cases) if case]
        if cast:
            voiding = Voiding((self.chance.choice(cast),), "R3", "ab" * 32)
            self._attempt(lambda sealer: reconciling.void(sealer, "qd", self.clock.time, voiding))

    def _attempt(self, what: Callable[[Sealer], object]) -> None:
        sealer = self._frail() if self.chance.random() < 0.7 else self._sound()
        try:
            what(sealer)
        except (CrashError, UnavailableError):
            return
        except PingxuanError as error:
            if "void already" not in error.message:
                raise

    def _sound(self) -> Sealer:
        return Sealer(self.place.sealing, self.place.kept, self.public)

    def _frail(self) -> Sealer:
        fatal, fault = self.chance.randint(1, 30), self.chance.choice(["crash", "stall", "away"])
        late, calls = self.chance.random() < 0.5, Counter[str]()

        def break_off(when: bool) -> Callable[[str], None]:
            def at_call(_: str) -> None:
                calls["all"] += not when
                if calls["all"] == fatal and late is when:
                    calls["all"] += 1
                    self._break(fault)

            return at_call

        parts = (self.place.sealing, self.place.kept, self.public)
        return Sealer(*(Frail(part, break_off(when=False), break_off(when=True)) for part in parts))

    def _break(self, fault: str) -> None:
        self.happened[fault] += 1
        if fault == "crash":
            raise CrashError
        if fault == "away":
            raise UnavailableError("away")
        for _ in range(self.chance.randint(1, 2)):  # stalled: meanwhile, the world goes on
            self.vote()
            self.deliver()
            with suppress(UnavailableError):
                self._sound().seal(self.clock.time)
        self.look()

    def deliver(self) -> None:
        """The feed moves on."""
        self.place.deliver()

    def jump(self) -> None:
        """Time passes: a little, or to an instant around the end of a period or of the voting."""
        self.place.settle()
        ends = ballot.period_at(self._paper.rule, self.clock.time).ends
        edges = [edge for edge in (ends, self._paper.rule.window.closes) if edge and edge > self.clock.time]
        if edges and self.chance.random() < 0.6:
            self.clock.time = self.chance.choice(edges) + timedelta(microseconds=self.chance.choice([-1, 0, 1]))
        else:
            self.clock.move(seconds=self.chance.choice([0.5, 30, 90]))

    def restart(self) -> None:
        """Everything starts afresh from what is on the disk."""
        self.place.restart()
        self.voting = self._voting()

    def withdraw(self) -> None:
        """A case is withdrawn."""
        withdrawn = self._paper.withdrawn | {self.chance.choice(CASES[1:])}
        self._paper = replace(self._paper, version=self._paper.version + 1, withdrawn=withdrawn)
        self.place.truth.put_paper(ballot.to_json(self._paper))

    # What must hold

    def look(self) -> None:
        """As an outsider, at any moment: what is published agrees with itself and never goes backwards."""
        checkpoint, tally = self.public.get("qd/ledger/checkpoint"), self.public.get("qd/tally.json")
        if checkpoint is not None:
            _, size, root = ledger.read_checkpoint(checkpoint.decode())
            assert not self.seen or size >= self.seen[-1][0], "the checkpoint went backwards"
            self.seen.append((size, root))
        if tally is not None:
            assert json.loads(tally)["version"] >= self.version, "tally.json went backwards"
            self.version = json.loads(tally)["version"]
            self.verified()

    def verified(self) -> None:
        """The verb that anybody runs finds nothing."""
        assert verifying.verify(self.public, "qd").differences == []
        self.happened["early"] += bool(self.place.truth.position().early)

    def end(self) -> None:
        """Faults end, the voting closes, and everything is counted."""
        closes = self._paper.rule.window.closes
        assert closes is not None
        self.place.calm()
        self.clock.time = max(self.clock.time, closes + timedelta(minutes=2))
        self.restart()
        if self.chance.random() < 0.5:
            self.place.deliver(everything=True)
        reconciling.close(self._sound(), "qd", self.clock.time)
        self.place.deliver(everything=True)
        for _ in range(2):
            self._sound().seal(self.clock.time)
        self.look()
        self.settled()
        self.forgotten()

    def forgotten(self) -> None:
        """Nothing is awaited for ever, nor counted when it comes after all."""
        self.happened["awaited in vain"] += bool(self.place.truth.position().early)
        self.clock.time += TOLD
        assert reconciling.reconcile(self._sound(), "qd", self.clock.time) == 0
        assert self.place.truth.position().early == frozenset()
        before = self.place.truth.position().editions["qd"].size
        self.place.overdue()
        self._sound().seal(self.clock.time)
        assert self.place.truth.position().editions["qd"].size == before, "it was counted again, days late"

    def settled(self) -> None:
        """Counted is acknowledged; nobody has more than the rule gives; what was published once is still there."""
        entries = self._entries()
        recorded: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for says in map(ledger.read, entries):
            if says["k"] == "v":
                recorded[str(says["i"])].append(says)
        self._check_receipts(recorded)
        self._check_rule({vote.id: vote for vote in self.place.truth.sweep("qd")}, recorded)
        for size, root in {*self.seen}:
            assert ledger.root(ledger.grow(0, (), map(ledger.leaf, entries[:size]))[1]) == root, "history was changed"
        assert self.place.truth.position().editions["qd"].closed

    def _check_receipts(self, recorded: Mapping[str, list[dict[str, Any]]]) -> None:
        for one in self.ballots:
            assert len({str(receipt["id"]) for receipt in one.receipts}) <= 1, "two receipts for one ballot"
            for receipt in one.receipts:
                votes = recorded[str(receipt["id"])]
                assert sorted(vote["c"] for vote in votes) == sorted(one.cases), "acknowledged, and not counted once"
                assert {vote["h"] for vote in votes} == {one.h}

    def _check_rule(self, kept: dict[str, Arrived], recorded: Mapping[str, list[dict[str, Any]]]) -> None:
        assert kept.keys() == recorded.keys(), "the ledger and the store differ"
        known = {one.h: one for one in self.ballots}
        taken: dict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
        for vote in kept.values():
            assert vote.cases == known[vote.h].cases
            taken[known[vote.h].voter, vote.period].append(vote.cases)
        assert len({vote.h for vote in kept.values()}) == len(kept), "one ballot is counted twice"
        rule = self._paper.rule
        for ballots in taken.values():
            assert len(ballots) <= rule.votes, "more ballots than the rule gives"
            most = max(Counter(case for cases in ballots for case in cases).values())
            assert rule.per_case is None or most <= rule.per_case, "more votes for a case than the rule gives"

    def _entries(self) -> list[bytes]:
        checkpoint = self.public.get("qd/ledger/checkpoint")
        if checkpoint is None:
            return []
        size = ledger.read_checkpoint(checkpoint.decode())[1]
        found = [self.public.get(f"qd/ledger/{name}") for name, _ in ledger.paths("entries", size)]
        return [entry for bundle in found if bundle is not None for entry in ledger.unpack(bundle)]

    def _recounted(self) -> ledger.Count:
        return ledger.recount("qd", self._entries())


def simulate(seed: int, place: Callable[[random.Random, Path, Hands], Any] = Machine) -> Counter[str]:
    """What happened in the schedule of a number; an error says which it was.

    On a disk that forgets: this is about order, not flushing.
    """
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        world = World(seed, Path(folder), place)
        try:
            world.run()
        except Exception as error:
            error.add_note(f"schedule {seed} on {place.__name__}")
            raise
        finally:
            world.place.close()
        return world.happened + world.place.happened
