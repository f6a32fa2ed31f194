"""The routes of entrants and recommending bodies: parse, ask, answer. Registered by app.py, answered in JSON alone.

Knows addresses and methods; what is asked is chalicelib.submissions', whose errors become statuses here.
"""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from chalice.app import Response

from chalicelib import answers, entry_refused, papers
from chalicelib.incoming import Incoming
from chalicelib.refused import RefusedError, UnavailableError
from chalicelib.submissions import Submissions

log = logging.getLogger("pingxuan")

BASE = "/api/editions/{edition}"
DRAFT = f"{BASE}/drafts/{{draft}}"
BODY = f"{BASE}/recommending/{{body}}"
View = Callable[..., Response]


class App(Protocol):
    """The Chalice app, and the submissions that it serves."""

    current_request: Any

    @property
    def submissions(self) -> Submissions:
        """What is asked."""

    def route(self, path: str, **options: Any) -> Callable[[View], Any]:  # noqa: ANN401 Chalice's own
        """As Chalice's."""


def kindly(ask: Callable[[], Response]) -> Response:
    """What a route asks, or the answer to whatever it raised."""
    try:
        return ask()
    except RefusedError as error:
        return answers.refusal(error, None, "", "")
    except UnavailableError as error:
        log.error("%s. %s", error.message, error.advice)  # noqa: TRY400 the message says all
        return answers.refusal(entry_refused.refused("unavailable"), None, "", "")
    except Exception:
        log.exception("a request broke")
        return answers.broken()


def call(ours: Submissions, _: Incoming, edition: str) -> Response:
    """Where a call stands."""
    return answers.status(ours.drafting.call(edition))


def create_draft(ours: Submissions, request: Incoming, edition: str) -> Response:
    """Create a draft."""
    return answers.private(ours.drafting.create(edition, request), 201)


def read_draft(ours: Submissions, request: Incoming, edition: str, draft: str) -> Response:
    """Read a draft."""
    return answers.private(ours.drafting.read(edition, draft, request))


def save_draft(ours: Submissions, request: Incoming, edition: str, draft: str) -> Response:
    """Save answers."""
    return answers.private(ours.drafting.save(edition, draft, request))


def link_file(ours: Submissions, request: Incoming, edition: str, draft: str) -> Response:
    """Ask for a link to upload a file."""
    return answers.private(ours.attaching.link(edition, draft, request), 201)


def file_done(ours: Submissions, request: Incoming, edition: str, draft: str, file: str) -> Response:
    """Say that a file was uploaded."""
    return answers.private(ours.attaching.done(edition, draft, file, request))


def remove_file(ours: Submissions, request: Incoming, edition: str, draft: str, file: str) -> Response:
    """Remove a file."""
    ours.attaching.remove(edition, draft, file, request)
    return answers.nothing()


def submit(ours: Submissions, request: Incoming, edition: str, draft: str) -> Response:
    """Hand a draft in."""
    return answers.private(ours.submitting.submit(edition, draft, request))


def withdraw(ours: Submissions, request: Incoming, edition: str, draft: str) -> Response:
    """Take it back."""
    return answers.private(ours.drafting.withdraw(edition, draft, request))


def recommending(ours: Submissions, request: Incoming, edition: str, body: str) -> Response:
    """List what names a recommending body."""
    return answers.private(ours.recommending.listed(edition, body, request))


def recommend(ours: Submissions, request: Incoming, edition: str, body: str, number: str) -> Response:
    """Recommend a submission, or not."""
    return answers.private(ours.recommending.say(edition, body, number, request))


def paper(ours: Submissions, request: Incoming, edition: str, draft: str) -> Response:
    """The form or the declaration, filled in, to be printed and signed."""
    name, data = ours.papers.paper(edition, draft, request)
    return answers.download(data, papers.TYPE, name)


ROUTES: tuple[tuple[str, str, View], ...] = (
    (f"{BASE}/call", "GET", call),
    (f"{BASE}/drafts", "POST", create_draft),
    (DRAFT, "GET", read_draft),
    (DRAFT, "PUT", save_draft),
    (f"{DRAFT}/files", "POST", link_file),
    (f"{DRAFT}/files/{{file}}", "DELETE", remove_file),
    (f"{DRAFT}/files/{{file}}/done", "POST", file_done),
    (f"{DRAFT}/paper", "GET", paper),
    (f"{DRAFT}/submit", "POST", submit),
    (f"{DRAFT}/withdraw", "POST", withdraw),
    (BODY, "GET", recommending),
    (f"{BODY}/{{number}}", "POST", recommend),
)


def register(app: App) -> None:
    """Add the routes to the app, which itself refuses a method that an address does not take."""
    for path, method, view in ROUTES:
        _add(app, path, method, view)


def _add(app: App, path: str, method: str, view: View) -> None:
    def asked(**named: str) -> Response:
        return kindly(lambda: view(app.submissions, Incoming.of(app.current_request), **named))

    app.route(path, methods=[method], content_types=["*/*"], name=view.__name__)(asked)
