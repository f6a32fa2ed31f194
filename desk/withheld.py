"""What must not become public of what was pulled: the private values of all submissions, found again in any text.

Knows the flags of each form and what lies in var/pulled; tells whose a value is, never the value.

An answer counts as private if its field is not public: addresses, telephones and codes whole; what is personal from
two characters on, unless two other submissions say it in public (a post such as 经理 is nobody's name); of longer texts
each sentence of 16 letters and more.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from awards.content import load_rules
from awards.errors import FindingsError
from awards.formmodel import FieldKind, Form, FormField
from awards.likeness import plain
from desk import pulled
from desk.pulled import Pulled

_KEY = 12  # letters by which a longer value is looked up
_COMMON = 2  # what so many others say in public is no secret
_SENTENCE, _TEXT, _NAME = 16, 8, 2  # letters from which a sentence, a short text and a name are looked for
_WHOLE = (FieldKind.PHONE, FieldKind.EMAIL, FieldKind.USCC)
_ENDS = re.compile("[。！？!?；;\n]")


@dataclass
class Secrets:
    """Private values, by the letters they begin with. files: digests of what entrants uploaded, with what it is."""

    known: dict[int, dict[str, list[tuple[str, str]]]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def add(self, value: str, what: str) -> None:
        """Keep a value. what: whose it is, without saying it."""
        key = value[:_KEY]
        self.known.setdefault(len(key), {}).setdefault(key, []).append((value, what))

    def inside(self, text: str) -> Iterator[str]:
        """What of these stands in a text: whose it is."""
        letters = plain(text)
        for length, table in self.known.items():
            for at in range(len(letters) - length + 1):
                for value, what in table.get(letters[at : at + length], ()):
                    if letters.startswith(value, at):
                        yield what


def secrets_of(var: Path, editions: Path) -> Secrets:
    """The private values of all that was pulled. editions: the folder with the forms.

    Raises FindingsError for a form at fault: what it flags as private would not be known.
    """
    secrets = Secrets()
    for folder in sorted((var / "pulled").glob("*")):
        files = [editions / folder.name / name for name in ("form.toml", "edition.toml")]
        if not all(path.is_file() for path in files):
            continue  # what was pulled for an edition that left the content
        edition, findings = load_rules(editions / folder.name)
        if findings:
            raise FindingsError(sorted(findings))
        known = plain("\n".join(path.read_text(encoding="utf-8") for path in files))
        _collect(secrets, edition.form, pulled.read_all(var, folder.name), known)
    return secrets


def _collect(secrets: Secrets, form: Form, of: list[Pulled], known: str) -> None:
    """Add the private values of an edition's submissions. known: what its own files say, which is public."""
    said = {each.number: plain("\n".join(_said(form, each.draft.answers))) for each in of}
    owners: dict[str, dict[str, str]] = defaultdict(dict)  # value -> number -> label
    whole = set()
    for each in of:
        for value, label, is_whole in _private(form, each, said[each.number]):
            owners[value][each.number] = label
            whole |= {value} if is_whole else set()
        for file in each.draft.files:
            if file.digest:
                secrets.files[file.digest] = f"a file that the entrant of {each.number} uploaded"
    common = _common(owners, said)
    for value, whose in owners.items():
        if value in whole or (value not in known and common[value] < _COMMON):
            for number, label in whose.items():
                secrets.add(value, f"{label} of {number}, a private answer")


def _common(owners: Mapping[str, Mapping[str, str]], said: Mapping[str, str]) -> Counter[str]:
    """How many submissions say each value in public that are not its owner's."""
    index, counts = Secrets(), Counter[str]()
    for value in owners:
        index.add(value, value)
    for number, text in said.items():
        counts.update(value for value in set(index.inside(text)) if number not in owners[value])
    return counts


def _said(form: Form, answers: Mapping[str, object]) -> Iterator[str]:
    """The texts that a submission makes public."""
    for asked in form.fields:
        if asked.public and not asked.columns:
            yield from _texts(answers.get(asked.key))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _private(form: Form, one: Pulled, said: str) -> Iterator[tuple[str, str, bool]]:
    """Each private value, the label of its field, and whether it is an address, a telephone or a code."""
    for asked in form.fields:
        for part, text in _parts(asked, one.draft.answers.get(asked.key)):
            if part.public and asked.public:
                continue
            for value in _values(part, text):
                if part.kind in _WHOLE or part.personal or value not in said:
                    yield value, part.label_en, part.kind in _WHOLE
    for value in _whole(FieldKind.EMAIL, one.draft.email):
        yield value, "E-mail address", True


def _parts(asked: FormField, value: object) -> Iterator[tuple[FormField, str]]:
    """Each text of an answer with the field, or the column, that it answers."""
    if not asked.columns:
        yield from ((asked, text) for text in _texts(value))
        return
    for row in value if isinstance(value, list) else ():
        for column in asked.columns:
            yield from ((column, text) for text in _texts(row.get(column.key) if isinstance(row, dict) else None))


def _values(asked: FormField, text: str) -> Iterator[str]:
    """The letters of an answer that give it away."""
    if asked.kind in _WHOLE:
        yield from _whole(asked.kind, text)
    elif asked.kind.written:
        least = _NAME if asked.personal else _TEXT
        sentences = [plain(sentence) for sentence in _ENDS.split(text)]
        if len(sentences) == 1:
            yield from (value for value in sentences if len(value) >= least)
        else:
            yield from (value for value in sentences if len(value) >= _SENTENCE)


def _whole(kind: FieldKind, text: str) -> Iterator[str]:
    value = plain(text)
    if len(value) >= 7:
        yield value
    area, _, local = text.partition("-")
    if kind is FieldKind.PHONE and area.startswith("0") and len(plain(local)) >= 7:
        yield plain(local)  # as written in its own city
