"""Mail on AWS: the bucket keeps what the outbox promises, and SES takes it, on MiniStack."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import boto3
import ministack
import pytest
from chalicelib import mail, mail_sender
from chalicelib.clock import Clock
from chalicelib.mail_aws import PREFIX, BucketOutbox, SesEngine
from chalicelib.mail_engines import NotSentError
from chalicelib.mail_outbox import LEASE

NOW = datetime(2020, 8, 1, 9, tzinfo=UTC)
SENDER = mail.Sender("组委会", "award@example.org")
LATER = NOW + timedelta(seconds=5)


def client_of(aws, service):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": ministack.REGION}
    return boto3.client(service, endpoint_url=aws.endpoint, **keys)


class Refusing:
    """An engine that says no: the outbox is what is looked at."""

    def __init__(self, *, final: bool) -> None:
        self.final = final

    def send(self, _message, _sender):
        raise NotSentError("no", final=self.final)


@pytest.fixture
def bucket(aws):
    name = f"uploads-{uuid4()}"
    client_of(aws, "s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def outbox(aws, bucket):
    return BucketOutbox(client_of(aws, "s3"), bucket)


def write(outbox, engine=None):
    values = {"title": "评选", "number": "2020-0137", "submitted": NOW.isoformat()}
    return mail.Mail(outbox, SENDER, Clock.starting_at(NOW), engine).send("received", "lin@example.org", "en", values)


def test_a_mail_that_ses_takes_leaves_nothing_behind(aws, outbox, bucket):
    client_of(aws, "sesv2").create_email_identity(EmailIdentity=SENDER.address)
    write(outbox, SesEngine(client_of(aws, "sesv2")))
    assert outbox.open_ones() == []
    assert "Contents" not in client_of(aws, "s3").list_objects_v2(Bucket=bucket, Prefix=PREFIX)


def test_what_failed_is_tried_again_later_and_never_lost(outbox):
    number = write(outbox, Refusing(final=False))
    [kept] = outbox.open_ones()
    assert (kept.id, kept.state, kept.tries, kept.error) == (number, "waiting", 1, "no")
    assert outbox.take(LATER) is None
    taken = outbox.take(NOW + timedelta(minutes=2))
    assert (taken.id, taken.to) == (number, "lin@example.org")
    assert b"Subject" in taken.raw


def test_what_is_refused_for_good_is_listed_and_can_be_tried_again(outbox):
    write(outbox, Refusing(final=True))
    assert mail_sender.deliver(outbox, Refusing(final=False), SENDER.address, NOW + timedelta(days=9)) == (0, 0)
    assert [message.state for message in outbox.open_ones()] == ["failed"]
    assert outbox.again(LATER) == 1
    assert outbox.take(LATER) is not None


def test_two_senders_take_a_mail_once(aws, outbox, bucket):
    write(outbox)
    other = BucketOutbox(client_of(aws, "s3"), bucket)
    assert (outbox.take(LATER) is None, other.take(LATER)) == (False, None)
    assert other.take(LATER + LEASE + timedelta(seconds=1)) is not None
