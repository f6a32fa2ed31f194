"""What an entrant's draft is, and its files: frozen values, and the JSON that a store keeps of them.

Knows shapes; refuses to know rules, stores and time. All of it is private: nothing here may reach a log or the hall.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """The states of a submission, with the groups that name them."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    PASSED = "passed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"

    @property
    def editable(self) -> bool:
        """Whether the entrant may still change it, until the deadline."""
        return self in {State.DRAFT, State.RETURNED}

    @property
    def received(self) -> bool:
        """Whether it lies with the organisers, and counts."""
        return self in {State.SUBMITTED, State.PASSED}

    @property
    def withdrawable(self) -> bool:
        """Whether the entrant may take it back; what was decided is for the organisers."""
        return self in {State.DRAFT, State.RETURNED, State.SUBMITTED}


@dataclass(frozen=True)
class File:
    """An upload of a draft.

    file: random id. field: the form's. name: its sender's, to be shown, never a path. type, size (bytes): as asked
    for, and as found once done. digest: SHA-256, hex, empty until done. done: it was looked into and is what it claims.
    """

    file: str
    field: str
    name: str
    type: str
    size: int
    digest: str = ""
    done: bool = False


@dataclass(frozen=True)
class Draft:
    """A draft, and the submission that it becomes.

    draft: random id. token: SHA-256 of the entrant's token, hex. language: zh-CN or en. revision: of the answers; it
    rises with each save. answers: as awards.drafts.kept. created, changed: ISO, in UTC. submitted: in the edition's
    zone, empty until then. number: such as 2020-0137, given once, empty until submitted. unit: credit code under which
    it holds a place, empty for none. decisions: of screening, oldest first, each {decision, reason, at, by}.
    recommended: what the recommending body said, {recommend, reason, at, by}. writes: how often the store wrote it,
    never set by others.
    """

    edition: str
    draft: str
    token: str
    email: str
    language: str
    revision: int = 1
    state: State = State.DRAFT
    answers: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    created: str = ""
    changed: str = ""
    submitted: str = ""
    number: str = ""
    unit: str = ""
    decisions: tuple[Mapping[str, str], ...] = ()
    recommended: Mapping[str, Any] | None = None
    writes: int = field(default=0, compare=False)

    def file(self, file: str) -> File | None:
        """The file of this id, None where there is none."""
        return next((each for each in self.files if each.file == file), None)

    def key(self, file: str) -> str:
        """Where a file's object lies."""
        return f"{self.edition}/{self.draft}/{file}"


def to_json(draft: Draft) -> dict[str, Any]:
    """The draft as a store keeps it, without the count of its writes."""
    plain = asdict(draft)
    del plain["writes"]
    return plain | {"state": str(draft.state)}


def from_json(plain: Mapping[str, Any], writes: int) -> Draft:
    """The draft that to_json wrote."""
    read = {
        "state": State(plain["state"]),
        "files": tuple(File(**each) for each in plain["files"]),
        "decisions": tuple(dict(each) for each in plain["decisions"]),
        "writes": writes,
    }
    return Draft(**{**plain, **read})
