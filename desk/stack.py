"""What AWS runs for a stage: Chalice's template made into ours, by small functions from template to template.

Knows CloudFormation and the stages; refuses to know AWS itself: nothing here calls anybody. functions/resources.json
says what there is beside the functions; here stands what Chalice gets wrong, and what differs between stages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.headers import SECURITY

from awards.errors import PingxuanError

Template = dict[str, Any]

EDGE = Path(__file__).parent / "edge"
FUNCTIONS = ("APIHandler", "Seal")
REST_API = ("RestAPI", "APIHandlerInvokePermission")
REST_OUTPUTS = ("RestAPIId", "APIHandlerName", "APIHandlerArn", "EndpointURL")
KEPT = ("AWS::DynamoDB::Table", "AWS::S3::Bucket")
HEADERS = {
    "Content-Security-Policy": "ContentSecurityPolicy",
    "X-Content-Type-Options": "ContentTypeOptions",  # says "nosniff" by itself
    "Referrer-Policy": "ReferrerPolicy",
}
OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"  # CloudFront's own cache policy: as long as the object says
ANY_ORIGIN = "60669652-455b-4ae9-85a4-c4c02393f86c"  # CloudFront's own policy SimpleCORS: partner pages read figures
# Where there is no CloudFront: what the operator's own front, if there is one, tells the functions.
ADDRESS_HEADER = {
    "Type": "String",
    "Default": "",
    "AllowedPattern": "[A-Za-z0-9-]*",
    "Description": "The header in which your front tells the voter's address; empty: voters reach the gateway itself",
}
BUCKET_NAMES = ("RegionalDomainName", "DomainName")
OBJECTS = ("tally.json", "ballot.json", "ledger/*")  # what the sealer publishes below /EDITION/


@dataclass(frozen=True)
class Stage:
    """How stages differ.

    partition: of the regions it may live in. front: whether CloudFront stands before it.
    keeps: tables and buckets outlive the stack. access_days: how long addresses stay in the gateway's log.
    """

    partition: str
    front: bool
    keeps: bool
    access_days: int


STAGES = {
    "dev": Stage("aws", front=True, keeps=False, access_days=7),
    "prod": Stage("aws", front=True, keeps=True, access_days=30),
    # 网络安全法 (Cybersecurity Law) art. 21 asks that network logs are kept for six months at least.
    "cn": Stage("aws-cn", front=False, keeps=True, access_days=180),
}


def stage_of(name: str, region: str) -> Stage:
    """The stage of this name. Raises PingxuanError where it does not live in the region."""
    if name not in STAGES:
        raise PingxuanError(f"There is no stage {name}", f"Stages: {', '.join(STAGES)}")
    stage = STAGES[name]
    if (stage.partition == "aws-cn") is not region.startswith("cn-"):
        where = "cn-north-1 or cn-northwest-1" if stage.partition == "aws-cn" else "a region outside China"
        raise PingxuanError(f"Stage {name} does not live in {region}", f"Set AWS_DEFAULT_REGION to {where}")
    return stage


def final(template: Template, name: str, code: Mapping[str, str]) -> Template:
    """Chalice's template as it is deployed. code: Bucket and Key of the package."""
    stage = STAGES[name]
    template = coded(with_its_log(one_door(template)), name, code)
    template = with_front(template) if stage.front else without_front(template)
    template = logged_for(template, stage.access_days)
    return kept(template) if stage.keeps else template


def one_door(template: Template) -> Template:
    """Without the REST API that Chalice makes: the HTTP API of resources.json is the one door, for less."""
    resources = {name: each for name, each in template["Resources"].items() if name not in REST_API}
    outputs = {name: each for name, each in template["Outputs"].items() if name not in REST_OUTPUTS}
    return template | {"Resources": resources, "Outputs": outputs}


def with_its_log(template: Template) -> Template:
    """Chalice 1.34 names the log of the API's function after ApiHandler, and then calls the function APIHandler."""
    return _changed(template, "ApiHandlerLogGroup", LogGroupName={"Fn::Sub": "/aws/lambda/${APIHandler}"})


def coded(template: Template, stage: str, code: Mapping[str, str]) -> Template:
    """With the package's place, and the stage's name: only dev may play with the clock."""
    told = {"PINGXUAN_STAGE": stage}
    for name in FUNCTIONS:
        variables = template["Resources"][name]["Properties"]["Environment"]["Variables"] | told
        template = _changed(template, name, CodeUri=dict(code), Environment={"Variables": variables})
    return template


def with_front(template: Template) -> Template:
    """With the edge's code, the pages' headers and the ways to what the sealer publishes."""
    for name, source in (("PagesEdge", "pages.js"), ("ViewerEdge", "viewer.js")):
        code = (EDGE / source).read_text(encoding="utf-8")
        template = _changed(template, name, FunctionCode={"Fn::Sub": code})
    named = template["Resources"]["PageHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    template = _changed(template, "PageHeaders", ResponseHeadersPolicyConfig=named | page_headers(uploading(SECURITY)))
    config = template["Resources"]["Front"]["Properties"]["DistributionConfig"]
    behaviours = [*config["CacheBehaviors"], *(_to_objects(f"/*/{name}") for name in OBJECTS)]
    return _changed(template, "Front", DistributionConfig=config | {"CacheBehaviors": behaviours})


def uploading(headers: Mapping[str, str]) -> dict[str, str]:
    """The same headers, for pages that also post to the bucket of uploads, by whichever of its names S3 signs."""
    posted = "connect-src 'self' " + " ".join(f"https://${{UploadsBucket.{name}}}" for name in BUCKET_NAMES)
    return {name: value.replace("connect-src 'self'", posted) for name, value in headers.items()}


def page_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """Our security headers, as CloudFront wants them told. Raises KeyError for one that it has no place for."""
    told: dict[str, Any] = {}
    for name, value in headers.items():
        key = HEADERS[name]
        said = {"Fn::Sub": value} if "${" in value else value
        told[key] = ({} if key == "ContentTypeOptions" else {key: said}) | {"Override": True}
    return {"SecurityHeadersConfig": told}


def without_front(template: Template) -> Template:
    """Where there is no CloudFront: nothing of it. Whose address counts is the gateway's word, or a named front's."""
    resources = {
        name: each for name, each in template["Resources"].items() if not each["Type"].startswith("AWS::CloudFront::")
    }
    parameters = {name: each for name, each in template["Parameters"].items() if name not in ("Certificate", "Release")}
    parameters |= {"AddressHeader": ADDRESS_HEADER}
    conditions = template["Conditions"] | {"Fronted": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AddressHeader"}, ""]}]}}
    outputs = {name: each for name, each in template["Outputs"].items() if name not in ("Hall", "Pages")}
    template |= {"Resources": resources, "Parameters": parameters, "Conditions": conditions, "Outputs": outputs}
    for name in ("SiteBucketPolicy", "ObjectsBucketPolicy"):
        template = _changed(template, name, PolicyDocument=_without_front_reads(resources[name]))
    told = {
        "PINGXUAN_TRUST": {"Fn::If": ["Fronted", {"Fn::Sub": "proxy:${AddressHeader}"}, "gateway"]},
        "PINGXUAN_ORIGIN_SECRET": {"Fn::If": ["Fronted", {"Ref": "OriginSecret"}, {"Ref": "AWS::NoValue"}]},
        "PINGXUAN_ORIGINS": {"Fn::If": ["Named", {"Fn::Sub": "https://${Domain}"}, ""]},
    }
    variables = resources["APIHandler"]["Properties"]["Environment"]["Variables"] | told
    return _changed(template, "APIHandler", Environment={"Variables": variables})


def logged_for(template: Template, days: int) -> Template:
    """With the days that addresses stay in the gateway's log."""
    return _changed(template, "AccessLog", RetentionInDays=days)


def kept(template: Template) -> Template:
    """With tables and buckets that outlive the stack."""
    policies = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    resources = {
        name: each | policies if each["Type"] in KEPT else each for name, each in template["Resources"].items()
    }
    return template | {"Resources": resources}


def edge_code(release: str) -> str:
    """The code of the pages' edge function for a release, as CloudFormation would fill it in."""
    return (EDGE / "pages.js").read_text(encoding="utf-8").replace("${Release}", release)


def _changed(template: Template, name: str, **properties: object) -> Template:
    """The template with other properties of one resource."""
    resource = template["Resources"][name]
    changed = resource | {"Properties": resource["Properties"] | properties}
    return template | {"Resources": template["Resources"] | {name: changed}}


def _without_front_reads(policy: Mapping[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = policy["Properties"]["PolicyDocument"]
    statements = [each for each in document["Statement"] if not each["Sid"].startswith("Front")]
    return document | {"Statement": statements}


def _to_objects(pattern: str) -> dict[str, Any]:
    """The way to a kind of published object."""
    return {
        "PathPattern": pattern,
        "TargetOriginId": "objects",
        "ViewerProtocolPolicy": "redirect-to-https",
        "Compress": True,
        "CachePolicyId": OPTIMIZED,
        "ResponseHeadersPolicyId": ANY_ORIGIN,
    }
