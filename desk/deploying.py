"""Deploy a stage: package, upload, and change the stack by a change set. Safe to repeat: no change makes no change.

Knows CloudFormation's states and what an editor wants to see of them. What would lose votes is refused: a table or
bucket that would be replaced or removed.
"""

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from awards.errors import PingxuanError
from desk import packaging, stack
from desk.bucket import Site
from desk.cloud import NAME, POLL, Cloud, code_of, find_stack, stack_name, told
from desk.progress import Progress, Say, reason_of

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
NOTHING_NEW = ("didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True)
class Change:
    """action: Add, Modify, Remove. replaced: True, False or Conditional, as CloudFormation says it."""

    action: str
    name: str
    kind: str
    replaced: str

    def __str__(self) -> str:
        return f"{self.action:7} {self.name} ({self.kind}){', replaced' if self.replaced == 'True' else ''}"

    @property
    def loses(self) -> bool:
        """Whether what it holds would be gone."""
        return self.kind in stack.KEPT and (self.action == "Remove" or self.replaced == "True")


def deploy(cloud: Cloud, name: str, settings: Mapping[str, str], say: Say) -> dict[str, str]:
    """Deploy a stage; what it says of itself then. settings: parameters of the template; others stay as they are."""
    stack.stage_of(name, cloud.region)
    say(f"Packaging the functions for {name} in {cloud.region}")
    package = packaging.package(name, cloud.region)
    code = upload(cloud, f"{name}/{package.name}", package.code)
    template = stack.final(package.template, name, code)
    _change(cloud, name, template, settings, say)
    return cloud.outputs(name)


def upload(cloud: Cloud, key: str, data: bytes) -> dict[str, str]:
    """Put the package into the account's bucket for packages, if it is not there; where it is."""
    account, s3 = cloud.account(), cloud.client("s3")
    bucket = f"{NAME}-packages-{account}-{cloud.region}"
    where = {"Bucket": bucket, "Key": key, "ExpectedBucketOwner": account}  # a stranger's answer is no answer
    try:
        s3.head_object(**where)
    except s3.exceptions.ClientError as error:
        if code_of(error) not in ("404", "NoSuchKey", "NoSuchBucket", "403"):
            raise
        _make_bucket(s3, bucket, cloud.region)
        s3.put_object(**where, Body=data)
    return {"Bucket": bucket, "Key": key}


def _make_bucket(s3: Any, bucket: str, region: str) -> None:  # noqa: ANN401 boto3 makes its classes as it runs
    """A private bucket, if it is not there. Raises PingxuanError where it is somebody else's."""
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=bucket, **where)
    except s3.exceptions.ClientError as error:
        if code_of(error) == "BucketAlreadyOwnedByYou":
            return
        if code_of(error) == "BucketAlreadyExists":
            raise PingxuanError(
                f"The bucket {bucket} belongs to somebody else",
                "It is named after your account: whoever took the name must not get your code. Use another region.",
            ) from error
        raise
    closed = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(closed, True))


def _change(cloud: Cloud, name: str, template: stack.Template, settings: Mapping[str, str], say: Say) -> None:
    cloudformation, full = cloud.client("cloudformation"), stack_name(name)
    there = _ready(cloudformation, full, say)
    known = {each["ParameterKey"] for each in there.get("Parameters", ())} if there else set()
    parameters = list(_parameters(template, settings, known, Site(cloud, name).current() if there else ""))
    made = cloudformation.create_change_set(
        StackName=full,
        ChangeSetName=f"deploy-{int(time.time() * 1000)}",
        ChangeSetType="UPDATE" if there else "CREATE",
        TemplateBody=json.dumps(template, ensure_ascii=False, separators=(",", ":")),
        Parameters=parameters,
        Capabilities=CAPABILITIES,
        Tags=[{"Key": "app", "Value": NAME}, {"Key": "stage", "Value": name}],
    )["Id"]
    changes = _changes(cloudformation, made)
    if changes is None:
        cloudformation.delete_change_set(ChangeSetName=made)
        say("Nothing to change")
        return
    for change in changes:
        say(f"  {change}")
    if lost := [change.name for change in changes if change.loses]:
        cloudformation.delete_change_set(ChangeSetName=made)
        raise PingxuanError(f"This would lose what is in {', '.join(lost)}: refused", "Keep its name and keys.")
    progress = Progress(cloudformation, full)
    cloudformation.execute_change_set(ChangeSetName=made)
    progress.watch(say)


def _ready(cloudformation: Any, full: str, say: Say) -> dict[str, Any] | None:  # noqa: ANN401 as above
    """The stack, as soon as nothing changes it; None where there is none yet."""
    found = find_stack(cloudformation, full)
    while found and found["StackStatus"].endswith("_IN_PROGRESS") and found["StackStatus"] != "REVIEW_IN_PROGRESS":
        say(f"Waiting: {full} is {found['StackStatus']}")
        time.sleep(POLL)
        found = find_stack(cloudformation, full)
    if found and found["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"):
        if found["StackStatus"] != "REVIEW_IN_PROGRESS":
            say(f"Removing {full}, whose first deployment failed")
        cloudformation.delete_stack(StackName=found["StackId"])
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=found["StackId"], WaiterConfig={"Delay": POLL, "MaxAttempts": 900}
        )
        return None
    return found


def _parameters(
    template: stack.Template, settings: Mapping[str, str], known: set[str], release: str
) -> Iterator[dict[str, object]]:
    """What each parameter is told: what was asked for, else what it was. Raises PingxuanError for an unknown one."""
    if unknown := set(settings) - set(template["Parameters"]):
        names = ", ".join(sorted(set(template["Parameters"]) - {"OriginSecret", "Release"}))
        raise PingxuanError(f"There is no setting {', '.join(sorted(unknown))}", f"Settings: {names}")
    for name in template["Parameters"]:
        if name in settings:
            yield {"ParameterKey": name, "ParameterValue": settings[name]}
        elif name == "Release":
            yield {"ParameterKey": name, "ParameterValue": release}
        elif name in known:
            yield {"ParameterKey": name, "UsePreviousValue": True}
        elif "Default" not in template["Parameters"][name]:
            value = secrets.token_hex(32) if name == "OriginSecret" else ""
            yield {"ParameterKey": name, "ParameterValue": value}


def _changes(cloudformation: Any, made: str) -> list[Change] | None:  # noqa: ANN401 as above
    """What a change set would change; None for nothing."""
    pages = [_described(cloudformation, made)]
    if pages[0]["Status"] == "FAILED":
        reason = pages[0].get("StatusReason", "")
        if any(words in reason for words in NOTHING_NEW):
            return None
        said = reason_of(cloudformation, reason, ChangeSetName=made)
        raise PingxuanError(f"CloudFormation does not take the template: {said}", "See functions/resources.json.")
    while token := pages[-1].get("NextToken"):
        pages.append(cloudformation.describe_change_set(ChangeSetName=made, NextToken=token))
    found = [each["ResourceChange"] for page in pages for each in page.get("Changes", ()) if "ResourceChange" in each]
    return [
        Change(each["Action"], each["LogicalResourceId"], each["ResourceType"], each.get("Replacement", "False"))
        for each in found
    ]


def _described(cloudformation: Any, made: str) -> dict[str, Any]:  # noqa: ANN401 as above
    while True:
        described = dict(cloudformation.describe_change_set(ChangeSetName=made))
        if described["Status"] in ("CREATE_COMPLETE", "FAILED"):
            return described
        time.sleep(POLL)


def run(name: str, endpoint: str | None, settings: tuple[str, ...], say: Say) -> None:
    """Deploy a stage from the command line, and tell what it says of itself then. settings: NAME=VALUE."""
    if wrong := [each for each in settings if "=" not in each]:
        raise PingxuanError(f"--set {wrong[0]} is not understood", "Write --set Domain=hall.example.org")
    with told():
        outputs = deploy(Cloud(endpoint), name, dict(each.split("=", 1) for each in settings), say)
    for key, value in sorted(outputs.items()):
        say(f"{key:14} {value}")
