"""Mail on AWS: messages wait as objects in the private bucket, and leave by SES.

Knows S3's conditions and SES's answers; the promises are mail_outbox.Outbox's. A message is one object below mail/,
which is gone once it is sent: no text and no address outlives its errand.
"""

import base64
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.mail_engines import NotSentError
from chalicelib.mail_outbox import LEASE, WAITING, Message, next_try
from chalicelib.mail_settings import Post, sender_of
from chalicelib.s3 import MISSING, LostError, connect, told

if TYPE_CHECKING:
    from botocore.client import BaseClient  # type: ignore[import-untyped]  # it ships none

PREFIX = "mail/"
# SES takes these back for good: the message itself is at fault, not the day.
FINAL = {"MessageRejected", "BadRequestException", "InvalidParameterValue", "NotFoundException"}


class BucketOutbox:
    """The outbox of a stage. Its objects' names begin with the time, so that they are listed oldest first."""

    def __init__(self, client: "BaseClient", bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def put(self, kind: str, to: str, raw: bytes, due: datetime) -> str:
        """See Outbox."""
        number = f"{due.timestamp():017.6f}-{uuid.uuid4().hex}"
        self._write(Message(number, kind, to, raw, WAITING, 0, due, ""))
        return number

    def take(self, now: datetime) -> Message | None:
        """See Outbox."""
        for message, tag in self._all():
            if message.state == WAITING and message.due <= now:
                try:
                    self._write(replace(message, due=now + LEASE), IfMatch=tag)
                except LostError:
                    continue
                return message
        return None

    def sent(self, message: Message, now: datetime) -> None:  # noqa: ARG002 nothing of it is kept
        """See Outbox."""
        with told():
            self._client.delete_object(Bucket=self._bucket, Key=f"{PREFIX}{message.id}.json")

    def failed(self, message: Message, error: str, now: datetime, *, final: bool) -> None:
        """See Outbox."""
        state, due = next_try(message.tries, now, final=final)
        self._write(replace(message, state=state, due=due, tries=message.tries + 1, error=error))

    def open_ones(self) -> list[Message]:
        """See Outbox."""
        return [message for message, _ in self._all()]

    def again(self, now: datetime) -> int:
        """See Outbox."""
        found = self.open_ones()
        for message in found:
            self._write(replace(message, state=WAITING, due=now, tries=0))
        return len(found)

    def _all(self) -> Iterator[tuple[Message, str]]:
        with told():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX)
            keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
        for key in keys:
            if (found := self._read(key)) is not None:
                yield found

    def _read(self, key: str) -> tuple[Message, str] | None:
        with told():
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=key)
            except self._client.exceptions.ClientError as error:
                if error.response["Error"]["Code"] in MISSING:
                    return None  # sent meanwhile
                raise
            return _message(json.loads(found["Body"].read())), str(found["ETag"])

    def _write(self, message: Message, **condition: str) -> None:
        key, body = f"{PREFIX}{message.id}.json", json.dumps(_json(message)).encode()
        with told():
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType="application/json", **condition
            )


class SesEngine:
    """Amazon SES."""

    def __init__(self, client: "BaseClient") -> None:
        self._client = client

    def send(self, message: Message, sender: str) -> None:
        """See Engine."""
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # noqa: PLC0415 slow

        content = {"Raw": {"Data": message.raw}}
        try:
            self._client.send_email(FromEmailAddress=sender, Destination={"ToAddresses": [message.to]}, Content=content)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise NotSentError(f"SES: {code}", final=code in FINAL) from error
        except BotoCoreError as error:
            raise NotSentError(f"SES cannot be reached: {type(error).__name__}") from error


def post_of(environ: Mapping[str, str]) -> Post:
    """The mail of a stage, by the names that the stack gives its functions."""
    from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 slow to import
    from botocore.session import get_session  # type: ignore[import-untyped]  # noqa: PLC0415 as above

    endpoint = environ.get("AWS_ENDPOINT_URL")
    config = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"})
    ses = get_session().create_client("sesv2", endpoint_url=endpoint, config=config)
    outbox = BucketOutbox(connect(endpoint), environ["PINGXUAN_UPLOADS"])
    return Post(outbox, SesEngine(ses), sender_of(environ, needed=True))


def _json(message: Message) -> dict[str, Any]:
    raw = base64.b64encode(message.raw).decode()
    return {**vars(message), "raw": raw, "due": message.due.isoformat()}


def _message(table: Mapping[str, Any]) -> Message:
    raw, due = base64.b64decode(table["raw"]), datetime.fromisoformat(table["due"])
    return Message(**{**table, "raw": raw, "due": due})
