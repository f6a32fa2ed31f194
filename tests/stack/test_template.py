"""What is deployed, stage by stage: every resource, whatever may start a function, and what each may do."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from chalicelib import deployed, dynamo_calls, limited, s3_uploads
from chalicelib.bounds import MEMORY, SECONDS
from chalicelib.headers import SECURITY
from chalicelib.settings import Settings
from chalicelib.trust import Trust

from awards.errors import PingxuanError
from desk import stack

MEGABYTE = 1024 * 1024
ROOT = Path(__file__).parent.parent.parent
REGIONS = {"dev": "us-east-1", "prod": "eu-central-1", "cn": "cn-northwest-1"}
COMMON = {
    "APIHandler": "AWS::Serverless::Function",
    "AccessLog": "AWS::Logs::LogGroup",
    "Alarms": "AWS::SNS::Topic",
    "AlarmsByMail": "AWS::SNS::Subscription",
    "ApiHandlerLogGroup": "AWS::Logs::LogGroup",
    "ApiHandlerRole": "AWS::IAM::Role",
    "HttpApi": "AWS::ApiGatewayV2::Api",
    "HttpApiIntegration": "AWS::ApiGatewayV2::Integration",
    "HttpApiPermission": "AWS::Lambda::Permission",
    "HttpApiRoute": "AWS::ApiGatewayV2::Route",
    "HttpApiStage": "AWS::ApiGatewayV2::Stage",
    "ObjectsBucket": "AWS::S3::Bucket",
    "ObjectsBucketPolicy": "AWS::S3::BucketPolicy",
    "Seal": "AWS::Serverless::Function",
    "SealLogGroup": "AWS::Logs::LogGroup",
    "SealRole": "AWS::IAM::Role",
    "SealerFails": "AWS::CloudWatch::Alarm",
    "SealerSilent": "AWS::CloudWatch::Alarm",
    "SiteBucket": "AWS::S3::Bucket",
    "SiteBucketPolicy": "AWS::S3::BucketPolicy",
    "StateTable": "AWS::DynamoDB::Table",
    "SubmissionsTable": "AWS::DynamoDB::Table",
    "TableThrottled": "AWS::CloudWatch::Alarm",
    "UploadsBucket": "AWS::S3::Bucket",
    "UploadsBucketPolicy": "AWS::S3::BucketPolicy",
    "VotesFail": "AWS::CloudWatch::Alarm",
    "VotesTable": "AWS::DynamoDB::Table",
    "VotesThrottled": "AWS::CloudWatch::Alarm",
}
FRONT = {
    "BucketAccess": "AWS::CloudFront::OriginAccessControl",
    "Front": "AWS::CloudFront::Distribution",
    "PageHeaders": "AWS::CloudFront::ResponseHeadersPolicy",
    "PagesEdge": "AWS::CloudFront::Function",
    "ViewerEdge": "AWS::CloudFront::Function",
}
POLICIES = {"ApiHandlerRole": "policy-vote.json", "SealRole": "policy-seal.json"}


def of_type(template: stack.Template, kind: str) -> dict[str, dict]:
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


def statements(template: stack.Template, role: str) -> list[dict]:
    (policy,) = template["Resources"][role]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


def test_a_stage_has_these_resources_and_no_other(template, stage):
    kinds = {name: each["Type"] for name, each in template["Resources"].items()}
    assert kinds == (COMMON if stage == "cn" else COMMON | FRONT)


def test_one_http_api_is_the_only_door_and_every_minute_the_only_event(template):
    functions = of_type(template, "AWS::Serverless::Function")
    events = {name: properties.get("Events", {}) for name, properties in functions.items()}
    schedule = {
        "Schedule": "rate(1 minute)",
        "RetryPolicy": {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0},
    }
    assert events == {"APIHandler": {}, "Seal": {"SealEvent": {"Type": "Schedule", "Properties": schedule}}}
    permissions = of_type(template, "AWS::Lambda::Permission")
    assert {name: each["Principal"] for name, each in permissions.items()} == {
        "HttpApiPermission": "apigateway.amazonaws.com"
    }
    routes = of_type(template, "AWS::ApiGatewayV2::Route")
    assert [each["RouteKey"] for each in routes.values()] == ["ANY /api/{proxy+}"]
    assert not [name for name in template["Outputs"] if name.startswith(("RestAPI", "APIHandler", "Endpoint"))]


def test_one_sealer_runs_at_a_time_is_not_retried_and_ends_before_the_next(template):
    seal = template["Resources"]["Seal"]["Properties"]
    assert seal["ReservedConcurrentExecutions"] == {"Fn::If": ["Reserved", 1, {"Ref": "AWS::NoValue"}]}
    assert seal["EventInvokeConfig"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
    assert seal["Timeout"] < 60


def test_a_request_has_the_time_and_memory_that_looking_at_a_picture_takes(template):
    handler = template["Resources"]["APIHandler"]["Properties"]
    assert handler["MemorySize"] * MEGABYTE >= 2 * MEMORY  # the picture's process has MEMORY; beside it the app
    integration = template["Resources"]["HttpApiIntegration"]["Properties"]
    assert limited.TURN + SECONDS < handler["Timeout"] < integration["TimeoutInMillis"] / 1000


def test_no_call_of_the_sealer_takes_the_time_of_its_run(template, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    names = dict.fromkeys(("PINGXUAN_VOTES_TABLE", "PINGXUAN_STATE_TABLE", "PINGXUAN_OBJECTS"), "named")
    store = deployed.sealer(names).store
    for client in (store._client, store._streams):
        longest = dynamo_calls.LAST + client.meta.config.connect_timeout + client.meta.config.read_timeout
        assert dynamo_calls.READ < longest < template["Resources"]["Seal"]["Properties"]["Timeout"] / 5
    store.close()


def test_an_account_that_cannot_reserve_says_so(template):
    assert template["Parameters"]["ReserveSealer"]["AllowedValues"] == ["yes", "no"]
    assert template["Conditions"]["Reserved"] == {"Fn::Equals": [{"Ref": "ReserveSealer"}, "yes"]}


def test_tables_are_on_demand_and_recoverable_and_votes_are_streamed(template):
    tables = of_type(template, "AWS::DynamoDB::Table")
    assert {each["BillingMode"] for each in tables.values()} == {"PAY_PER_REQUEST"}
    assert all(each["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] for each in tables.values())
    streams = {name: each.get("StreamSpecification") for name, each in tables.items()}
    assert streams == {
        "VotesTable": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "StateTable": None,
        "SubmissionsTable": None,
    }


def test_what_was_spent_of_a_quota_is_forgotten_and_nothing_else(template):
    forgets = {
        name: each.get("TimeToLiveSpecification") for name, each in of_type(template, "AWS::DynamoDB::Table").items()
    }
    gone = {"AttributeName": "gone", "Enabled": True}
    assert forgets == {"VotesTable": None, "StateTable": None, "SubmissionsTable": gone}


def test_uploads_that_nobody_took_are_forgotten_and_those_that_were_taken_are_kept(template):
    rules = of_type(template, "AWS::S3::Bucket")["UploadsBucket"]["LifecycleConfiguration"]["Rules"]
    forgets = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    assert forgets == {s3_uploads.ARRIVED: 1}
    broken_off = [rule["Prefix"] for rule in rules if "AbortIncompleteMultipartUpload" in rule]
    assert (broken_off, {rule["Status"] for rule in rules}) == ([""], {"Enabled"})


def test_nobody_but_the_desk_puts_a_call_in_force_and_nobody_deletes_a_draft(template):
    table = {"Fn::GetAtt": ["SubmissionsTable", "Arn"]}
    may = {
        (action, key)
        for each in statements(template, "ApiHandlerRole")
        if table in listed(each["Resource"])
        for action in listed(each["Action"])
        for key in each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    }
    assert {key for action, key in may if action != "dynamodb:GetItem"} == {
        "draft/*",
        "places/*",
        "number/*",
        "quota/*",
        "key/*",
    }
    assert "dynamodb:DeleteItem" not in {action for action, _ in may}
    assert table not in [resource for each in statements(template, "SealRole") for resource in listed(each["Resource"])]


def test_votes_and_objects_outlive_a_real_stack(template, stage):
    kept = {name for name, each in template["Resources"].items() if each.get("DeletionPolicy") == "Retain"}
    held = {"VotesTable", "StateTable", "SubmissionsTable", "SiteBucket", "ObjectsBucket", "UploadsBucket"}
    assert kept == (set() if stage == "dev" else held)


def test_buckets_are_closed_to_the_public_and_read_by_the_front_alone(template, stage):
    for bucket in of_type(template, "AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    for name, policy in of_type(template, "AWS::S3::BucketPolicy").items():
        allowed = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
        assert len(allowed) == (0 if stage == "cn" or name == "UploadsBucketPolicy" else 2)
        for each in allowed:
            assert each["Principal"] == {"Service": "cloudfront.amazonaws.com"}
            assert "distribution/${Front}" in each["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]


def test_the_front_never_reads_what_the_sealer_keeps_for_itself(package):
    template = stack.final(package("prod").template, "prod", {})
    document = template["Resources"]["ObjectsBucketPolicy"]["Properties"]["PolicyDocument"]
    (reads,) = [each for each in document["Statement"] if each["Action"] == "s3:GetObject"]
    assert reads["Resource"] == {"Fn::Sub": "${ObjectsBucket.Arn}/public/*"}


def test_every_log_ends(template, stage):
    days = {name: each["RetentionInDays"] for name, each in of_type(template, "AWS::Logs::LogGroup").items()}
    ordinary, addresses = {"dev": (14, 7), "prod": (90, 30), "cn": (180, 180)}[stage]
    assert days == {"AccessLog": addresses, "ApiHandlerLogGroup": ordinary, "SealLogGroup": ordinary}


def test_alarms_tell_of_errors_throttles_and_a_silent_sealer(template):
    alarms = of_type(template, "AWS::CloudWatch::Alarm")
    told = {name: (each["MetricName"], each["TreatMissingData"]) for name, each in alarms.items()}
    assert told == {
        "VotesFail": ("5xx", "notBreaching"),
        "VotesThrottled": ("Throttles", "notBreaching"),
        "TableThrottled": ("WriteThrottleEvents", "notBreaching"),
        "SealerFails": ("Errors", "notBreaching"),
        "SealerSilent": ("Invocations", "breaching"),
    }
    assert all(each["AlarmActions"] == [{"Ref": "Alarms"}] for each in alarms.values())


@pytest.mark.parametrize("role", POLICIES)
def test_a_role_has_its_policy_by_hand_and_nothing_else(template, role):
    """What the policies say is held against what the functions do, in test_deployed.py."""
    policy = json.loads((ROOT / "functions/.chalice" / POLICIES[role]).read_text(encoding="utf-8"))
    assert statements(template, role) == policy["Statement"]
    assert "ManagedPolicyArns" not in template["Resources"][role]["Properties"]


@pytest.mark.parametrize("role", POLICIES)
def test_a_statement_has_one_purpose_and_allows_no_kind_of_everything(template, role):
    said = statements(template, role)
    assert len({each["Sid"] for each in said}) == len(said)
    assert {each["Effect"] for each in said} == {"Allow"}
    assert [action for each in said for action in listed(each["Action"]) if "*" in action] == []
    assert [each["Sid"] for each in said if "*" in listed(each["Resource"])] == []


def test_nobody_but_the_desk_writes_ballot_papers_and_a_vote_reads_no_counts(template):
    state = {"Fn::GetAtt": ["StateTable", "Arn"]}
    bound = {
        (role, each["Sid"]): each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        for role in POLICIES
        for each in statements(template, role)
        if state in listed(each["Resource"])
    }
    assert bound == {
        ("ApiHandlerRole", "ReadPapers"): ["paper/*"],
        ("ApiHandlerRole", "MakeAndReadKeys"): ["key/*"],
        ("SealRole", "ReadPapersAndCounts"): ["editions", "paper/*", "counting"],
        ("SealRole", "CommitCountsAndMakeKeys"): ["counting", "key/*"],
    }


def test_the_functions_are_told_the_stage_and_only_dev_may_play_with_the_clock(template, stage):
    functions = of_type(template, "AWS::Serverless::Function").values()
    told = [each["Environment"]["Variables"]["PINGXUAN_STAGE"] for each in functions]
    assert told == [stage, stage]
    assert Settings.of({"PINGXUAN_STAGE": told[0]}).stage == stage


def test_china_has_no_edge_and_names_its_own_partition(package):
    text = json.dumps(stack.final(package("cn").template, "cn", {}))
    assert "CloudFront" not in text
    assert "cloudfront" not in text
    assert "FunctionUrl" not in text
    assert "EDGE" not in text
    assert "arn:aws:" not in text


def test_in_china_the_gateway_s_word_counts_until_a_front_is_named(package):
    template = stack.final(package("cn").template, "cn", {})
    told = template["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]
    trust, secret = (told[f"PINGXUAN_{name}"]["Fn::If"] for name in ("TRUST", "ORIGIN_SECRET"))
    assert trust == ["Fronted", {"Fn::Sub": "proxy:${AddressHeader}"}, "gateway"]
    assert secret == ["Fronted", {"Ref": "OriginSecret"}, {"Ref": "AWS::NoValue"}]
    assert template["Parameters"]["AddressHeader"]["Default"] == ""
    name = {"AWS_LAMBDA_FUNCTION_NAME": "vote"}
    assert str(Trust.of(name | {"PINGXUAN_TRUST": trust[2]})) == "gateway"
    assert str(Trust.of(name | {"PINGXUAN_TRUST": "proxy:X-Real-IP", "PINGXUAN_ORIGIN_SECRET": "0" * 32})).startswith(
        "proxy"
    )


def test_pages_have_the_security_headers_of_one_machine_and_may_post_to_the_bucket_of_uploads(package):
    template = stack.final(package("prod").template, "prod", {})
    config = template["Resources"]["PageHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    posts = "connect-src 'self' https://${UploadsBucket.RegionalDomainName} https://${UploadsBucket.DomainName}"
    assert config == {
        "ContentSecurityPolicy": {
            "ContentSecurityPolicy": {
                "Fn::Sub": SECURITY["Content-Security-Policy"].replace("connect-src 'self'", posts)
            },
            "Override": True,
        },
        "ContentTypeOptions": {"Override": True},
        "ReferrerPolicy": {"ReferrerPolicy": SECURITY["Referrer-Policy"], "Override": True},
    }


def test_the_front_keeps_no_error_and_puts_no_page_in_the_place_of_one(package):
    """By itself it keeps one for ten seconds, also where nothing else is kept, and without regard to the query.

    So a voter who asks for a receipt would be told what another one was told. A page would replace the API's answers.
    """
    template = stack.final(package("prod").template, "prod", {})
    errors = template["Resources"]["Front"]["Properties"]["DistributionConfig"]["CustomErrorResponses"]
    kept = (404, 405, 414, 500, 501, 502, 503, 504)  # those that CloudFront keeps whatever the origin says
    assert errors == [{"ErrorCode": code, "ErrorCachingMinTTL": 0} for code in kept]


def test_cfn_lint_finds_nothing(template, stage, tmp_path):
    file = tmp_path / "template.json"
    file.write_text(json.dumps(template), encoding="utf-8")
    program = str(Path(sys.executable).with_name("cfn-lint"))
    done = subprocess.run(
        [program, str(file), "--regions", REGIONS[stage]], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_template_fits_into_one_request(template):
    assert len(json.dumps(template, separators=(",", ":"))) < 51_200  # bytes that CloudFormation takes in the request


@pytest.mark.parametrize(("stage", "region"), [("cn", "eu-west-1"), ("prod", "cn-north-1"), ("moon", "eu-west-1")])
def test_a_stage_does_not_go_where_it_does_not_live(stage, region):
    with pytest.raises(PingxuanError):
        stack.stage_of(stage, region)
