"""The whole way on AWS, played on this machine: deploy, publish, open, vote, seal by schedule, read the count."""

import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import ministack
import pytest
from chalicelib.dynamo import DynamoStore
from halls import wait_until
from voters import PAPER, RULE, h_of

from awards import ballot
from awards.model import Window
from desk import stack

EDITIONS = Path(__file__).parent.parent / "editions"
SECRET = "0123456789abcdef0123456789abcdef"
MINUTE = 100  # seconds within which the schedule must have fired, on a machine that is busy


class Deployed:
    """A stage that is deployed, and the ways into it."""

    def __init__(self, aws: ministack.Stack, var: Path) -> None:
        self.aws = aws
        self.var = var
        self.said = self.verb("deploy", "--set", f"OriginSecret={SECRET}").stdout
        self.outputs = dict(re.findall(r"^(\w+) +(\S+)$", self.said, re.MULTILINE))
        self.refusal = self._widened()

    def _widened(self) -> str:
        """MiniStack takes every stream for "*", which our policy does not name: that one statement is widened.

        All others are enforced as they are. Returns what the sealer said before.
        """
        event = dict.fromkeys(("version", "account", "region", "source", "detail-type", "id", "time"), "")
        payload = json.dumps(event | {"resources": [], "detail": {}})
        refused = self.client("lambda").invoke(FunctionName=self.outputs["Sealer"], Payload=payload)["Payload"].read()
        iam, stream = self.client("iam"), ["DescribeStream", "GetShardIterator", "GetRecords"]
        (role,) = [each["RoleName"] for each in iam.list_roles()["Roles"] if "SealRole" in each["RoleName"]]
        allowed = {"Effect": "Allow", "Action": [f"dynamodb:{each}" for each in stream], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName=role, PolicyName="streams", PolicyDocument=document)
        return str(refused.decode())

    def verb(self, verb: str, *words: str):
        done = self.aws.publish(verb, "--stage", "dev", *words, var=self.var)
        assert done.returncode == 0, done.stdout + done.stderr + self.aws.log()[-2000:]
        return done

    def client(self, service: str):
        return client(self.aws, service)

    def page(self, path: str, **headers: str) -> ministack.Answer:
        """What a visitor sees, through the front."""
        return self.aws.ask(self.outputs["Hall"].removeprefix("https://"), path, **headers)

    def api(self, path: str, body: object = None, **headers: str) -> ministack.Answer:
        """What the functions answer the front; MiniStack's own front does not reach its gateway, so we speak for it."""
        told = {"X-Origin-Secret": SECRET, "X-Viewer-Address": "203.0.113.9", "Content-Type": "application/json"}
        host = re.sub(r"^https://(\w+)\..*", rf"\1.execute-api.127.0.0.1:{self.aws.port}", self.outputs["Api"])
        data = None if body is None else json.dumps(body).encode()
        return self.aws.ask(host, f"/api/editions/qd/{path}", data, **told | headers)

    def objects(self) -> dict[str, bytes]:
        s3, bucket = self.client("s3"), self.outputs["ObjectsBucket"]
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def client(aws: ministack.Stack, service: str):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": ministack.REGION}
    return boto3.client(service, endpoint_url=aws.endpoint, **keys)


@pytest.fixture(scope="module")
def deployed(aws, tmp_path_factory) -> Deployed:
    return Deployed(aws, tmp_path_factory.mktemp("var"))


@pytest.fixture(scope="module")
def content(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("content")
    shutil.copytree(EDITIONS / "tiny", folder / "editions" / "tiny")
    return folder


def test_deploying_tells_what_it_makes_and_where_it_is(deployed):
    assert "Add     VotesTable (AWS::DynamoDB::Table)" in deployed.said
    assert "CREATE_COMPLETE          pingxuan-dev" in deployed.said
    assert deployed.outputs["Hall"].startswith("https://")


def test_the_policies_of_the_functions_are_enforced_in_this_play(deployed):
    assert "not authorized to perform: dynamodb:DescribeStream" in deployed.refusal


def test_deploying_again_changes_nothing(deployed):
    assert "Nothing to change" in deployed.verb("deploy").stdout


def test_a_setting_that_is_not_there_is_told_with_those_that_are(deployed):
    done = deployed.aws.publish("deploy", "--stage", "dev", "--set", "Colour=red", var=deployed.var)
    assert done.returncode == 1
    assert "There is no setting Colour" in done.stdout
    assert "AlarmMail, Certificate, Domain, ReserveSealer" in done.stdout


def test_a_release_is_shown_whole_only_changes_travel_and_the_one_before_comes_back(deployed, content):
    first = deployed.verb("publish", "--content", str(content)).stdout
    page = "/tiny/cases/2026-a-001/"
    before = deployed.page(page).body
    (sent,) = re.findall(r"\((\d+) files sent, 0 were there\)", first)
    with (content / "editions/tiny/cases/2026-a-001.md").open("a", encoding="utf-8") as story:
        story.write("\n另有一段。\n")
    second = deployed.verb("publish", "--content", str(content)).stdout
    (changed,) = re.findall(r"\((\d+) files sent, \d+ were there\)", second)
    assert 0 < int(changed) < int(sent) / 4
    assert "另有一段" in deployed.page(page).body.decode()
    deployed.verb("rollback")
    assert deployed.page(page).body == before
    deployed.verb("deploy")
    assert deployed.page(page).body == before


def test_an_address_without_its_slash_is_mended_and_never_leads_away(deployed):
    answer = deployed.page("/tiny")
    assert (answer.status, answer.headers["location"]) == (301, "/tiny/")
    assert deployed.page("//evil/x").headers.get("location") == "/evil/x/"


def test_nothing_but_the_release_can_be_read(deployed):
    assert deployed.page("/current.json").status in (403, 404)
    assert deployed.page("/releases/").status in (403, 404)


def test_a_vote_is_counted_once_and_read_from_the_bucket(deployed):
    opened(deployed)
    ballot_ = {"cases": ["c1"], "h": h_of("a")}
    first, again = deployed.api("votes", ballot_), deployed.api("votes", ballot_)
    assert (first.status, again.status) == (201, 200), first.body + deployed.aws.log()[-3000:].encode()
    assert again.json()["receipt"] == first.json()["receipt"]
    other = deployed.api("votes", {"cases": ["c2"], "h": h_of("b")})
    assert (other.status, other.json()["code"]) == (409, "already_voted")
    neighbour = deployed.api("votes", {"cases": ["c2"], "h": h_of("b")}, **{"X-Viewer-Address": "203.0.113.10"})
    assert neighbour.status == 201

    def counted() -> bool:
        tally = json.loads(deployed.objects().get("public/qd/tally.json", b'{"counts": {}}'))
        return tally["counts"] == {"c1": 1, "c2": 1}

    wait_until(counted, "the schedule did not count: " + deployed.aws.log()[-3000:], seconds=MINUTE)
    through_the_front = deployed.page("/qd/tally.json", Origin="https://partner.example")
    assert through_the_front.json()["counts"] == {"c1": 1, "c2": 1}
    assert through_the_front.headers["access-control-allow-origin"] == "*"
    assert deployed.page("/qd/ledger/checkpoint").status == 200
    assert [key for key in deployed.objects() if not key.startswith(("kept/", "public/"))] == []


def test_nobody_goes_around_the_front(deployed):
    opened(deployed)
    vote = {"cases": ["c1"], "h": h_of("c")}
    assert deployed.api("votes", vote, **{"X-Origin-Secret": "guessed"}).status == 503


def opened(deployed: Deployed) -> None:
    """Open the poll of three cases on the stack, from yesterday until tomorrow."""
    window = Window(datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=1))
    names = deployed.outputs["VotesTable"], deployed.outputs["StateTable"]
    store = DynamoStore(deployed.client("dynamodb"), None, *names)
    if store.paper("qd") is None:
        assert store.put_paper(ballot.to_json(replace(PAPER, rule=replace(RULE, window=window))))


def test_every_output_is_named_in_the_template(deployed, package):
    template = stack.final(package("dev").template, "dev", {})
    assert set(deployed.outputs) >= set(template["Outputs"])
