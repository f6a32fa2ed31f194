"""The whole way on AWS, played on this machine: deploy, publish, open, vote, seal by schedule, read the count.

Then what editors do until the end: reconcile, void, close, verify. Before each function stands a recorder; what it saw
must be what the function's policy allows.
"""

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import boto3
import hostile
import ministack
import pytest
from aiosmtpd.controller import Controller
from chalicelib.dynamo_submissions import DynamoSubmissions
from chalicelib.mail_aws import BucketOutbox
from chalicelib.recommending import token_of
from halls import port, wait_until
from posting import form, kind
from recorder import IDENTITIES, Recorder, Use, allowed
from voters import h_of

from desk import stack

ROOT = Path(__file__).parent.parent.parent
EDITIONS = ROOT / "tests/editions"
SECRET = "0123456789abcdef0123456789abcdef"
MINUTE = 100  # seconds within which the schedule must have fired, on a machine that is busy
FIRST, SECOND = "2026-a-001", "2026-b-001"
PARTS = 260  # votes that fill a bundle and begin another
NAMED = ("VotesTable", "StateTable", "SubmissionsTable", "ObjectsBucket", "UploadsBucket")
FUNCTIONS = {"vote": "APIHandler", "seal": "Seal"}
# What policies allow and no call of ours shows.
SILENT = {
    Use("s3:ListBucket", "UploadsBucket"): "S3 tells who may list that an object is missing, and others nothing",
    Use("s3:AbortMultipartUpload", "UploadsBucket/taken/*"): "only where a copy of a very large upload breaks off",
    Use("ses:SendRawEmail", IDENTITIES): "SES asks for it beside SendEmail where the message is whole",
}
UNSEEN = {"logs:CreateLogStream": "Lambda writes the log itself", "logs:PutLogEvents": "as above"}


class Deployed:
    """A stage that is deployed, and the ways into it."""

    def __init__(self, aws: ministack.Stack, var: Path) -> None:
        self.aws = aws
        self.var = var
        self.client("sesv2").create_email_identity(EmailIdentity="award@example.org")
        self.said = self.verb(
            "deploy", "--set", f"OriginSecret={SECRET}", "--set", "MailFrom=Award <award@example.org>"
        ).stdout
        self.outputs = dict(re.findall(r"^(\w+) +(\S+)$", self.said, re.MULTILINE))
        self.refusal = self._widened()
        self.recorders = {name: self._recorded(function) for name, function in FUNCTIONS.items()}

    def _widened(self) -> str:
        """MiniStack takes streams and SES's identities for "*", which our policies do not name: these are widened.

        All other statements are enforced as they are. Returns what the sealer said before.
        """
        refused = self.seal_now()
        self._allow("SealRole", *(f"dynamodb:{each}" for each in ("DescribeStream", "GetShardIterator", "GetRecords")))
        self._allow("ApiHandlerRole", "ses:SendEmail")
        return str(refused.decode())

    def _allow(self, role: str, *actions: str) -> None:
        iam = self.client("iam")
        (found,) = [each["RoleName"] for each in iam.list_roles()["Roles"] if role in each["RoleName"]]
        allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName=found, PolicyName="widened", PolicyDocument=document)

    def _recorded(self, function: str) -> Recorder:
        """A recorder, from now on between a function and all that it asks."""
        names = {self.outputs[name]: name for name in NAMED}
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

    def api(
        self, path: str, body: object = None, edition: str = "tiny", method: str | None = None, **headers: str
    ) -> ministack.Answer:
        """What the functions answer the front; MiniStack's own front does not reach its gateway, so we speak for it."""
        told = {"X-Origin-Secret": SECRET, "X-Viewer-Address": "203.0.113.9", "Content-Type": "application/json"}
        host = re.sub(r"^https://(\w+)\..*", rf"\1.execute-api.127.0.0.1:{self.aws.port}", self.outputs["Api"])
        data = None if body is None else json.dumps(body).encode()
        return self.aws.ask(host, f"/api/editions/{edition}/{path}", data, method, **told | headers)

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
    assert "AlarmMail, Certificate, Domain, MailFrom, ReserveSealer" in done.stdout


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


FORM = """
recommended_by = "body"
[[fields]]
key = "body"
label = { zh = "推荐单位", en = "Recommending body" }
kind = "choice"
choices = [{ code = "north", zh = "北区", en = "North" }, { code = "south", zh = "南区", en = "South" }]
[[fields]]
key = "proof"
label = { zh = "证明", en = "Proof" }
kind = "file"
required = true
"""
PDF = hostile.pdf()


@pytest.fixture(scope="module")
def call(deployed, tmp_path_factory) -> str:
    """The call of an edition that asks for a file and is open now, in force on the stack; what the verb says."""
    folder = tmp_path_factory.mktemp("call") / "editions" / "entry"
    shutil.copytree(EDITIONS / "tiny", folder)
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    text = (folder / "edition.toml").read_text(encoding="utf-8").replace('id = "tiny"', 'id = "entry"')
    text = re.sub(r"2026-01-(\d\d)\b", lambda found: f"{today + timedelta(days=int(found[1]) - 2)}", text)
    (folder / "edition.toml").write_text(text, encoding="utf-8")
    form = (folder / "form.toml").read_text(encoding="utf-8")
    (folder / "form.toml").write_text(form.replace("[[fields]]", f"{FORM}[[fields]]", 1), encoding="utf-8")
    return str(deployed.verb("open", "entry", "--content", str(folder.parents[1])).stdout)


class Entrant:
    """Somebody who fills in a form on the stack."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        made = deployed.api("drafts", {"email": "entrant@example.org"}, "entry")
        assert made.status == 201, made.body + deployed.aws.log()[-3000:].encode()
        self.draft, self.token = made.json()["draft"], made.json()["token"]

    def ask(self, path: str = "", body: object = None, method: str | None = None) -> ministack.Answer:
        bearer = {"Authorization": f"Bearer {self.token}"}
        answer = self.deployed.api(f"drafts/{self.draft}{path}", body, "entry", method, **bearer)
        assert answer.status < 300, answer.body + self.deployed.aws.log()[-3000:].encode()
        return answer

    def upload(self) -> dict[str, object]:
        """Upload a file by a link, as the answer that names it."""
        said = {"field": "proof", "name": "证明.pdf", "type": "application/pdf", "size": len(PDF)}
        link = self.ask("/files", said).json()
        request = urllib.request.Request(link["url"], form(link["fields"], PDF), {"Content-Type": kind()})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status in (200, 201, 204)
        done = self.ask(f"/files/{link['file']}/done", {}).json()
        return {"file": done.pop("file"), "answer": done}


@pytest.fixture(scope="module")
def entered(deployed, call) -> dict[str, object]:
    """A draft that was filled in, handed in and recommended; what each was answered."""
    entrant = Entrant(deployed)
    kept, dropped = entrant.upload(), entrant.upload()
    entrant.ask(f"/files/{dropped['file']}", None, "DELETE")
    sheet = {"title": "一键呼叫", "entrant": "示例单位", "phone": "0532-85910000", "uscc": "91370200MA3FXTN01P"}
    sheet |= {"category": "b", "in_operation": "2025-06-01"}
    more = {"body": "north", "proof": [kept["answer"]], "consents": {"privacy": True, "publication": True}}
    saved = entrant.ask("", {"revision": 1, "answers": sheet | more}, "PUT").json()
    paper = entrant.ask("/paper?kind=form")
    receipts = [entrant.ask("/submit", {"revision": saved["revision"]}).json() for _ in range(2)]
    store = DynamoSubmissions(deployed.client("dynamodb"), deployed.outputs["SubmissionsTable"])
    token = token_of(store, "entry", "north")  # as the organisers hand it out
    bearer = {"Authorization": f"Bearer {token}"}
    listed = deployed.api("recommending/north", None, "entry", **bearer)
    number = receipts[0]["number"]
    word = deployed.api(f"recommending/north/{number}", {"recommend": True}, "entry", **bearer)
    return {"saved": saved, "paper": paper, "receipts": receipts, "listed": listed, "word": word, "read": entrant.ask()}


def test_a_draft_is_filled_in_and_handed_in_on_the_stack(call, entered):
    assert "entry: call 1 is in force" in call
    assert entered["saved"]["faults"] == entered["saved"]["missing"] == []
    first, again = entered["receipts"]
    assert (first["number"], again) == ("2026-0004", first)  # the edition has cases up to 003
    read = entered["read"].json()
    assert (read["state"], [file["done"] for file in read["files"]]) == ("submitted", [True])
    assert entered["paper"].body.startswith(b"PK")


def test_a_recommending_body_sees_what_named_it_and_says_its_word_on_the_stack(entered):
    (seen,) = entered["listed"].json()["submissions"]
    assert (seen["answers"]["title"], seen["recommended"]) == ("一键呼叫", None)
    assert (entered["word"].status, entered["word"].json()["recommended"]["recommend"]) == (200, True)


def test_nobody_without_its_token_reads_a_draft_on_the_stack(deployed, entered):
    draft = entered["read"].json()["draft"]
    told = deployed.api(f"drafts/{draft}", None, "entry", Authorization="Bearer guessed")
    assert (told.status, told.json()["code"]) == (404, "no_such_draft")


def test_a_mail_that_ses_refused_is_sent_by_a_server_that_is_named(deployed):
    taken = []

    class Server:
        async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 aiosmtpd's name
            taken.append(envelope.rcpt_tos)
            return "250 OK"

    outbox = BucketOutbox(deployed.client("s3"), deployed.outputs["UploadsBucket"])
    outbox.put("received", "lin@example.org", b"Subject: received\r\n\r\nThank you.\r\n", datetime.now(UTC))
    server = Controller(Server(), hostname="127.0.0.1", port=port())
    server.start()
    try:
        by = {"PINGXUAN_MAIL": f"smtp://127.0.0.1:{server.port}", "PINGXUAN_MAIL_FROM": "Award <award@example.org>"}
        done = deployed.aws.publish("mail", "--stage", "dev", var=deployed.var, **by)
    finally:
        server.stop()
    assert (done.returncode, "1 mails sent, 0 not." in done.stdout) == (0, True), done.stdout
    assert (taken, outbox.open_ones()) == ([["lin@example.org"]], [])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_do_what_it_was_seen_to_do_and_nothing_else(deployed, resent, filled, entered, name):
    policy = json.loads((ROOT / f"functions/.chalice/policy-{name}.json").read_text(encoding="utf-8"))
    may = {use for use in allowed(policy) if use.action not in UNSEEN and use not in SILENT}
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
