"""How mail leaves: as files in a folder, or to an SMTP server.

Knows folders, servers and what their answers mean for a message; refuses to know what it says. An error tells neither
an address nor a server's words, which may hold one: its text may be logged.
"""

import os
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from awards.errors import PingxuanError
from chalicelib.mail_outbox import Message

WAIT = 20.0  # seconds for each answer of a server
LOCAL = ("localhost", "127.0.0.1", "::1")
GUIDE = "Write smtp://user@host:587 or smtps://user@host:465, and the password in PINGXUAN_MAIL_PASSWORD"


class NotSentError(Exception):
    """A message was not sent. final: it never will be, whatever is tried."""

    def __init__(self, told: str, *, final: bool = False) -> None:
        super().__init__(told)
        self.final = final


class Engine(Protocol):
    """What sends a message."""

    def send(self, message: Message, sender: str) -> None:
        """Send it. Raises NotSentError."""


@dataclass(frozen=True)
class FolderEngine:
    """Each message becomes a file that any mail program opens: for trying out, and where mail is sent by hand."""

    folder: Path

    def send(self, message: Message, sender: str) -> None:  # noqa: ARG002 an Engine is told
        """See Engine."""
        path = self.folder / f"{message.id}.eml"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial = path.with_suffix(".part")
            with open(partial, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(message.raw)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError as error:
            raise NotSentError(f"the folder of mails: {error.strerror}") from error


@dataclass(frozen=True)
class SmtpEngine:
    """An SMTP server. tls: from the first byte. password: sent over TLS alone."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    trusted: Callable[[], ssl.SSLContext] = ssl.create_default_context

    @classmethod
    def of(cls, url: str, password: str) -> "SmtpEngine":
        """From a URL. Raises PingxuanError where it cannot be meant."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise PingxuanError("PINGXUAN_MAIL is no address of a server", GUIDE) from error
        if parts.scheme not in ("smtp", "smtps") or not host or parts.password is not None:
            raise PingxuanError("PINGXUAN_MAIL is no address of a server, or holds a password", GUIDE)
        tls = parts.scheme == "smtps"
        return cls(host, port or (465 if tls else 587), unquote(parts.username or ""), password, tls)

    def send(self, message: Message, sender: str) -> None:
        """See Engine."""
        try:
            with self._connected() as server:
                server.send_message(_parsed(message.raw), sender, [message.to])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise _refused("the recipient", code) from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _refused("the message", error.smtp_code) from error
        except smtplib.SMTPResponseException as error:  # greeting, TLS or log-in: nothing is wrong with the message
            raise NotSentError(f"the server answered {error.smtp_code}") from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise NotSentError(f"the server cannot be reached: {type(error).__name__}") from error

    def _connected(self) -> smtplib.SMTP:
        if self.tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=WAIT, context=self.trusted())
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=WAIT)
        try:
            self._greet(server)
        except BaseException:
            server.close()
            raise
        return server

    def _greet(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        if not self.tls and server.has_extn("starttls"):
            server.starttls(context=self.trusted())
            server.ehlo()
        elif not self.tls and self.host not in LOCAL:
            raise NotSentError("the server offers no TLS, and mail is not sent in the clear")
        if self.user:
            if not isinstance(server.sock, ssl.SSLSocket):
                raise NotSentError("the server offers no TLS, and a password is not sent in the clear")
            server.login(self.user, self.password)


def _parsed(raw: bytes):  # type: ignore[no-untyped-def]  # noqa: ANN202 smtplib takes what email makes
    return BytesParser(policy=SMTP).parsebytes(raw)


def _refused(what: str, code: int) -> NotSentError:
    """A refusal by its code: 4xx is for now (greylisting, a full mailbox), 5xx for good."""
    return NotSentError(f"the server refused {what}: {code}", final=500 <= code < 600)
