"""Sends what is due, and sends again what failed: the loop between the outbox and an engine.

Knows neither what messages say nor how they travel. Logs the number and kind of a message, never an address.
"""

import logging
import threading
from datetime import datetime

from awards.errors import PingxuanError
from chalicelib.clock import Clock
from chalicelib.mail_engines import Engine, NotSentError
from chalicelib.mail_outbox import Message, Outbox

log = logging.getLogger("pingxuan")
PAUSE = 2.0  # seconds between two looks at an outbox in which nothing is due


def deliver(outbox: Outbox, engine: Engine, sender: str, now: datetime) -> tuple[int, int]:
    """Try every message that is due, once; how many were sent, and how many were not."""
    sent = failed = 0
    while message := outbox.take(now):
        if attempt(outbox, engine, sender, message, now):
            sent += 1
        else:
            failed += 1
    return sent, failed


def attempt(outbox: Outbox, engine: Engine, sender: str, message: Message, now: datetime) -> bool:
    """Try one message; whether it was sent. A sender that dies in between sends it once more, rather than never."""
    try:
        _send(engine, message, sender)
    except NotSentError as error:
        outbox.failed(message, str(error), now, final=error.final)
        told = "given up" if error.final else "tried again later"
        log.warning("mail %s (%s) was not sent, and is %s: %s", message.id, message.kind, told, error)
        return False
    outbox.sent(message, now)
    log.info("mail %s (%s) was sent", message.id, message.kind)
    return True


def _send(engine: Engine, message: Message, sender: str) -> None:
    """As the engine does; whatever it stumbles over is told by its kind alone, since its words may hold an address."""
    try:
        engine.send(message, sender)
    except NotSentError:
        raise
    except Exception as error:
        raise NotSentError(f"a mistake of ours: {type(error).__name__}") from error


def run(outbox: Outbox, engine: Engine, sender: str, clock: Clock, stop: threading.Event) -> None:
    """Send what becomes due until told to stop."""
    while not stop.wait(PAUSE):
        try:
            deliver(outbox, engine, sender, clock.now())
        except PingxuanError as error:
            log.error("mail waits: %s", error.message)  # noqa: TRY400 it says all
