"""The verb mail: what waits is sent, what failed is listed, and nobody's whole address is shown."""

import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chalicelib import mail
from chalicelib.clock import Clock
from chalicelib.mail_engines import NotSentError
from chalicelib.mail_outbox import SQLiteOutbox
from chalicelib.mail_settings import Post
from rich.console import Console

from desk import mailing

ROOT = Path(__file__).parents[2]
NOW = datetime(2020, 8, 1, 9, tzinfo=UTC)
SENDER = mail.Sender("", "award@example.org")


class Engine:
    """An engine that refuses until it is told otherwise."""

    willing = False

    def send(self, _message, _sender):
        if not self.willing:
            raise NotSentError("the server refused the recipient: 550", final=True)


@pytest.fixture
def post(tmp_path):
    outbox = SQLiteOutbox(tmp_path / "mail.sqlite")
    yield Post(outbox, Engine(), SENDER)
    outbox.close()


def shown(post) -> tuple[bool, str]:
    console = Console(file=io.StringIO(), width=200)
    return mailing.show(post, console), console.file.getvalue()


def test_a_mail_that_was_given_up_is_listed_until_it_is_tried_again(post):
    post.mail(Clock.starting_at(NOW)).send("passed", "lin@example.org", "en", {"title": "Award", "number": "7"})
    later = datetime.now(UTC)
    assert mailing.send(post, later, retry=False) == "0 mails sent, 1 not."
    listed, text = shown(post)
    assert listed
    assert "550" in text
    assert mailing.send(post, later, retry=False) == "0 mails sent, 0 not."
    post.engine.willing = True
    assert mailing.send(post, later, retry=True) == "1 mails sent, 0 not."
    assert shown(post) == (False, "No mail waits.\n")


def test_no_whole_address_is_shown(post):
    post.mail(Clock.starting_at(NOW)).send("passed", "lin@example.org", "en", {"title": "Award", "number": "7"})
    _, text = shown(post)
    assert "l…@example.org" in text
    assert "lin@" not in text


def test_the_verb_sends_what_the_server_left(tmp_path):
    outbox = SQLiteOutbox(tmp_path / "mail.sqlite")
    mail.Mail(outbox, SENDER, Clock()).send("passed", "lin@example.org", "en", {"title": "Award", "number": "7"})
    outbox.close()
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PINGXUAN_")}
    command = [sys.executable, str(ROOT / "publish.py"), "mail"]
    done = subprocess.run(
        command, env=settings | {"PINGXUAN_VAR": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "1 mails sent, 0 not.\nNo mail waits.\n")
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
