"""What tests of submissions share: a call that is in force, and an entrant who asks as a page does, in process."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import submissions as answers
from chalice.app import Response
from chalicelib import entry_routes
from chalicelib.drafts import File
from chalicelib.incoming import Incoming
from chalicelib.looking import Looked
from chalicelib.submissions import Submissions
from chalicelib.trust import Trust
from chalicelib.uploads import FolderUploads
from voters import Hands

from awards import calls
from awards.content import load

CONTENT = Path(__file__).parent.parent / "content" / "editions"
EDITION = "qingdao-2020"
OPEN = datetime(2020, 8, 1, 4, tzinfo=UTC)
CLOSES = datetime(2020, 8, 21, 16, tzinfo=UTC)  # the end of 21 August in Qingdao
HALL = "https://hall.example"


def call_of(edition: str = EDITION, version: int = 1, **texts: str) -> dict[str, object]:
    """The call of a real edition, as it is put in force. texts: edition_toml, form_toml, instead of its own."""
    folder = CONTENT / edition
    own = {f"{name}_toml": (folder / f"{name}.toml").read_text("utf-8") for name in ("edition", "form")} | texts
    return calls.stored(load(folder)[0], **own, version=version)


class Outbox:
    """Mail that goes nowhere. sent: kind, to, language, values."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str, dict[str, Any]]] = []

    def send(self, kind: str, to: str, language: str, values: Any) -> None:
        self.sent.append((kind, to, language, dict(values)))


def told(response: Response) -> tuple[int, str]:
    """Status and code of a refusal, which speaks both languages."""
    assert set(response.body["message"]) == {"zh-CN", "en"}
    return response.status_code, response.body["code"]


def fine(_: Path, kind: str) -> Looked:
    """Takes every file for what it says."""
    return Looked("", kind, "ab" * 32)


class Desk:
    """A store with a call in force, and everything beside it."""

    def __init__(self, store: Any, folder: Path, look: Callable[[Path, str], Looked] = fine) -> None:
        self.store, self.clock, self.mail = store, Hands(OPEN), Outbox()
        self.uploads = FolderUploads.of(folder, self.clock.now)
        self.submissions = Submissions(
            store, Trust(), self.clock, uploads=lambda: self.uploads, look=look, mail=self.mail, origins=[HALL]
        )
        self.views = {(method, path): view for path, method, view in entry_routes.ROUTES}

    def ask(
        self, method: str, path: str, said: object = None, token: str = "", peer: str = "198.51.100.1", **headers: str
    ) -> Response:
        """Ask as the app would. path: below the edition's, such as /drafts/{draft}, its names in headers by _name."""
        named = {name[1:]: value for name, value in headers.items() if name.startswith("_")}
        told = {name.replace("_", "-"): [value] for name, value in headers.items() if not name.startswith("_")}
        whole = {"content-type": ["application/json"], "origin": [HALL], "authorization": [f"Bearer {token}"], **told}
        body = said if isinstance(said, bytes) else b"" if said is None else json.dumps(said).encode()
        request = Incoming(whole, peer, body, {})
        view = self.views[method, f"/api/editions/{{edition}}{path}"]
        return entry_routes.kindly(lambda: view(self.submissions, request, **{"edition": EDITION, **named}))

    def entrant(self, number: int = 1, edition: str = EDITION) -> "Entrant":
        """Somebody who just created a draft, from an address and a mailbox of their own."""
        said = {"email": f"entrant{number}@example.org", "language": "zh-CN"}
        made = self.ask("POST", "/drafts", said, peer=f"198.51.{number // 250}.{number % 250 + 1}", _edition=edition)
        assert made.status_code == 201, made.body
        return Entrant(self, made.body["draft"], made.body["token"], edition)


class Entrant:
    """Who holds a draft's token."""

    def __init__(self, desk: Desk, draft: str, token: str, edition: str) -> None:
        self.desk, self.draft, self.token, self.edition = desk, draft, token, edition

    def ask(self, method: str, path: str = "", said: object = None, **headers: str) -> Response:
        names = {"_draft": self.draft, "_edition": self.edition, **headers}
        token = names.pop("token", self.token)
        return self.desk.ask(method, f"/drafts/{{draft}}{path}", said, token, **names)

    def read(self) -> dict[str, Any]:
        return self.ask("GET").body

    def save(self, answers: object, revision: int = 1) -> Response:
        return self.ask("PUT", "", {"revision": revision, "answers": answers})

    def submit(self, revision: int = 2) -> Response:
        return self.ask("POST", "/submit", {"revision": revision})

    def filled(self, **other: object) -> "Entrant":
        """With complete answers saved, and every file that they name uploaded, as the store knows it."""
        sheet = answers.complete(self.edition) | other
        assert self.save(sheet).status_code == 200
        self.upload(sheet)
        return self

    def upload(self, sheet: dict[str, Any]) -> None:
        """The files that answers name stand in the draft, looked at."""
        before = self.desk.store.draft(self.edition, self.draft)
        named = [(key, each) for key, value in sheet.items() if isinstance(value, list) for each in value]
        files = [
            File(f"{at:016x}", key, each["name"], each["type"], each["size"], each["digest"], done=True)
            for at, (key, each) in enumerate(named)
            if isinstance(each, dict) and "digest" in each
        ]
        assert self.desk.store.replace(before, before.__class__(**{**vars(before), "files": tuple(files)}))
