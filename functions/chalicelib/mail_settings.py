"""What the environment sets about mail; whatever cannot be meant refuses to start.

PINGXUAN_MAIL            folder (default: each mail is a file in var/mail/), smtp://user@host:587, smtps://user@host:465
PINGXUAN_MAIL_FROM       who writes: 组委会 <award@example.org>; needed for all but folder
PINGXUAN_MAIL_PASSWORD   the password of smtp's user

On AWS the functions send by SES, always (mail_aws.py); the desk sends a stage's mail by SMTP where that is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from awards.errors import PingxuanError
from chalicelib.clock import Clock
from chalicelib.mail import Mail, Sender
from chalicelib.mail_engines import Engine, FolderEngine, SmtpEngine
from chalicelib.mail_outbox import Outbox, SQLiteOutbox

NOBODY = Sender("", "award@example.org")  # a folder's mails go nowhere by themselves


@dataclass(frozen=True)
class Post:
    """Everything that mail needs, of one place."""

    outbox: Outbox
    engine: Engine
    sender: Sender

    def mail(self, clock: Clock, *, at_once: bool = False) -> Mail:
        """Who writes messages. at_once: each is tried when it is written, where no thread of ours would do it."""
        return Mail(self.outbox, self.sender, clock, self.engine if at_once else None)


def post_of(environ: Mapping[str, str], var: Path) -> Post:
    """The mail of this machine. Raises PingxuanError where the settings cannot be meant."""
    engine = smtp_of(environ)
    if engine is None and environ.get("PINGXUAN_MAIL", "folder") != "folder":
        raise PingxuanError("PINGXUAN_MAIL is not known on this machine", "Set it to folder, or smtp://user@host:587")
    sender = sender_of(environ, needed=engine is not None)
    return Post(SQLiteOutbox(var / "mail.sqlite"), engine or FolderEngine(var / "mail"), sender)


def smtp_of(environ: Mapping[str, str]) -> SmtpEngine | None:
    """The server that the environment names, if it names one."""
    how = environ.get("PINGXUAN_MAIL", "")
    named = how.startswith(("smtp://", "smtps://"))
    return SmtpEngine.of(how, environ.get("PINGXUAN_MAIL_PASSWORD", "")) if named else None


def sender_of(environ: Mapping[str, str], *, needed: bool) -> Sender:
    """Who writes, from the environment. Raises PingxuanError where nobody is named and somebody must be."""
    text = environ.get("PINGXUAN_MAIL_FROM", "")
    if not text and needed:
        raise PingxuanError("PINGXUAN_MAIL_FROM is not set", "Write: 组委会 <award@example.org>")
    return Sender.of(text) if text else NOBODY
