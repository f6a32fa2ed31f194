"""The outbox, as an editor sees it: what waits, what was given up, and trying again.

Knows both places where mail waits, this machine and a stage; refuses to write mail: others do, by chalicelib.mail.
Addresses are shown in part: enough to know whose mail it is, too little to copy.
"""

import os
from datetime import datetime
from pathlib import Path

from chalicelib import mail_sender, mail_settings
from chalicelib.mail_outbox import FAILED, Message
from chalicelib.mail_settings import Post
from rich.console import Console
from rich.table import Table

from awards.errors import PingxuanError
from desk.cloud import Cloud, told


def of(stage: str | None, endpoint: str | None, var: Path) -> Post:
    """The mail that the options mean: of a stage, else of this machine."""
    return on_stage(stage, endpoint) if stage else mail_settings.post_of(os.environ, var)


def on_stage(stage: str, endpoint: str | None) -> Post:
    """The mail of a deployed stage: its bucket, and SES, with an editor's own rights, or a server that is named."""
    from chalicelib import mail_aws  # noqa: PLC0415 who works on this machine starts without it

    with told():
        cloud = Cloud(endpoint)
        found = cloud.outputs(stage)
        clients = [cloud.client(service) for service in ("s3", "sesv2")]
    if "UploadsBucket" not in found:
        raise PingxuanError(f"Stage {stage} sends no mail", f"Run: python publish.py deploy --stage {stage}")
    outbox = mail_aws.BucketOutbox(clients[0], found["UploadsBucket"])
    sender = mail_settings.sender_of(os.environ, needed=True)
    return Post(outbox, mail_settings.smtp_of(os.environ) or mail_aws.SesEngine(clients[1]), sender)


def send(post: Post, now: datetime, *, retry: bool) -> str:
    """Send what is due, or, on retry, all that waits or was given up; what came of it, in a sentence."""
    if retry:
        post.outbox.again(now)
    sent, failed = mail_sender.deliver(post.outbox, post.engine, post.sender.address, now)
    return f"{sent} mails sent, {failed} not."


def show(post: Post, console: Console) -> bool:
    """List what waits and what was given up; whether anything was."""
    found = post.outbox.open_ones()
    if not found:
        console.print("No mail waits.")
        return False
    table = Table("mail", "kind", "to", "state", "tries", "next try", "why")
    for message in found:
        due = "" if message.state == FAILED else f"{message.due:%Y-%m-%d %H:%M} UTC"
        table.add_row(message.id, message.kind, masked(message), message.state, str(message.tries), due, message.error)
    console.print(table)
    return any(message.state == FAILED for message in found)


def masked(message: Message) -> str:
    """The address of a message, its name cut short."""
    local, _, domain = message.to.partition("@")
    return f"{local[:1]}…@{domain}"
