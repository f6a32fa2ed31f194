"""The private folder of what was pulled: its layout, what lies in it, and what there is to say of it.

Knows var/pulled/EDITION/NUMBER/submission.json and files/DIGEST.TYPE; knows neither store nor cloud. Everything in it
is private: git ignores it, and nobody but its owner may read it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from chalicelib.drafts import Draft, File, from_json, to_json

from awards import arrivals
from awards.answers import Fault
from awards.arrivals import Arrived, Broken
from awards.errors import PingxuanError
from awards.model import Edition
from awards.screening import NUMBER
from awards.submission import Checked, Finality, check, facts_of
from awards.uploads import TYPES
from desk import files

ENDINGS = {kind: ending for ending, kind in TYPES.items()}
NAME = "submission.json"


@dataclass(frozen=True)
class Pulled:
    """A submission as it was pulled. broken: file's id -> why it does not open, in Chinese and English."""

    draft: Draft
    folder: Path
    broken: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def number(self) -> str:
        """The number of the submission."""
        return self.draft.number

    def path(self, file: File) -> Path:
        """Where a file of it lies."""
        return self.folder / "files" / f"{file.digest}.{ENDINGS.get(file.type, 'bin')}"

    def file_of(self, digest: str) -> Path | None:
        """Where the file of this content lies, None where there is none that opens."""
        found = next((each for each in self.draft.files if each.digest == digest and each.done), None)
        if found is None or found.file in self.broken or not self.path(found).is_file():
            return None
        return self.path(found)

    def checked(self, edition: Edition) -> Checked:
        """Its answers, held against the form."""
        return check(edition.form, dict(self.draft.answers), facts_of(edition), Finality.SUBMISSION)

    def arrived(self, edition: Edition) -> Arrived:
        """It, as the rules of screening see it."""
        broken = tuple(
            Broken(file.field, file.name, *self.broken[file.file])
            for file in self.draft.files
            if file.file in self.broken
        )
        submitted = datetime.fromisoformat(self.draft.submitted)
        return Arrived(self.number, str(self.draft.state), submitted, self.checked(edition), broken)


def folder_of(var: Path, edition: str) -> Path:
    """Where the submissions of an edition are pulled to."""
    return var / "pulled" / edition


def plain(draft: Draft) -> dict[str, Any]:
    """A draft as it is kept here: without its token."""
    return {**to_json(draft), "token": ""}


def same(one: Draft, other: Draft) -> bool:
    """Whether nothing happened to a submission between two looks at it."""
    return plain(one) == plain(other)


def text_of(draft: Draft, broken: Mapping[str, tuple[str, str]]) -> str:
    """submission.json of it."""
    kept = {"draft": plain(draft), "broken": {file: list(why) for file, why in broken.items()}}
    return json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def put(one: Pulled, draft: Draft) -> None:
    """Keep a submission as it became by a decision made here; should that fail, the next pull does it."""
    with suppress(PingxuanError):
        files.replace(one.folder / NAME, text_of(draft, one.broken).encode(), "")


def read(folder: Path) -> Pulled:
    """One submission. Raises PingxuanError if it cannot be read."""
    path = folder / NAME
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        draft = from_json(kept["draft"], 0)
        return Pulled(draft, folder, {file: (why[0], why[1]) for file, why in kept["broken"].items()})
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise PingxuanError(f"{path} cannot be read: {error}", f"Remove {folder} and pull again.") from error


def read_all(var: Path, edition: str) -> list[Pulled]:
    """All submissions that were pulled, in the order of their numbers."""
    folder = folder_of(var, edition)
    found = [read(each) for each in folder.glob("*") if re.fullmatch(NUMBER, each.name) and (each / NAME).is_file()]
    return sorted(found, key=lambda each: (len(each.number), each.number))


def find(of: Iterable[Pulled], number: str) -> Pulled:
    """The submission of this number. Raises PingxuanError if it was not pulled."""
    found = next((each for each in of if each.number == number), None)
    if found is None:
        raise PingxuanError(f"No submission {number} was pulled", "Pull first: python publish.py pull EDITION")
    return found


def findings_of(edition: Edition, of: Iterable[Pulled]) -> dict[str, tuple[Fault, ...]]:
    """What there is to say of each submission, by number."""
    return arrivals.findings(edition, [each.arrived(edition) for each in of])


def told(edition: Edition, fault: Fault) -> str:
    """A fault in the edition's language."""
    return fault.zh if edition.language == "zh-CN" else fault.en


def shown(one: Pulled, key: str) -> str:
    """A text of its answers on one line, however wrong; empty if there is none."""
    value = one.draft.answers.get(key, "")
    return " ".join(value.split()) if isinstance(value, str) else ""
