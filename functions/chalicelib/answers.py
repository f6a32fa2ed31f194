"""The answers: one table from outcome to status, JSON for scripts, a page or a redirect for plain forms."""

import logging
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib import pages
from chalicelib.headers import SECURITY
from chalicelib.incoming import Incoming
from chalicelib.receipt import Receipt
from chalicelib.refused import RefusedError, UnavailableError, refused

log = logging.getLogger("pingxuan")

STATUS = {
    "counted": 201,
    "already_counted": 200,
    "not_open": 403,
    "closed": 403,
    "foreign_origin": 403,
    "not_found": 404,
    "no_such_edition": 404,
    "no_such_case": 404,
    "no_such_receipt": 404,
    "no_such_draft": 404,
    "no_such_file": 404,
    "no_such_paper": 404,
    "no_such_body": 404,
    "no_such_submission": 404,
    "wrong_method": 405,
    "already_voted": 409,
    "out_of_date": 409,
    "stale": 409,
    "not_a_draft": 409,
    "decided": 409,
    "over_limit": 409,
    "withdrawn": 410,
    "too_large": 413,
    "wrong_type": 415,
    "malformed": 422,
    "incomplete": 422,
    "bad_file": 422,
    "confirm": 428,
    "too_many": 429,
    "broken": 500,
    "unavailable": 503,
}
COUNTED = {
    "counted": {"zh-CN": "您的一票已计入。", "en": "Your vote is counted."},
    "already_counted": {
        "zh-CN": "这一票此前已计入，没有重复计票。",
        "en": "This vote was counted before; it counts once.",
    },
}
RETRY_AFTER = "5"  # seconds; then the page sends the same h again
LATER = ("unavailable", "too_many")
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def kindly(request: Incoming, edition: str, language: Callable[[str], str], ask: Callable[[], Response]) -> Response:
    """What a route asks, or the answer to whatever it raised: the one place where errors become statuses.

    language: of an edition, known when something was asked of it.
    """
    try:
        return ask()
    except RefusedError as error:
        return refusal(error, request, edition, language(edition))
    except UnavailableError as error:
        log.error("%s. %s", error.message, error.advice)  # noqa: TRY400 the message says all; no traceback per voter
        return refusal(refused("unavailable"), request, edition, language(edition))
    except Exception:
        log.exception("a request broke")
        return refusal(refused("broken"), request, edition, language(edition))


def counted(receipt: Receipt, request: Incoming) -> Response:
    """A vote that is counted: a receipt, or the way to the page that shows it."""
    code = "already_counted" if receipt.again else "counted"
    if request.form:
        shown = {"period": receipt.period, "h": receipt.vote.h} | ({"nonce": receipt.nonce} if receipt.nonce else {})
        return _answer("", 303, {"Location": f"/api/editions/{receipt.paper.edition}/receipt?{urlencode(shown)}"})
    following = receipt.next and receipt.next.isoformat()
    body = {"code": code, "receipt": receipt.body(), "next": following, "message": COUNTED[code]}
    return _answer(body, STATUS[code])


def receipt_page(receipt: Receipt) -> Response:
    """The page that shows a receipt to a voter without script."""
    sentence = COUNTED["already_counted" if receipt.again else "counted"]
    return _page(pages.receipt(receipt, sentence), 200)


def status(body: Mapping[str, object]) -> Response:
    """Public, and the same for everybody, so that a cache may keep it for a while."""
    return _answer(body, 200, {"Cache-Control": "public, max-age=10", "Access-Control-Allow-Origin": "*"})


def private(body: Mapping[str, object], status_code: int = 200) -> Response:
    """What one entrant or recommending body alone may see: no cache keeps it."""
    return _answer(body, status_code)


def nothing() -> Response:
    """Done, and there is nothing to say."""
    return _answer("", 204)


def download(data: bytes, kind: str, name: str) -> Response:
    """A file to be kept, never shown. name: ASCII."""
    return _answer(data, 200, {"Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'})


def refusal(error: RefusedError, request: Incoming | None, edition: str, language: str) -> Response:
    """A refusal, with its code, its sentences and what there is to say besides; for a form, a page."""
    code = error.refusal.code
    headers = {"Retry-After": str(error.more.get("retry_after", RETRY_AFTER))} if code in LATER else {}
    if request is not None and request.reads_pages:
        return _page(pages.refusal(error, edition, language), STATUS[code], headers)
    message = {"zh-CN": error.refusal.zh, "en": error.refusal.en}
    return _answer({"code": code, **error.more, "message": message}, STATUS[code], headers)


def allowed(methods: str, headers: Mapping[str, str]) -> Response:
    """The answer to a question what an address takes."""
    return _answer("", 204, {"Allow": methods, **headers})


def wrong_method(allowed: str) -> Response:
    """The answer to a method that an address does not take."""
    answer = refusal(refused("wrong_method"), None, "", "")
    answer.headers["Allow"] = allowed
    return answer


def broken() -> Response:
    """The answer where not even a refusal could be made."""
    return refusal(refused("broken"), None, "", "")


def unavailable() -> Response:
    """The answer while there is too much in hand."""
    return refusal(refused("unavailable"), None, "", "")


def not_found() -> Response:
    """The answer to an address where no function is."""
    return refusal(refused("not_found"), None, "", "")


def _page(html: str, status_code: int, headers: Mapping[str, str] | None = None) -> Response:
    return _answer(html, status_code, {"Content-Type": "text/html; charset=utf-8", **(headers or {})})


def _answer(body: object, status_code: int, headers: Mapping[str, str] | None = None) -> Response:
    kind = {} if isinstance(body, str | bytes) else {"Content-Type": "application/json"}
    return Response(body=body, status_code=status_code, headers={**SECURITY, **PRIVATE, **kind, **(headers or {})})
