"""The functions: routes only. Parse, ask, answer."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from chalice.app import Response
from chalicelib import answers, cors, entry_routes, events, logs, mail_settings
from chalicelib.casting import Voting
from chalicelib.clock import Clock
from chalicelib.context import ThreadedChalice
from chalicelib.incoming import Incoming
from chalicelib.settings import Settings
from chalicelib.submissions import Submissions

from awards.errors import PingxuanError

if TYPE_CHECKING:
    from chalicelib.sealer import Sealer


@lru_cache(maxsize=64)
def _all(own: str, partners: tuple[str, ...]) -> frozenset[str]:
    return frozenset({*own.split(), *partners})


def _alone(ask: Callable[[], Response]) -> Response:
    return ask()


class App(ThreadedChalice):
    """The app and what its routes ask. Nothing is opened before the first request."""

    def __init__(self) -> None:
        super().__init__(app_name="pingxuan", configure_logs=False)
        self.together: Callable[[Callable[[], Response]], Response] = _alone  # the single machine shares flushes
        self._partners: dict[str, tuple[str, ...]] = {}

    @cached_property
    def voting(self) -> Voting:
        """The voting, as the environment sets it; the single-machine server puts its own here."""
        settings = Settings.of(os.environ)
        if "PINGXUAN_VOTES_TABLE" not in os.environ:
            return settings.voting(Clock(), settings.store())
        from chalicelib import deployed  # noqa: PLC0415 the single machine needs nothing of AWS

        store: Any = deployed.vote_store(os.environ)
        return Voting(store, settings.trust, Clock(), settings.origins)

    @cached_property
    def sealer(self) -> "Sealer":
        """The sealer of the stack: its clients serve every run. The single machine's server has a thread of its own."""
        from chalicelib import deployed  # noqa: PLC0415 a function that takes votes starts without it

        return deployed.sealer(os.environ)

    @cached_property
    def submissions(self) -> Submissions:
        """The submissions, likewise."""
        settings = Settings.of(os.environ)
        if "PINGXUAN_SUBMISSIONS_TABLE" not in os.environ:
            mail = mail_settings.post_of(os.environ, settings.var).mail(Clock())
            return settings.submissions(Clock(), settings.uploads(Clock()), mail)
        from chalicelib import deployed  # noqa: PLC0415 as above

        return deployed.submissions(os.environ, settings)

    def __call__(self, event: Mapping[str, Any], context: object) -> Any:  # noqa: ANN401 Chalice's own type
        """Answer a request, in the form that its gateway reads."""
        asked, number, start = events.rest(event, self.routes), events.request_id(event), time.perf_counter()
        logs.request.set(number)
        answer = answers.not_found().to_dict() if asked is None else super().__call__(asked, context)
        answer["headers"]["X-Request-Id"] = number
        method, path = (asked["httpMethod"], asked["resource"]) if asked else ("", "")
        logs.answered(method, path, answer["statusCode"], time.perf_counter() - start)
        return events.answer_to(event, answer)

    def answer(self, edition: str, ask: Callable[[Incoming], Response]) -> Response:
        """What a route asks, or a kind answer to whatever went wrong."""
        return self.kindly(Incoming.of(self.current_request), edition, ask)

    def shared(self, edition: str, ask: Callable[[Incoming], Response]) -> Response:
        """An answer that pages of the hall and of the edition's partners may read, whatever it says."""
        request = Incoming.of(self.current_request)
        return cors.readable(self.kindly(request, edition, ask), request, self.origins(edition))

    def kindly(self, request: Incoming, edition: str, ask: Callable[[Incoming], Response]) -> Response:
        """What is asked of a request, or the answer to whatever went wrong."""
        return answers.kindly(request, edition, self.voting.language, lambda: ask(request))

    def origins(self, edition: str) -> frozenset[str]:
        """The origins of the hall and of an edition's partners, as last known where the store is away."""
        with suppress(PingxuanError):  # the route says what is wrong
            self._partners[edition] = self.voting.paper(edition).rule.origins
        return _all(os.environ.get("PINGXUAN_ORIGINS", ""), self._partners.get(edition, ()))


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    logs.start(os.environ)
app = App()
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
    """Cast a vote; those that wait for the disk are answered together, each at the time that it was received."""

    def ask(request: Incoming) -> Response:
        received = app.voting.now()

        def cast(_: Incoming) -> Response:
            return answers.counted(app.voting.vote(edition, request, received), request)

        return app.together(lambda: app.kindly(request, edition, cast))

    return app.shared(edition, ask)


@app.route("/api/editions/{edition}/votes", methods=["OPTIONS"], content_types=ANY)
def may_vote(edition: str) -> Response:
    """Say whether a page may send votes."""
    return app.shared(edition, lambda request: cors.preflight(request, app.origins(edition)))


@app.route("/api/editions/{edition}/receipt", methods=["GET"], content_types=ANY)
def receipt(edition: str) -> Response:
    """Show the receipt of a vote that a form cast."""
    return app.answer(edition, lambda request: answers.receipt_page(app.voting.receipt(edition, request)))


@app.route("/api/editions/{edition}/status", methods=["GET"], content_types=ANY)
def status(edition: str) -> Response:
    """Say where the voting stands."""
    return app.answer(edition, lambda _: answers.status(app.voting.status(edition)))


entry_routes.register(app)


@app.schedule("rate(1 minute)", name="seal")
def seal(_event: object) -> None:
    """Count the votes that are not counted yet, on AWS; the single machine's server has a thread for it.

    An error ends this run, and shows in the alarm; the next run goes on where this one stood.
    """
    app.sealer.seal(Clock().now())
