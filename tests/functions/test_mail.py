"""Mail: kept before it is sent, sent once, tried again when it failed, and never a word of it in the log."""

import logging
import shutil
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import halls
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from chalicelib import mail, mail_sender, mail_settings
from chalicelib.clock import Clock
from chalicelib.mail_engines import FolderEngine, SmtpEngine
from chalicelib.mail_outbox import BACK_OFF, LEASE, SQLiteOutbox

from awards.errors import PingxuanError

NOW = datetime(2020, 8, 1, 9, tzinfo=UTC)
SENDER = mail.Sender("组委会", "award@example.org")
VALUES = {
    "edition": "qingdao-2020",
    "title": "2020青岛信息化典型案例评选",
    "case": "园区云服务平台",
    "number": "2020-0137",
    "reason": "缺少盖章页。\n请补传。",
    "link": "https://example.org/qingdao-2020/apply/#abc.def",
    "submitted": "2020-07-30T10:00:00+08:00",
    "closes": "2020-08-01T00:00:00+08:00",
    "missing": ["请上传“签字盖章的申报表”。"],
}
# kind -> what a message of this kind must say, in either language.
SAID = {
    "link": ["https://example.org/qingdao-2020/apply/#abc.def", "2020-07-31 24:00 (UTC+0800)"],
    "received": ["2020-0137", "2020-07-30 10:00 (UTC+0800)"],
    "returned": ["2020-0137", "缺少盖章页。\n请补传。", "2020-07-31 24:00"],
    "passed": ["2020-0137", "园区云服务平台"],
    "declined": ["2020-0137", "缺少盖章页。"],
    "recommending": [VALUES["link"], "2020-07-31 24:00"],
    "reminder": ["2020-07-31 24:00", "- 请上传“签字盖章的申报表”。"],
}


class Mailbox:
    """What the server took, and what it answers: a list of answers to RCPT, "" for yes."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes, bool]] = []
        self.answers: list[str] = []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else ""
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802 aiosmtpd's name
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content, session.ssl is not None))
        return "250 OK"


@pytest.fixture
def box():
    return Mailbox()


@pytest.fixture
def server(box):
    controller = Controller(box, hostname="127.0.0.1", port=halls.port())
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def outbox(tmp_path):
    made = SQLiteOutbox(tmp_path / "mail.sqlite")
    yield made
    made.close()


def write(outbox, kind="received", to="lin@example.org", **values):
    return mail.Mail(outbox, SENDER, Clock.starting_at(NOW)).send(kind, to, "zh-CN", VALUES | values)


def deliver(outbox, port, now=NOW + timedelta(seconds=5)):
    engine = SmtpEngine.of(f"smtp://127.0.0.1:{port}", "")
    return mail_sender.deliver(outbox, engine, SENDER.address, now)


def read(raw: bytes):
    return message_from_bytes(raw, policy=default)


@pytest.mark.parametrize("kind", mail.KINDS)
@pytest.mark.parametrize("language", mail.LANGUAGES)
def test_a_mail_of_each_kind_says_what_it_must(kind, language):
    subject, text = mail.words(kind, language, VALUES)
    assert VALUES["title"] in subject
    assert [part for part in SAID[kind] if part not in text] == []
    assert "\n\n\n" not in text
    assert "{" not in text


@pytest.mark.parametrize("kind", mail.KINDS)
@pytest.mark.parametrize("language", mail.LANGUAGES)
def test_a_mail_can_be_written_without_what_is_optional(kind, language):
    subject, text = mail.words(kind, language, {"title": "评选", "number": "1"})
    assert "None" not in subject + text


def test_a_preview_is_what_is_sent(outbox):
    write(outbox)
    sent = read(outbox.open_ones()[0].raw)
    text = sent.get_content().replace("\r\n", "\n")
    assert f"{sent['Subject']}\n\n{text}" == mail.preview("received", "zh-CN", VALUES)


def test_a_title_with_line_ends_adds_no_header(outbox):
    write(outbox, title="评选\r\nBcc: eve@example.org\r\n\r\nhello\x00", number="1\nX-Evil: 1")
    sent = read(outbox.open_ones()[0].raw)
    assert (sent["Bcc"], sent["X-Evil"]) == (None, None)
    assert sent["Subject"].startswith("评选 Bcc: eve@example.org hello")


@pytest.mark.parametrize("to", ["a@example.org\nBcc: b@example.org", "a@example.org, b@example.org", "nobody", ""])
def test_what_is_no_address_gets_no_mail(outbox, to):
    with pytest.raises(PingxuanError):
        write(outbox, to=to)
    assert outbox.open_ones() == []


def test_a_message_says_when_it_was_written_and_that_a_machine_wrote_it(outbox):
    write(outbox)
    sent = read(outbox.open_ones()[0].raw)
    assert sent["Date"].datetime.replace(microsecond=0) == NOW
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent["Message-ID"].endswith("@example.org>")
    assert sent["From"] == "组委会 <award@example.org>"
    assert (sent.get_content_type(), sent.is_multipart()) == ("text/plain", False)


def test_a_mail_is_delivered_once_and_then_forgotten(outbox, server, box):
    write(outbox)
    assert deliver(outbox, server.port) == (1, 0)
    assert deliver(outbox, server.port, NOW + timedelta(days=9)) == (0, 0)
    [(sender, to, raw, _)] = box.taken
    assert (sender, to) == ("award@example.org", ["lin@example.org"])
    assert "2020-0137" in read(raw).get_content()
    with outbox._read() as db:
        assert db.execute("select state, recipient, length(raw) from messages").fetchall() == [("sent", "", 0)]


def test_a_recipient_who_is_refused_is_listed_and_not_asked_again(outbox, server, box):
    write(outbox)
    box.answers = ["550 no such user"]
    assert deliver(outbox, server.port) == (0, 1)
    assert deliver(outbox, server.port, NOW + timedelta(days=9)) == (0, 0)
    [listed] = outbox.open_ones()
    assert (listed.state, listed.error) == ("failed", "the server refused the recipient: 550")
    outbox.again(NOW)
    assert deliver(outbox, server.port) == (1, 0)


def test_a_greylisted_mail_is_sent_a_minute_later(outbox, server, box):
    write(outbox)
    box.answers = ["451 try again later"]
    assert deliver(outbox, server.port) == (0, 1)
    assert deliver(outbox, server.port, NOW + timedelta(seconds=30)) == (0, 0)
    assert deliver(outbox, server.port, NOW + timedelta(seconds=90)) == (1, 0)
    assert len(box.taken) == 1


def test_a_mail_waits_while_the_server_is_away(outbox, box):
    port = halls.port()
    write(outbox)
    assert deliver(outbox, port) == (0, 1)
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        assert deliver(outbox, port, NOW + timedelta(minutes=2)) == (1, 0)
    finally:
        controller.stop()


def test_a_mail_is_given_up_after_days_and_listed(outbox):
    port, now = halls.port(), NOW + timedelta(seconds=5)
    write(outbox)
    for minutes in (*BACK_OFF, 0):
        assert deliver(outbox, port, now) == (0, 1)
        now += timedelta(minutes=minutes)
    [listed] = outbox.open_ones()
    assert (listed.state, listed.tries) == ("failed", len(BACK_OFF) + 1)
    assert listed.raw != b""


def test_two_senders_send_a_mail_once(outbox, tmp_path):
    write(outbox)
    other = SQLiteOutbox(tmp_path / "mail.sqlite")
    now = NOW + timedelta(seconds=5)
    assert (outbox.take(now) is None, other.take(now)) == (False, None)
    assert other.take(now + LEASE + timedelta(seconds=1)) is not None  # the first one died: rather twice than never
    other.close()


def test_a_kept_mail_survives_the_process(tmp_path):
    first = SQLiteOutbox(tmp_path / "mail.sqlite")
    number = write(first)
    first.close()
    second = SQLiteOutbox(tmp_path / "mail.sqlite")
    assert [message.id for message in second.open_ones()] == [number]
    second.close()


def test_no_address_and_no_link_is_in_the_log(outbox, server, box, caplog):
    caplog.set_level(logging.DEBUG)
    box.answers = ["550 <lin@example.org> is unknown", "451 <lin@example.org> later", ""]
    for _ in range(3):
        write(outbox, kind="link")
    deliver(outbox, server.port)
    deliver(outbox, halls.port(), NOW + timedelta(minutes=2))
    ours = " ".join(record.getMessage() for record in caplog.records if record.name == "pingxuan")
    assert ours.count("was") >= 3
    assert [word for word in ("lin@", "example.org", "abc.def") if word in ours] == []


def test_the_folder_keeps_each_mail_as_a_private_file(outbox, tmp_path):
    number = write(outbox)
    engine = FolderEngine(tmp_path / "mail")
    assert mail_sender.deliver(outbox, engine, SENDER.address, NOW + timedelta(seconds=5)) == (1, 0)
    path = tmp_path / "mail" / f"{number}.eml"
    assert read(path.read_bytes())["To"] == "lin@example.org"
    assert path.stat().st_mode & 0o077 == 0
    assert list((tmp_path / "mail").iterdir()) == [path]


def test_where_no_thread_sends_a_mail_is_tried_at_once(outbox, tmp_path):
    made = mail.Mail(outbox, SENDER, Clock.starting_at(NOW), FolderEngine(tmp_path / "mail"))
    made.send("received", "lin@example.org", "en", VALUES)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
    assert outbox.open_ones() == []


def test_the_server_s_thread_sends_what_is_kept(outbox, server, box, monkeypatch):
    monkeypatch.setattr(mail_sender, "PAUSE", 0.01)
    stop, engine = threading.Event(), SmtpEngine.of(f"smtp://127.0.0.1:{server.port}", "")
    clock = Clock.starting_at(NOW + timedelta(minutes=1))
    thread = threading.Thread(target=mail_sender.run, args=(outbox, engine, SENDER.address, clock, stop))
    thread.start()
    write(outbox)
    for _ in range(500):
        if box.taken:
            break
        stop.wait(0.01)
    stop.set()
    thread.join()
    assert len(box.taken) == 1


def test_the_server_s_thread_outlives_whatever_a_message_does_to_it(outbox, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(mail_sender, "PAUSE", 0.01)
    stop, tried = threading.Event(), []

    class Broken(FolderEngine):
        def send(self, message, sender):  # noqa: ARG002 an Engine is told
            tried.append(message)
            if len(tried) == 2:
                stop.set()
            raise ValueError(message.to)

    write(outbox)
    write(outbox)
    mail_sender.run(outbox, Broken(tmp_path), SENDER.address, Clock.starting_at(NOW + timedelta(minutes=1)), stop)
    assert len(tried) == 2  # the one after the other
    assert "ValueError" in caplog.text
    assert "example.org" not in caplog.text
    assert [(each.tries, each.error) for each in outbox.open_ones()] == [(1, "a mistake of ours: ValueError")] * 2


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_password_is_sent_over_tls_and_never_in_the_clear(outbox, box, server, tmp_path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    asked = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subject = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*asked, *subject], check=True, capture_output=True)
    seen = []

    def check(_server, _session, _envelope, _mechanism, data):
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"secret")

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    secure = Controller(
        box, hostname="127.0.0.1", port=halls.port(), tls_context=context, authenticator=check, auth_required=True
    )
    secure.start()
    try:
        trusted = lambda: ssl.create_default_context(cafile=str(cert))  # noqa: E731
        engine = SmtpEngine("127.0.0.1", secure.port, "user", "secret", tls=False, trusted=trusted)
        write(outbox)
        assert mail_sender.deliver(outbox, engine, SENDER.address, NOW + timedelta(seconds=5)) == (1, 0)
        assert (seen, box.taken[0][3]) == ([(b"user", b"secret")], True)
        write(outbox)
        strict = SmtpEngine("127.0.0.1", secure.port, "user", "secret", tls=False)  # knows no such certificate
        assert mail_sender.deliver(outbox, strict, SENDER.address, NOW + timedelta(seconds=5)) == (0, 1)
        plain = SmtpEngine("127.0.0.1", server.port, "user", "secret", tls=False)
        assert mail_sender.deliver(outbox, plain, SENDER.address, NOW + timedelta(minutes=2)) == (0, 1)
        assert "no TLS" in outbox.open_ones()[0].error
        assert len(seen) == 1
    finally:
        secure.stop()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"PINGXUAN_MAIL": "pigeon"}, "PINGXUAN_MAIL is not known"),
        ({"PINGXUAN_MAIL": "smtp://mail.example.org"}, "PINGXUAN_MAIL_FROM is not set"),
        ({"PINGXUAN_MAIL_FROM": "nobody"}, "PINGXUAN_MAIL_FROM holds no address"),
        ({"PINGXUAN_MAIL_FROM": "a\nb <a@example.org>"}, "PINGXUAN_MAIL_FROM holds no address"),
        ({"PINGXUAN_MAIL": "smtp://u:secret@h", "PINGXUAN_MAIL_FROM": "a@example.org"}, "holds a password"),
        ({"PINGXUAN_MAIL": "smtp://h:port", "PINGXUAN_MAIL_FROM": "a@example.org"}, "no address of a server"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_without_their_secrets(settings, told, tmp_path):
    with pytest.raises(PingxuanError, match=told) as error:
        mail_settings.post_of(settings, tmp_path)
    assert "secret" not in str(error.value) + error.value.advice


def test_without_settings_mail_goes_into_a_folder(tmp_path):
    post = mail_settings.post_of({}, tmp_path)
    post.mail(Clock.starting_at(NOW), at_once=True).send("passed", "lin@example.org", "zh-CN", VALUES)
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
    post.outbox.close()
