"""The border to AWS: clients, and what their errors mean to an editor.

Knows boto3, which is loaded when the first client is asked for; refuses to know what is done with them.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from awards.errors import PingxuanError

NAME = "pingxuan"
POLL = 2.0  # seconds between two looks at what changes
ADVICE = {
    "AccessDenied": "Ask for the permissions that docs/deploy.md lists.",
    "AccessDeniedException": "Ask for the permissions that docs/deploy.md lists.",
    "ExpiredToken": "Log in again.",
    "ExpiredTokenException": "Log in again.",
    "InvalidClientTokenId": "See AWS_PROFILE or AWS_ACCESS_KEY_ID.",
    "SignatureDoesNotMatch": "See AWS_SECRET_ACCESS_KEY, and this machine's clock.",
    "PreconditionFailed": "Somebody else published at this moment: look, and publish again.",
    "ConditionalRequestConflict": "Somebody else published at this moment: look, and publish again.",
}


class Cloud:
    """An account in a region. endpoint: where AWS is played; None for AWS itself."""

    def __init__(self, endpoint: str | None = None) -> None:
        import boto3  # type: ignore[import-untyped]  # noqa: PLC0415 a quarter of a second, for these verbs alone

        self._session = boto3.Session()
        self._endpoint = endpoint
        if not self._session.region_name:
            raise PingxuanError("No region is set", "Set AWS_DEFAULT_REGION, or a profile's region.")
        self.region = str(self._session.region_name)

    def client(self, service: str) -> Any:  # noqa: ANN401 boto3 makes its classes as it runs
        """A client of a service."""
        from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415 as above

        # A name of an own for each bucket needs DNS, which an endpoint on this machine may lack.
        style = {"addressing_style": "path"} if self._endpoint else {}
        config = Config(retries={"mode": "standard", "total_max_attempts": 5}, s3=style, max_pool_connections=32)
        return self._session.client(service, endpoint_url=self._endpoint, config=config)

    def account(self) -> str:
        """The account's number."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def outputs(self, stage: str) -> dict[str, str]:
        """What a deployed stage says of itself. Raises PingxuanError where it is not deployed."""
        stack = find_stack(self.client("cloudformation"), stack_name(stage))
        if stack is None or not stack.get("Outputs"):
            raise PingxuanError(f"Stage {stage} is not deployed", f"Run: python publish.py deploy --stage {stage}")
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def stack_name(stage: str) -> str:
    """The stack of a stage."""
    return f"{NAME}-{stage}"


def find_stack(cloudformation: Any, name: str) -> dict[str, Any] | None:  # noqa: ANN401 as above
    """A stack, or None."""
    from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # noqa: PLC0415 as above

    try:
        return dict(cloudformation.describe_stacks(StackName=name)["Stacks"][0])
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def code_of(error: Exception) -> str:
    """AWS's word for an error; empty for any other one."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


@contextmanager
def told() -> Iterator[None]:
    """Turn what AWS says went wrong into words with advice."""
    from botocore import exceptions  # type: ignore[import-untyped]  # noqa: PLC0415 as above

    try:
        yield
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError, exceptions.ProfileNotFound) as error:
        raise PingxuanError(f"No AWS credentials: {error}", "Set AWS_PROFILE, or log in with: aws sso login") from error
    except (exceptions.EndpointConnectionError, exceptions.ConnectTimeoutError) as error:
        raise PingxuanError(str(error), "See the network, the region and --endpoint.") from error
    except exceptions.ClientError as error:
        said = re.sub(r"^An error occurred \((\w+)\) when calling the (\w+) operation:", r"\2: \1:", str(error))
        raise PingxuanError(f"AWS refused: {said}", ADVICE.get(code_of(error), "")) from error
    except exceptions.BotoCoreError as error:
        raise PingxuanError(f"AWS: {error}", "See the credentials, the region and the network.") from error
