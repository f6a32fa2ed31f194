"""The whole way on AWS, played on this machine: deploy, publish, open, vote, seal by schedule, read the count.

Then what editors do until the end: reconcile, void, close, verify. Before each function stands a recorder; what it saw
must be what the function's policy allows.
"""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import boto3
import ministack
import pytest
from halls import wait_until
from recorder import Recorder, allowed
from voters import h_of

from desk import stack

ROOT = Path(__file__).parent.parent.parent
EDITIONS = ROOT / "tests/editions"
SECRET = "0123456789abcdef0123456789abcdef"
MINUTE = 100  # seconds within which the schedule must have fired, on a machine that is busy
FIRST, SECOND = "2026-a-001", "2026-b-001"
PARTS = 260  # votes that fill a bundle and begin another
FUNCTIONS = {"vote": "APIHandler", "seal": "Seal"}
# What policies allow and no call of ours shows.
UNSEEN = {"logs:CreateLogStream": "Lambda writes the log itself", "logs:PutLogEvents": "as above"}


class Deployed:
    """A stage that is deployed, and the ways into it."""

    def __init__(self, aws: ministack.Stack, var: Path) -> None:
        self.aws = aws
        self.var = var
        self.said = self.verb("deploy", "--set", f"OriginSecret={SECRET}").stdout
        self.outputs = dict(re.findall(r"^(\w+) +(\S+)$", self.said, re.MULTILINE))
        self.refusal = self._widened()
        self.recorders = {name: self._recorded(function) for name, function in FUNCTIONS.items()}

    def _widened(self) -> str:
        """MiniStack takes every stream for "*", which our policy does not name: that one statement is widened.

        All others are enforced as they are. Returns what the sealer said before.
        """
        refused = self.seal_now()
        iam, stream = self.client("iam"), ["DescribeStream", "GetShardIterator", "GetRecords"]
        (role,) = [each["RoleName"] for each in iam.list_roles()["Roles"] if "SealRole" in each["RoleName"]]
        allowed = {"Effect": "Allow", "Action": [f"dynamodb:{each}" for each in stream], "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName=role, PolicyName="streams", PolicyDocument=document)
        return str(refused.decode())

    def _recorded(self, function: str) -> Recorder:
        """A recorder, from now on between a function and all that it asks."""
        names = {self.outputs[name]: name for name in ("VotesTable", "StateTable", "ObjectsBucket")}
        recorder, functions = Recorder(self.aws.endpoint, names), self.client("lambda")
        listed = functions.list_functions()["Functions"]
        (found,) = [each for each in listed if each["FunctionName"].startswith(f"pingxuan-dev-{function}-")]
        variables = found["Environment"]["Variables"] | {"AWS_ENDPOINT_URL": recorder.url}
        functions.update_function_configuration(
            FunctionName=found["FunctionName"], Environment={"Variables": variables}
        )
        return recorder

    def stop(self) -> None:
        for recorder in self.recorders.values():
            recorder.stop()

    def seal_now(self) -> bytes:
        """Have the sealer run, as the schedule does; what it says."""
        event = dict.fromkeys(("version", "account", "region", "source", "detail-type", "id", "time"), "")
        payload = json.dumps(event | {"resources": [], "detail": {}})
        return self.client("lambda").invoke(FunctionName=self.outputs["Sealer"], Payload=payload)["Payload"].read()

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
        return self.aws.ask(host, f"/api/editions/tiny/{path}", data, **told | headers)

    def vote(self, voter: int, case: str, **more: object) -> ministack.Answer:
        """The vote of one of many voters."""
        address = f"198.18.{voter // 250}.{voter % 250}"
        said = {"cases": [case], "h": h_of(f"voter {voter}")} | more
        return self.api("votes", said, **{"X-Viewer-Address": address})

    def tally(self) -> dict:
        return json.loads(self.objects().get("public/tiny/tally.json", b'{"counts": {}}'))

    def objects(self) -> dict[str, bytes]:
        s3, bucket = self.client("s3"), self.outputs["ObjectsBucket"]
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def client(aws: ministack.Stack, service: str):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": ministack.REGION}
    return boto3.client(service, endpoint_url=aws.endpoint, **keys)


@pytest.fixture(scope="module")
def deployed(aws, tmp_path_factory) -> Iterator[Deployed]:
    deployed = Deployed(aws, tmp_path_factory.mktemp("var"))
    yield deployed
    deployed.stop()


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


def opened(deployed: Deployed, folder: Path, closes: timedelta) -> str:
    """Open the poll of the tiny edition by the verb: from yesterday until so long from now. What the verb says."""
    text = (EDITIONS / "tiny/edition.toml").read_text(encoding="utf-8")
    now = datetime.now(ZoneInfo("Asia/Shanghai"))

    def moved(found: re.Match[str]) -> str:
        day = int(found[1])
        return (now + timedelta(days=day - 6 if day <= 6 else day)).date().isoformat()

    text = re.sub(r"2026-01-(\d\d)\b", moved, text.replace('"2026-01-06 24:00"', f'"{now + closes:%Y-%m-%d %H:%M}"'))
    shutil.copytree(EDITIONS / "tiny", folder / "editions/tiny", dirs_exist_ok=True)
    (folder / "editions/tiny/edition.toml").write_text(text, encoding="utf-8")
    return deployed.verb("open", "tiny", "--content", str(folder)).stdout


@pytest.fixture(scope="module")
def voting(deployed, tmp_path_factory) -> Path:
    """The content of a poll that was opened on the stack and is open."""
    folder = tmp_path_factory.mktemp("voting")
    assert "tiny: ballot paper 1 with 6 cases is in force." in opened(deployed, folder, timedelta(days=1))
    return folder


def test_opening_again_changes_nothing(deployed, voting):
    assert "ballot paper 1 " in deployed.verb("open", "tiny", "--content", str(voting)).stdout


def test_nobody_goes_around_the_front(deployed, voting):
    vote = {"cases": [FIRST], "h": h_of("c")}
    assert deployed.api("votes", vote, **{"X-Origin-Secret": "guessed"}).status == 503


@pytest.fixture(scope="module")
def counted(deployed, voting) -> ministack.Answer:
    """The first votes, cast and counted by the schedule; how the first was answered."""
    first, again = deployed.vote(1, FIRST), deployed.vote(1, FIRST)
    assert (first.status, again.status) == (201, 200), first.body + deployed.aws.log()[-3000:].encode()
    assert again.json()["receipt"] == first.json()["receipt"]
    other = deployed.vote(1, SECOND, h=h_of("another"))
    assert (other.status, other.json()["code"]) == (409, "already_voted")
    assert deployed.vote(2, SECOND).status == 201
    wait_until(
        lambda: deployed.tally()["counts"].get(FIRST), f"nothing was counted: {deployed.aws.log()[-3000:]}", MINUTE
    )
    return first


def test_a_vote_is_counted_once_by_the_schedule_and_read_from_the_bucket(deployed, counted):
    counts = {case: n for case, n in deployed.tally()["counts"].items() if n}
    assert counts == {FIRST: 1, SECOND: 1}
    through_the_front = deployed.page("/tiny/tally.json", Origin="https://partner.example")
    assert {case: n for case, n in through_the_front.json()["counts"].items() if n} == counts
    assert through_the_front.headers["access-control-allow-origin"] == "*"
    assert deployed.page("/tiny/ledger/checkpoint").status == 200
    assert [key for key in deployed.objects() if not key.startswith(("kept/", "public/"))] == []


@pytest.fixture(scope="module")
def resent(deployed, counted) -> list[ministack.Answer]:
    """The first vote once more, naming the period that it was cast in, and the one before."""
    period = counted.json()["receipt"]["period"]
    yesterday = (datetime.fromisoformat(period) - timedelta(days=1)).date().isoformat()
    return [deployed.vote(1, FIRST, period=named) for named in (period, yesterday)]


def test_a_vote_resent_is_found_whichever_period_it_names(counted, resent):
    receipts = [(answer.status, answer.json()["receipt"]) for answer in resent]
    assert receipts == [(200, counted.json()["receipt"])] * 2


@pytest.fixture(scope="module")
def filled(deployed, counted) -> int:
    """So many votes that a whole bundle takes the place of its parts; how many."""
    answers = {deployed.vote(voter, FIRST).status for voter in range(10, 10 + PARTS)}
    assert answers == {201}
    assert deployed.seal_now() == b"null"
    assert deployed.tally()["cast"] == PARTS + 2
    return PARTS + 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_do_what_it_was_seen_to_do_and_nothing_else(deployed, resent, filled, name):
    policy = json.loads((ROOT / f"functions/.chalice/policy-{name}.json").read_text(encoding="utf-8"))
    may = {use for use in allowed(policy) if use.action not in UNSEEN}
    seen = deployed.recorders[name].uses
    assert {"missing": sorted(seen - may), "never used": sorted(may - seen)} == {"missing": [], "never used": []}


def test_editors_reconcile_void_close_and_recount_on_the_stage(deployed, filled, voting):
    assert f"tiny: the ledger has all {filled} votes." in deployed.verb("reconcile", "tiny").stdout
    why = ("--record", "2-3", "--rule", "R3", "--reason", "同一网段集中投票", "--by", "甲", "--by", "乙")
    assert "Would be void: 2 votes" in deployed.verb("void", "tiny", *why).stdout
    assert "Void: 2 votes" in deployed.verb("void", "tiny", *why, "--yes").stdout
    (decision,) = [body for key, body in deployed.objects().items() if key.startswith("kept/decisions/tiny/")]
    assert json.loads(decision)["by"] == ["甲", "乙"]
    early = deployed.aws.publish("close", "tiny", "--stage", "dev", var=deployed.var)
    assert (early.returncode, "tiny closes at" in early.stdout) == (1, True)
    assert "ballot paper 2 " in opened(deployed, voting, -timedelta(minutes=3))  # the voting was ended early
    assert f"tiny is closed with {filled} votes." in deployed.verb("close", "tiny").stdout
    assert f"tiny: {filled} votes are counted." in deployed.verb("seal", "tiny").stdout
    told = deployed.verb("verify", "tiny").stdout.replace("\n", " ")
    assert f"{filled} votes cast, 2 void, {filled - 2} valid: records, tiles, checkpoint and tally.json agree." in told
    assert sorted(path.name for path in deployed.var.rglob("votes.sqlite")) == []  # nothing of it lies on this machine


def test_a_recount_on_the_stage_names_what_was_changed(deployed, filled):
    s3, place = deployed.client("s3"), {"Bucket": deployed.outputs["ObjectsBucket"], "Key": "public/tiny/tally.json"}
    before = deployed.objects()[place["Key"]]
    s3.put_object(**place, Body=before.replace(f'"cast":{filled}'.encode(), f'"cast":{filled + 1}'.encode()))
    try:
        done = deployed.aws.publish("verify", "tiny", "--stage", "dev", var=deployed.var)
    finally:
        s3.put_object(**place, Body=before)
    assert (done.returncode, f"cast: tally.json says {filled + 1}, the ledger {filled}" in done.stdout) == (1, True)


def test_every_output_is_named_in_the_template(deployed, package):
    template = stack.final(package("dev").template, "dev", {})
    assert set(deployed.outputs) >= set(template["Outputs"])
