"""The single-machine server: site, functions, uploads, sealer and sender of mails in one process behind granian.

The environment is described in chalicelib/settings.py. ``run`` returns when the server was told to stop.
"""

import os
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from chalicelib import accesslog, answers, events, logs, mail_sender, mail_settings, sealer, uploading
from chalicelib.accesslog import AccessLog
from chalicelib.clock import Clock
from chalicelib.files import Files
from chalicelib.gateway import Environ, Gateway, Reply, Start, path_of, plain, read_body, send
from chalicelib.incoming import limit_of
from chalicelib.settings import Settings
from chalicelib.uploads import TARGET
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from awards.errors import PingxuanError

GRACE = 5  # seconds for requests in hand at the end; votes are safe at any moment
REQUESTS = 32  # in hand; most of a vote's time is the disk's
THREADS = REQUESTS + uploading.THREADS  # uploads take minutes, and have threads of their own
BODIES = REQUESTS - 8  # bodies being read: whoever sends slowly holds a thread, never all of them
TURN = 0.05  # seconds to wait for one's turn to read: honest bodies, already here, take far less
HEADERS_WITHIN = 10_000  # milliseconds; bodies have no such limit here, see docs/decisions/voting-http.md


class Supervisor(MPServer):
    """Granian, stopped without a deadlock.

    Granian's handler sets an event in the main thread, which hangs if that thread holds the event's lock, as it does
    when Ctrl-C ends the worker at the same moment. Set from a thread of its own it only waits its turn.
    """

    def signal_handler_interrupt(self, *_: object) -> None:
        """Stop, from SIGINT and SIGTERM."""
        self.interrupt_signal = True
        threading.Thread(target=self.main_loop_interrupt.set, daemon=True).start()


class Server:
    """The WSGI callable: the functions below /api/, files everywhere else. Every answer bears its request's number."""

    def __init__(
        self,
        gateway: Gateway,
        files: Files,
        accesses: AccessLog,
        receiver: uploading.Receiver,
        proxy: str | None = None,
    ) -> None:
        self._gateway = gateway
        self._receiver = receiver
        self._files = files
        self._accesses = accesses
        self._bodies = threading.BoundedSemaphore(BODIES)
        self._told = f"HTTP_{proxy.upper().replace('-', '_')}" if proxy else ""

    def __call__(self, environ: Environ, start: Start) -> list[bytes]:
        """Answer one request."""
        number = events.new_id()
        logs.request.set(number)
        path, method = path_of(environ), environ["REQUEST_METHOD"]
        status, headers, body = self._reply(path, method, environ)
        whence = {"peer": environ.get("REMOTE_ADDR", "")}
        if self._told:
            whence["address"] = environ.get(self._told, "")
        self._accesses.write(whence, method, path or "", status, number)
        return send(start, (status, {**headers, "X-Request-Id": number}, body))

    def _reply(self, path: str | None, method: str, environ: Environ) -> Reply:
        if path == TARGET:
            return self._receiver.reply(environ)
        body = b"" if method in ("GET", "HEAD") else self._body(environ, limit_of(path))
        if body is None:
            return plain(answers.unavailable())
        if path is None:
            return plain(answers.not_found())
        if path.startswith("/api/"):
            return self._gateway.reply(path, environ, body)
        if method not in ("GET", "HEAD"):
            return plain(answers.wrong_method("GET, HEAD"))
        return self._files.reply(path, environ.get("QUERY_STRING", ""), environ.get("HTTP_IF_NONE_MATCH", ""))

    def _body(self, environ: Environ, limit: int) -> bytes | None:
        """The body; None if too many are being read."""
        if not self._bodies.acquire(timeout=TURN):
            return None
        try:
            return read_body(environ, limit)
        finally:
            self._bodies.release()


def read_as_of(text: str | None, *, published: bool = False) -> datetime | None:
    """The time to start the clock at, from the command line. published: the site is a release, not to be played."""
    if text is None:
        return None
    if published:
        raise PingxuanError("--as-of plays with the clock, --site serves a release for real votes", "Leave one out")
    try:
        as_of = datetime.fromisoformat(text)
    except ValueError as error:
        raise PingxuanError(f"--as-of {text} is no time", "Write 2020-08-24T10:00:00+08:00") from error
    Settings.of(os.environ).clock(as_of)
    return as_of


def run(site: Path, var: Path, port: int, as_of: datetime | None = None, host: str = "127.0.0.1") -> None:
    """Serve a site and its voting until told to stop. site: a folder, or a link that is switched while this runs."""
    settings = Settings.of({**os.environ, "PINGXUAN_VAR": str(var)})
    accesslog.days(os.environ)  # refuses to start rather than in the worker
    mail_settings.post_of(os.environ, var)  # likewise
    clock = settings.clock(as_of)
    worker = partial(load, site, settings, clock, os.getpid())
    server = Supervisor(
        "pingxuan",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,  # one sealer, one queue of writers
        blocking_threads=THREADS,
        workers_kill_timeout=GRACE,
        respawn_failed_workers=True,  # one that is killed, or loses its disk, is replaced; no vote is lost by it
        log_level=LogLevels.error,
        log_dictconfig=logs.settings(os.environ),
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN),
    )
    try:
        server.serve(target_loader=worker, wrap_loader=False)
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
        raise PingxuanError(f"cannot listen on {host}:{port}: {reason}", "Choose another one: --port N") from error


def load(site: Path, settings: Settings, clock: Clock, parent: int) -> Server:
    """The server, made inside granian's worker; its sealer starts to run."""
    from app import app  # noqa: PLC0415 Lambda's entry point: made where it runs, never in the supervisor

    store = settings.store()
    app.voting, app.together = settings.voting(clock, store), store.together
    uploads = settings.uploads(clock)
    post = mail_settings.post_of(os.environ, settings.var)
    app.submissions = settings.submissions(clock, uploads, post.mail(clock))
    sent = partial(mail_sender.run, post.outbox, post.engine, post.sender.address, clock, threading.Event())
    _in_background("sender of mails", sent)
    public = settings.var / "public"
    _in_background("sealer", lambda: sealer.run(settings.store(), public, clock, threading.Event()))
    _in_background("orphan watch", lambda: _end_with(parent))
    accesses = AccessLog(settings.var / "logs", accesslog.days(os.environ))
    receiver = uploading.Receiver(uploads)
    return Server(Gateway(app), Files(site, public), accesses, receiver, settings.trust.header)


def _in_background(name: str, what: Callable[[], None]) -> None:
    threading.Thread(target=what, name=name, daemon=True).start()


def _end_with(parent: int) -> None:
    """End when the supervisor is gone, even by SIGKILL: an orphan would hold the port. Votes are safe at any moment."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
