"""A submission that passed becomes a case: its public answers as a case file, its pictures made anew.

Knows form.case, the hall's view of answers and the layout of an edition's folder; knows no store and no decision. What
is not public never comes near the file: it is made of awards.views.public alone, and of no file's name. What an entrant
wrote is text and stays text. All is made and checked aside first; then it is there whole, or nothing is.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib import limited
from chalicelib.cells import Words

from awards.answers import Value
from awards.content import load
from awards.errors import FindingsError, PingxuanError
from awards.formmodel import Form, FormField
from awards.model import Edition
from awards.screening import slug_of
from awards.uploads import Upload
from awards.views import public
from desk import files, pictures
from desk.casefiles import case_text, read_front, slugs_in, write_case
from desk.celltext import as_text, one_line
from desk.pulled import Pulled


@dataclass(frozen=True)
class Made:
    """A case, ready to be written. text: of its file. pictures: name -> bytes, all that are shown of them."""

    slug: str
    text: str
    pictures: Mapping[str, bytes]


def make(edition: Edition, one: Pulled) -> Made:
    """The case that a submission becomes. Raises PingxuanError for a picture that cannot be shown."""
    form, checked = edition.form, one.checked(edition)
    values = public(form, checked.values)
    category = values.get(form.case.category)
    if not isinstance(category, str):
        raise PingxuanError(f"{one.number} names no category of this edition", "Return it, to be corrected.")
    shown, made = _pictures(one, values.get(form.case.pictures))
    words = Words(en=edition.language == "en", edition=edition)
    title = _line(words, form, form.case.title, values)
    front = _front(words, form, values) | _alternatives(words, title, shown)
    return Made(slug_of(one.number, category), case_text(_in_order(front), _story(words, form, values)), made)


def check(folder: Path, made: Made) -> None:
    """Refuse, with every finding, a case under which `publish.py check` would complain. folder: the edition's."""
    with tempfile.TemporaryDirectory(prefix="pingxuan-") as aside:
        trial = Path(aside) / folder.name
        (trial / "cases").mkdir(parents=True)
        for name in ("edition.toml", "form.toml"):
            shutil.copyfile(folder / name, trial / name)
        _write_all(trial, made)
        _, findings = load(trial)
    if findings:
        raise FindingsError(findings)


def require_free(folder: Path, slug: str) -> None:
    """Refuse to write over a case that came from elsewhere, such as a sample."""
    if (folder / "cases" / f"{slug}.md").exists():
        advice = "Look where it comes from; if it is a sample, remove it or give it another number."
        raise PingxuanError(f"There is a case {slug} already", advice)


def write(folder: Path, made: Made) -> None:
    """Put a case into the edition's folder: all of it, its file last, or nothing."""
    new = [name for name in made.pictures if not (folder / "pictures" / name).exists()]
    try:
        _write_all(folder, made)
    except BaseException:
        for name in new:
            with suppress(OSError):
                (folder / "pictures" / name).unlink()
        raise


def remove(folder: Path, slug: str) -> None:
    """Take a case out of the edition's folder, with the pictures that no other case shows."""
    elsewhere = {
        Path(name).stem for other in slugs_in(folder / "cases") if other != slug for name in _named(folder, other)
    }
    for path in files_of(folder, slug):
        if not any(path.stem == stem or path.stem.startswith(f"{stem}-") for stem in elsewhere):
            path.unlink()


def files_of(folder: Path, slug: str) -> dict[Path, bytes]:
    """The files of a case, its own first and then all pictures made for it, with what is in them."""
    path = folder / "cases" / f"{slug}.md"
    if not slug or not path.is_file():
        return {}
    found = [path]
    for stem in dict.fromkeys(Path(name).stem for name in _named(folder, slug)):
        made = sorted((folder / "pictures").glob(f"{stem}*"))
        found += [each for each in made if each.stem == stem or each.stem.startswith(f"{stem}-")]
    return {each: each.read_bytes() for each in found}


def _write_all(folder: Path, made: Made) -> None:
    for name, data in made.pictures.items():
        if not (folder / "pictures" / name).exists():  # named by its content: what is there is the same
            files.put(folder / "pictures" / name, data, "Decide again once it can.")
    write_case(folder / "cases" / f"{made.slug}.md", made.text)


def _pictures(one: Pulled, answer: Value | None) -> tuple[list[str], dict[str, bytes]]:
    """The pictures of an answer: what the case names, and all files; several are made at once."""
    uploads = [each for each in answer if isinstance(each, Upload)] if isinstance(answer, tuple) else []
    with ThreadPoolExecutor(limited.AT_ONCE) as pool:
        made = list(pool.map(lambda upload: _derived(one, upload), uploads))
    all_files = {name: data for _, derived in made for name, data in derived.items()}
    return list(dict.fromkeys(shown.file for shown, _ in made)), all_files


def _derived(one: Pulled, upload: Upload) -> tuple[pictures.Shown, Mapping[str, bytes]]:
    path = one.file_of(upload.digest)
    if path is None:
        raise PingxuanError(f"{one.number}: {upload.name} did not arrive whole", "Pull again, or return it.")
    try:
        return pictures.derive(path)
    except PingxuanError as error:
        raise PingxuanError(f"{one.number}: {upload.name}: {error.message}", error.advice) from error


def _front(words: Words, form: Form, values: Mapping[str, Value]) -> dict[str, Any]:
    case = form.case
    front: dict[str, Any] = {key: str(values.get(getattr(case, key), "")) for key in ("category", "field")}
    for key in ("title", "entrant", "summary", "in_operation"):
        front[key] = _line(words, form, getattr(case, key), values)
    facts = [form.find(key) for key in dict.fromkeys(filter(None, (case.district, *case.facts)))]
    named = {choice.namely for asked in facts if asked for choice in asked.choices}  # stands in the fact that chose it
    found = {
        words.label(asked): fact
        for asked in facts
        if asked and asked.key not in named and (fact := _line(words, form, asked.key, values))
    }
    return {key: value for key, value in front.items() if value} | ({"facts": found} if found else {})


def _in_order(front: Mapping[str, Any]) -> dict[str, Any]:
    order = ("title", "entrant", "category", "field", "summary", "in_operation", "pictures", "facts")
    return {key: front[key] for key in order if key in front}


def _alternatives(words: Words, title: str, shown: list[str]) -> dict[str, Any]:
    """The pictures with what stands for them; the entrant's own file names are nobody's business."""
    entries = [
        {"file": name, "alt": words.pick(f"{title}（图{place}）", f"{title} (picture {place})")}
        for place, name in enumerate(shown, 1)
    ]
    return {"pictures": entries} if entries else {}


def _line(words: Words, form: Form, key: str, values: Mapping[str, Value]) -> str:
    """An answer on one line, in the words of the edition; of "other, namely" what was named."""
    asked = form.find(key)
    if asked is None or key not in values:
        return ""
    return one_line("；".join(_texts(words, asked, values)))


def _texts(words: Words, asked: FormField, values: Mapping[str, Value]) -> Iterator[str]:
    value = values[asked.key]
    if asked.columns and isinstance(value, tuple):
        for row in value:
            cells = (words.plain(column, row.get(column.key)) for column in asked.columns)
            yield "，".join(" ".join(lines) for lines in cells if lines)
        return
    if not asked.kind.chosen:
        yield " ".join(words.plain(asked, value))
        return
    codes = value if isinstance(value, tuple) else (value,)
    namely = {choice.code: choice.namely for choice in asked.choices}
    names = (str(values.get(namely.get(str(code), ""), "")) or words.name(asked, str(code)) for code in codes)
    yield words.pick("、", ", ").join(names)


def _story(words: Words, form: Form, values: Mapping[str, Value]) -> str:
    """The story: each text under its label where there are several."""
    found = [asked for key in form.case.story if (asked := form.find(key)) and key in values]
    parts = [(words.label(asked), as_text("\n".join(words.plain(asked, values[asked.key])))) for asked in found]
    if len(parts) == 1:
        return parts[0][1]
    return "\n\n".join(f"## {as_text(label)}\n\n{text}" for label, text in parts)


def _named(folder: Path, slug: str) -> list[str]:
    """The pictures that a case names; a broken case file, which check tells of, names none."""
    try:
        front = read_front(folder / "cases" / f"{slug}.md") or {}
        return [str(picture["file"]) for picture in front.get("pictures", [])]
    except (ValueError, TypeError, KeyError):
        return []
