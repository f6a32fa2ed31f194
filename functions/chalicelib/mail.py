"""Mail to entrants: what it says, in Chinese and English, and how it is kept until it is sent.

Knows the templates in templates/mail/ (first line the subject, then plain text) and the headers of a message; refuses
to know how it travels (mail_engines.py) and when it is tried again (mail_sender.py). What somebody else wrote may stand
in a text, never in a header: the subject and the address are one line each. send() returns when the message is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from awards import cleaning
from awards.errors import PingxuanError
from awards.numbers import email as read_email
from chalicelib.clock import Clock
from chalicelib.mail_engines import Engine
from chalicelib.mail_outbox import LEASE, WAITING, Message, Outbox
from chalicelib.mail_sender import attempt

KINDS = ("link", "received", "returned", "passed", "declined", "reminder", "recommending")
LANGUAGES = ("zh-CN", "en")
# What a template may ask for; what is not given is empty.
VALUES = ("edition", "title", "case", "number", "reason", "link", "submitted", "closes", "missing")
TIMES = ("submitted", "closes")
SUBJECT = 150  # characters
TEXT = 20_000  # characters of one value: a reason is a few lines


@dataclass(frozen=True)
class Sender:
    """Who writes. name: shown beside the address; may be empty."""

    name: str
    address: str

    @classmethod
    def of(cls, text: str) -> "Sender":
        """From "组委会 <award@example.org>". Raises PingxuanError for anything else."""
        name, address = parseaddr(text)
        if read_email(address) is None or cleaning.line(text) != text.strip():
            raise PingxuanError("PINGXUAN_MAIL_FROM holds no address", "Write: 组委会 <award@example.org>")
        return cls(cleaning.line(name), address)


class Mail:
    """Writes messages and keeps them in an outbox.

    engine: tries each at once, where no thread could (Lambda); else mail_sender.run does, soon after.
    """

    def __init__(self, outbox: Outbox, sender: Sender, clock: Clock, engine: Engine | None = None) -> None:
        self._outbox, self._sender, self._clock, self._engine = outbox, sender, clock, engine

    def send(self, kind: str, to: str, language: str, values: Mapping[str, object]) -> str:
        """Keep a message, to be sent at once; its id. Raises PingxuanError where it cannot be kept."""
        now = self._clock.now()
        raw = compose(to, language, words(kind, language, values), self._sender, now).as_bytes()
        if self._engine is None:
            return self._outbox.put(kind, to, raw, now)
        due = now + LEASE  # nobody else tries it meanwhile
        number = self._outbox.put(kind, to, raw, due)
        message = Message(number, kind, to, raw, WAITING, 0, due, "")
        attempt(self._outbox, self._engine, self._sender.address, message, now)
        return number


def preview(kind: str, language: str, values: Mapping[str, object]) -> str:
    """What a message would say: its subject, an empty line, its text."""
    subject, text = words(kind, language, values)
    return f"{subject}\n\n{text}"


def compose(to: str, language: str, said: tuple[str, str], sender: Sender, now: datetime) -> EmailMessage:
    """The message. Raises PingxuanError for an address that is none."""
    address = read_email(to)
    if address is None:
        raise PingxuanError("The address of a mail is none", "See the e-mail field of the submission.")
    subject, text = said
    local, _, domain = sender.address.rpartition("@")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(sender.name, local, domain)
    message["To"] = address
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers it
    message["Content-Language"] = language if language in LANGUAGES else LANGUAGES[0]
    message.set_content(text, cte="base64")
    return message


def words(kind: str, language: str, values: Mapping[str, object]) -> tuple[str, str]:
    """Subject and text of a message."""
    if kind not in KINDS:
        raise PingxuanError(f"There is no mail of kind {kind}", f"Kinds: {', '.join(KINDS)}")
    known = language if language in LANGUAGES else LANGUAGES[0]
    given = {name: _plain(name, values.get(name)) for name in VALUES}
    text = _templates().get_template(f"{kind}.{known}.txt").render(given)
    subject, _, body = text.partition("\n")
    return cleaning.line(subject)[:SUBJECT], body.strip() + "\n"


def _plain(name: str, value: object) -> str | list[str]:
    """A value as plain text: one line, but for a reason."""
    if value is None or value == "":
        return [] if name == "missing" else ""
    if name == "missing":
        return [cleaning.line(str(item)[:TEXT]) for item in value] if isinstance(value, list | tuple) else []
    if name in TIMES:
        return shown_time(str(value))
    text = str(value)[:TEXT]
    return cleaning.lines(text) if name == "reason" else cleaning.line(text)


def shown_time(text: str) -> str:
    """An instant as people write it: the midnight at which a day ends is that day's 24:00."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return cleaning.line(text)
    zone = f" (UTC{instant:%z})" if instant.tzinfo else ""
    if (instant.hour, instant.minute, instant.second) == (0, 0, 0):
        return f"{instant - timedelta(days=1):%Y-%m-%d} 24:00{zone}"
    return f"{instant:%Y-%m-%d %H:%M}{zone}"


@cache
def _templates() -> Environment:
    folder = FileSystemLoader(Path(__file__).parent / "templates" / "mail")
    # Plain text: nothing reads markup in it, so that nothing is escaped.
    return Environment(loader=folder, undefined=StrictUndefined, trim_blocks=True, autoescape=False)  # noqa: S701
