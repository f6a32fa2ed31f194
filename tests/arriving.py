"""Submissions that arrived, in tests: a real store and real uploads in a folder, as a submit leaves them."""

import hashlib
import io
import shutil
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import submissions
from chalicelib import placing
from chalicelib.drafts import Draft, File, State
from entries import Outbox
from PIL import Image
from posting import Here

from awards.calls import Call
from awards.content import load
from awards.model import Window
from awards.submission import Finality, check, facts_of
from desk import pulling, submitted
from desk.deciding import Desk, Register

ROOT = Path(__file__).parent.parent
IN_TIME = {
    "qingdao-2019": datetime(2019, 10, 20, 1, tzinfo=UTC),
    "qingdao-2020": datetime(2020, 8, 1, 1, tzinfo=UTC),
    "jinan-2021": datetime(2021, 12, 1, 1, tzinfo=UTC),
    "ccace-2021": datetime(2021, 5, 1, 1, tzinfo=UTC),
    "qingdao-2017": datetime(2017, 5, 1, 1, tzinfo=UTC),
}


def jpeg(shade: int) -> bytes:
    """A picture that says who took it."""
    exif = Image.Exif()
    exif[0x010F] = "SecretMaker"
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (shade * 16 % 256, shade * 7 % 256, shade // 16 * 8 % 256)).save(file, "JPEG", exif=exif)
    return file.getvalue()


class Office:
    """An edition's folder, what arrived for it, and an editor's desk.

    place, posting: where submissions lie and how files get there; None for a folder of this machine.
    """

    def __init__(self, folder: Path, edition: str = "qingdao-2019", place: Any = None, posting: Any = None) -> None:
        self.content, self.var = folder / "content", folder / "var"
        self.folder = self.content / "editions" / edition
        shutil.copytree(ROOT / "content" / "editions" / edition, self.folder)
        shutil.rmtree(self.folder / "cases", ignore_errors=True)
        self.edition = load(self.folder)[0]
        self.place = place or submitted.here(self.var)
        self.mail, self.now = Outbox(), IN_TIME[edition]
        self._posting = posting or Here(self.place.uploads, [self.now])

    def submit(self, number: str, *, shade: int = 0, at: datetime | None = None, **answers: Any) -> Draft:
        """A complete submission, with these answers changed; its files are uploaded."""
        sheet = {**submissions.complete(self.edition.id), **deepcopy(answers)}
        at = at or self.now - timedelta(days=1)
        name = f"draft-{number}"
        files = []
        for key, value in sheet.items():
            asked = self.edition.form.find(key)
            if asked and asked.kind.uploaded:
                sheet[key] = [
                    self._upload(name, key, each, shade + place + 400 * (asked.kind.value == "file"), files)
                    for place, each in enumerate(value)
                ]
        email = sheet.get(self.edition.form.roles.email, "entrant@example.org")
        made = dict.fromkeys(("created", "changed", "submitted"), at.isoformat())
        draft = Draft(self.edition.id, name, "hashed-token", email, "zh-CN", 3, **made)
        draft = replace(draft, state=State.SUBMITTED, answers=sheet, files=tuple(files), number=number)
        assert self.place.store.create(replace(draft, state=State.DRAFT, number="", submitted=""))
        before = self.place.store.draft(draft.edition, name)
        checked = check(self.edition.form, sheet, facts_of(self.edition), Finality.SUBMISSION)
        call = Call(1, self.edition, Window(None, None))
        unit, places, _ = placing.taken(self.place.store, call, before, checked)
        assert self.place.store.replace(before, replace(draft, unit=unit), places)
        return replace(draft, unit=unit)

    def _upload(self, draft: str, key: str, claimed: dict, shade: int, files: list[File]) -> dict:
        data = jpeg(shade) if claimed["type"] == "image/jpeg" else b"%PDF-1.7 " + claimed["name"].encode()
        file = File(f"f{len(files)}", key, claimed["name"], claimed["type"], len(data))
        where = f"{self.edition.id}/{draft}/{file.file}"
        self._posting.post(self.place.uploads.link(where, file.type, 1, 1_000_000), data)
        assert self.place.uploads.take(where) == len(data)
        digest = hashlib.sha256(data).hexdigest()
        files.append(replace(file, digest=digest, done=True))
        return {"name": file.name, "type": file.type, "size": len(data), "digest": digest}

    def pull(self) -> list:
        """Pull, and what is here then."""
        from desk import pulled  # noqa: PLC0415 beside its use

        pulling.pull(self.edition.id, self.place, self.var)
        return pulled.read_all(self.var, self.edition.id)

    def state(self, number: str) -> str:
        """What the store says of a submission."""
        return str(self.place.store.draft(self.edition.id, f"draft-{number}").state)

    def desk(self, *, now: datetime | None = None, exception: str = "") -> Desk:
        """The editor's desk, as it is now."""
        register = Register.of(self.folder)
        time = now or self.now
        return Desk(self.edition, self.folder, self.place, self.mail, "林编辑", register, lambda: time, exception)

    def files(self) -> dict[str, bytes]:
        """Every file of the edition's folder."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }
