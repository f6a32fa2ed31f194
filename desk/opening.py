"""Putting the call of an edition in force: what it asks of entrants, and when. The editors' side of its store.

Knows the store's promises and the two files of an edition; the window is awards.calls', the poll polls.py's.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from awards import calls
from awards.errors import PingxuanError
from awards.model import Edition

FILES = ("edition", "form")


class Calls(Protocol):
    """What opening a call asks of a store of submissions."""

    def call(self, edition: str) -> dict[str, object] | None:
        """The call in force, as awards.calls.stored made it."""

    def put_call(self, call: Mapping[str, object]) -> bool:
        """Put a later version in force; False if that version exists."""


def takes_submissions(edition: Edition) -> bool:
    """Whether an edition takes submissions here at all."""
    return calls.window_of(edition) is not None


def open_call(edition: Edition, folder: Path, store: Calls) -> dict[str, object]:
    """Put the call of an edition in force, as a new version if its files say something new; the call in force.

    folder: of the edition's files. Raises PingxuanError if it takes no submissions.
    """
    texts = {f"{name}_toml": (folder / f"{name}.toml").read_text("utf-8-sig") for name in FILES}
    before = store.call(edition.id)
    version, first = (int(str(before.get(key, 1))) for key in ("version", "first")) if before else (1, 1)
    call = calls.stored(edition, **texts, version=version, first=max(first, calls.first_number(edition)))
    if before == call:
        return call
    call |= {"version": version + 1 if before else version}
    calls.read(call)  # what no function could read is not put in force
    if not store.put_call(call):
        raise PingxuanError(f"Somebody else opened {edition.id} at this moment", "Open it again.")
    return call


def open_calls(editions: Iterable[Edition], content: Path, store: Calls) -> None:
    """Open the call of every edition that has one: for trying the hall on one's own machine."""
    for edition in editions:
        if takes_submissions(edition):
            open_call(edition, content / "editions" / edition.id, store)


def told(call: Mapping[str, object]) -> str:
    """A call in force, in words."""
    opens, closes = (call[side] or "a time to be set" for side in ("opens", "closes"))
    return f"{call['edition']}: call {call['version']} is in force, for submissions from {opens} until {closes}."
