"""What goes wrong on the way to AWS is told with what to do, and leaves what was there."""

from dataclasses import replace

import boto3
import ministack
import pytest

from awards.errors import PingxuanError
from desk import deploying, places, votes
from desk.cloud import Cloud


@pytest.fixture
def cloud(aws, monkeypatch) -> Cloud:
    for name, value in ministack.KEYS.items():
        monkeypatch.setenv(name, value)
    return Cloud(aws.endpoint)


@pytest.mark.parametrize("words", [("deploy",), ("seal", "qd"), ("verify", "qd")])
def test_no_credentials_are_told_kindly(aws, tmp_path, words):
    none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}
    files = {name: str(tmp_path / "none") for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")}
    done = aws.publish(*words, "--stage", "dev", var=tmp_path, **none, **files)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "No AWS credentials" in done.stdout
    assert "AWS_PROFILE" in done.stdout


def test_no_region_is_told_kindly(aws, tmp_path):
    done = aws.publish("deploy", "--stage", "dev", var=tmp_path, AWS_DEFAULT_REGION="", AWS_CONFIG_FILE="/none")
    assert (done.returncode, "No region is set" in done.stdout) == (1, True)


def test_a_bucket_that_somebody_else_took_gets_none_of_our_code(aws, cloud):
    keys = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "test", "region_name": ministack.REGION}
    theirs = boto3.client("s3", endpoint_url=aws.endpoint, **keys)
    name = "pingxuan-taken-by-others"
    theirs.create_bucket(Bucket=name)
    with pytest.raises(PingxuanError, match="belongs to somebody else"):
        deploying._make_bucket(cloud.client("s3"), name, ministack.REGION)


def test_a_stage_that_is_not_deployed_names_the_verb(cloud):
    with pytest.raises(PingxuanError) as error:
        cloud.outputs("prod")
    assert error.value.advice == "Run: python publish.py deploy --stage prod"


def test_a_poll_of_a_stage_that_is_not_deployed_or_not_open_names_the_verb(aws, cloud, tmp_path):
    with pytest.raises(PingxuanError) as error:
        votes.of("prod", aws.endpoint, tmp_path)
    assert error.value.advice == "Run: python publish.py deploy --stage prod"
    place = votes.here(tmp_path)
    with pytest.raises(PingxuanError) as error:
        replace(place, option=" --stage prod").sealer_of("qd")
    assert error.value.advice == "Run: python publish.py open qd --stage prod"


def test_a_stack_that_rolls_back_tells_the_first_reason_and_can_be_deployed_again(aws, cloud):
    keys = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "test", "region_name": ministack.REGION}
    boto3.client("s3", endpoint_url=aws.endpoint, **keys).create_bucket(Bucket="theirs")
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "theirs"}}
    broken = {"Parameters": {}, "Resources": {"Broken": bucket}, "Outputs": {}}
    for _ in range(2):  # what is left of a first deployment that failed is in nobody's way
        with pytest.raises(PingxuanError, match=r"rolled back \(ROLLBACK_COMPLETE\): Broken: .*already exists"):
            deploying._change(cloud, "broken", broken, {}, lambda _: None)


def test_what_would_lose_votes_is_refused(cloud):
    def table(key: str) -> dict:
        keys = {"AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}], "TableName": "held"}
        schema = {"KeySchema": [{"AttributeName": key, "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
        held = {"Type": "AWS::DynamoDB::Table", "Properties": keys | schema}
        return {"Parameters": {}, "Resources": {"Held": held}, "Outputs": {"SiteBucket": {"Value": "none"}}}

    deploying._change(cloud, "held", table("a"), {}, lambda _: None)
    cloud.client("s3").create_bucket(Bucket="none")
    gone = {"Type": "AWS::SNS::Topic"}
    with pytest.raises(PingxuanError, match="This would lose what is in Held: refused"):
        deploying._change(cloud, "held", table("a") | {"Resources": {"Topic": gone}}, {}, lambda _: None)
    assert cloud.client("dynamodb").describe_table(TableName="held")["Table"]["TableStatus"] == "ACTIVE"


def test_a_release_goes_to_exactly_one_place(tmp_path):
    for to, stage in ((None, None), (tmp_path, "dev")):
        with pytest.raises(PingxuanError, match="one place"):
            places.place(to, stage, None)
