"""Where files are posted to on one machine: a request to a link of uploads.FolderUploads, and its answer.

Knows WSGI and statuses. A browser that is still sending sees no answer, only a broken connection; so what is refused is
read to its end and dropped, up to a point. Only so many are read at once, and a few wait: who sends slowly holds one of
these places, never the votes' ones.
"""

import json
import logging

from awards.ballot import Refusal
from chalicelib import answers
from chalicelib.gateway import DROPPED, Environ, Reply, plain
from chalicelib.headers import SECURITY
from chalicelib.multipart import PIECE, Read
from chalicelib.refused import RefusedError, UnavailableError
from chalicelib.turns import Turns
from chalicelib.uploads import FolderUploads

log = logging.getLogger("pingxuan")

AT_ONCE = 16
WAITING = 4
THREADS = AT_ONCE + WAITING  # that uploads hold at most
TURN = 1.0  # seconds to wait for a place
STATUS = {
    "bad_upload": 400,
    "file_too_small": 400,
    "bad_link": 403,
    "link_expired": 403,
    "too_slow": 408,
    "already_uploaded": 409,
    "file_too_large": 413,
    "unavailable": 503,
}
BUSY = Refusal(
    "unavailable",
    "暂时无法接收文件，请稍后再试。",
    "Files cannot be taken at this moment. Please try again in a while.",
)
HEADERS = {**SECURITY, **answers.PRIVATE}


class Receiver:
    """Takes in uploads, a few at once."""

    def __init__(self, uploads: FolderUploads) -> None:
        self._uploads = uploads
        self._turns = Turns("uploads", AT_ONCE, WAITING, TURN)

    def reply(self, environ: Environ) -> Reply:
        """The answer to one request, after its body."""
        if environ["REQUEST_METHOD"] != "POST":
            return plain(answers.wrong_method("POST"))
        try:
            with self._turns.turn():
                return self._receive(environ)
        except UnavailableError:
            return _refusal(BUSY)

    def _receive(self, environ: Environ) -> Reply:
        read = environ["wsgi.input"].read
        try:
            self._uploads.accept(environ.get("CONTENT_TYPE", ""), read)
            answer: Reply = (204, HEADERS, b"")
        except RefusedError as error:
            answer = _refusal(error.refusal)
        except OSError:  # the disk is full, or broken
            log.exception("an upload could not be written")
            answer = _refusal(BUSY)
        _drain(read)
        return answer


def _refusal(said: Refusal) -> Reply:
    body = {"code": said.code, "message": {"zh-CN": said.zh, "en": said.en}}
    later = {"Retry-After": answers.RETRY_AFTER} if said is BUSY else {}
    headers = {**HEADERS, **later, "Content-Type": "application/json"}
    return STATUS[said.code], headers, json.dumps(body).encode()


def _drain(read: Read) -> None:
    dropped = 0
    while dropped < DROPPED and (more := read(PIECE)):
        dropped += len(more)
