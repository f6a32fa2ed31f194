"""The functions: routes only. Parse, ask, answer."""

import os
from collections.abc import Callable
from functools import cached_property
from typing import Any

from chalice.app import Response
from chalicelib import answers
from chalicelib.casting import Voting
from chalicelib.clock import Clock
from chalicelib.context import ThreadedChalice
from chalicelib.incoming import Incoming
from chalicelib.settings import Settings


class App(ThreadedChalice):
    """The app and what its routes ask. Nothing is opened before the first request."""

    @cached_property
    def voting(self) -> Voting:
        """The voting, as the environment sets it; the single-machine server puts its own here."""
        return Settings.of(os.environ).voting(Clock())

    def answer(self, edition: str, ask: Callable[[Incoming], Response]) -> Response:
        """What a route asks, or a kind answer to whatever went wrong."""
        request = Incoming.of(self.current_request)
        return answers.kindly(request, edition, self.voting.language(edition), lambda: ask(request))


app = App(app_name="pingxuan", configure_logs=False)
ANY = ["*/*"]  # which types are read is said by chalicelib.incoming, in both languages


@app.middleware("http")
def our_words(event: Any, get_response: Callable[[Any], Response]) -> Response:  # noqa: ANN401 Chalice's own type
    """Chalice refuses a wrong method by itself, and what breaks before a route asks; both are told in our words."""
    answer = get_response(event)
    if answer.status_code == 405:
        return answers.wrong_method(str(answer.headers["Allow"]))
    return answers.broken() if isinstance(answer.body, dict) and "Code" in answer.body else answer


@app.route("/api/editions/{edition}/votes", methods=["POST"], content_types=ANY)
def vote(edition: str) -> Response:
    """Cast a vote."""
    return app.answer(edition, lambda request: answers.counted(app.voting.vote(edition, request), request))


@app.route("/api/editions/{edition}/receipt", methods=["GET"])
def receipt(edition: str) -> Response:
    """Show the receipt of a vote that a form cast."""
    return app.answer(edition, lambda request: answers.receipt_page(app.voting.receipt(edition, request)))


@app.route("/api/editions/{edition}/status", methods=["GET"])
def status(edition: str) -> Response:
    """Say where the voting stands."""
    return app.answer(edition, lambda _: answers.status(app.voting.status(edition)))
