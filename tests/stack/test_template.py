"""What is deployed, stage by stage: every resource, whatever may start a function, and what each may do."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from chalicelib.headers import SECURITY

from awards.errors import PingxuanError
from desk import stack

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
    "TableThrottled": "AWS::CloudWatch::Alarm",
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
# Each purpose, and what it takes: actions on resources. Anything more is a hole, anything less a broken function.
MAY = {
    "ApiHandlerRole": {
        "WriteAndReadVotes": (["dynamodb:UpdateItem", "dynamodb:GetItem"], ["VotesTable.Arn"]),
        "ReadPapersAndKeys": (["dynamodb:Query", "dynamodb:GetItem"], ["StateTable.Arn"]),
        "MakeKeys": (["dynamodb:PutItem"], ["StateTable.Arn"]),
        "Log": (["logs:CreateLogStream", "logs:PutLogEvents"], ["log-group:/aws/lambda/STACK-APIHandler-*"]),
    },
    "SealRole": {
        "FindTheStream": (["dynamodb:DescribeTable"], ["VotesTable.Arn"]),
        "ReadTheStream": (
            ["dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"],
            ["VotesTable.StreamArn"],
        ),
        "SweepVotes": (["dynamodb:Query"], ["VotesTable.Arn"]),
        "ReadState": (["dynamodb:Query", "dynamodb:GetItem"], ["StateTable.Arn"]),
        "CommitCountsAndMakeKeys": (["dynamodb:PutItem"], ["StateTable.Arn"]),
        "KeepAndPublishObjects": (
            ["s3:GetObject", "s3:PutObject"],
            ["ObjectsBucket.Arn/kept/*", "ObjectsBucket.Arn/public/*"],
        ),
        "DropPartsOfWholeTiles": (["s3:DeleteObject"], ["ObjectsBucket.Arn/public/*"]),
        "SeeWhatIsMissing": (["s3:ListBucket"], ["ObjectsBucket.Arn"]),
        "Log": (["logs:CreateLogStream", "logs:PutLogEvents"], ["log-group:/aws/lambda/STACK-Seal-*"]),
    },
}
WRITES_STATE = {
    ("ApiHandlerRole", "ReadPapersAndKeys"): ["paper/*", "key/*"],
    ("ApiHandlerRole", "MakeKeys"): ["key/*"],
    ("SealRole", "CommitCountsAndMakeKeys"): ["counting", "key/*"],
}


def of_type(template: stack.Template, kind: str) -> dict[str, dict]:
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


def statements(template: stack.Template, role: str) -> list[dict]:
    (policy,) = template["Resources"][role]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


def plain(resource: dict) -> str:
    """A resource of a statement, as one reads it."""
    if "Fn::GetAtt" in resource:
        return ".".join(resource["Fn::GetAtt"])
    arn = re.sub(r"^arn:\$\{AWS::Partition\}:logs:\$\{AWS::Region\}:\$\{AWS::AccountId\}:", "", resource["Fn::Sub"])
    return arn.replace("${AWS::StackName}", "STACK").replace("${ObjectsBucket.Arn}", "ObjectsBucket.Arn")


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


def test_an_account_that_cannot_reserve_says_so(template):
    assert template["Parameters"]["ReserveSealer"]["AllowedValues"] == ["yes", "no"]
    assert template["Conditions"]["Reserved"] == {"Fn::Equals": [{"Ref": "ReserveSealer"}, "yes"]}


def test_tables_are_on_demand_and_recoverable_and_votes_are_streamed(template):
    tables = of_type(template, "AWS::DynamoDB::Table")
    assert {each["BillingMode"] for each in tables.values()} == {"PAY_PER_REQUEST"}
    assert all(each["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] for each in tables.values())
    streams = {name: each.get("StreamSpecification") for name, each in tables.items()}
    assert streams == {"VotesTable": {"StreamViewType": "NEW_AND_OLD_IMAGES"}, "StateTable": None}


def test_votes_and_objects_outlive_a_real_stack(template, stage):
    kept = {name for name, each in template["Resources"].items() if each.get("DeletionPolicy") == "Retain"}
    held = {"VotesTable", "StateTable", "SiteBucket", "ObjectsBucket"}
    assert kept == (set() if stage == "dev" else held)


def test_buckets_are_closed_to_the_public_and_read_by_the_front_alone(template, stage):
    for bucket in of_type(template, "AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    for policy in of_type(template, "AWS::S3::BucketPolicy").values():
        allowed = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
        assert len(allowed) == (0 if stage == "cn" else 2)
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
        "VotesFail": ("Errors", "notBreaching"),
        "VotesThrottled": ("Throttles", "notBreaching"),
        "TableThrottled": ("WriteThrottleEvents", "notBreaching"),
        "SealerFails": ("Errors", "notBreaching"),
        "SealerSilent": ("Invocations", "breaching"),
    }
    assert all(each["AlarmActions"] == [{"Ref": "Alarms"}] for each in alarms.values())


@pytest.mark.parametrize("role", MAY)
def test_a_function_may_do_what_it_does_and_nothing_else(template, role):
    may = {
        each["Sid"]: (listed(each["Action"]), [plain(resource) for resource in listed(each["Resource"])])
        for each in statements(template, role)
    }
    assert may == MAY[role]
    assert {each["Effect"] for each in statements(template, role)} == {"Allow"}


def test_nobody_but_the_desk_writes_ballot_papers_and_a_vote_reads_no_counts(template):
    bound = {
        (role, each["Sid"]): each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        for role in MAY
        for each in statements(template, role)
        if "Condition" in each
    }
    assert bound == WRITES_STATE


def test_china_has_no_edge_and_names_its_own_partition(package):
    text = json.dumps(stack.final(package("cn").template, "cn", {}))
    assert "CloudFront" not in text
    assert "cloudfront" not in text
    assert "FunctionUrl" not in text
    assert "EDGE" not in text
    assert "arn:aws:" not in text
    assert '"PINGXUAN_TRUST": "gateway"' in text


def test_pages_have_the_same_security_headers_as_on_one_machine(package):
    template = stack.final(package("prod").template, "prod", {})
    config = template["Resources"]["PageHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert config == {
        "ContentSecurityPolicy": {
            "ContentSecurityPolicy": SECURITY["Content-Security-Policy"],
            "Override": True,
        },
        "ContentTypeOptions": {"Override": True},
        "ReferrerPolicy": {"ReferrerPolicy": SECURITY["Referrer-Policy"], "Override": True},
    }


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
