"""What the tests of the stack share: a package of each stage, and the stack played on this machine."""

from collections.abc import Callable
from functools import cache

import ministack
import pytest

from desk import packaging, stack

REGIONS = {"dev": "us-east-1", "prod": "eu-central-1", "cn": "cn-northwest-1"}
CODE = {"Bucket": "packages", "Key": "package.zip"}


@cache
def packaged(stage: str) -> packaging.Package:
    return packaging.package(stage, REGIONS[stage])


@pytest.fixture(scope="session")
def package() -> Callable[[str], packaging.Package]:
    """The package of a stage, made once."""
    return packaged


@pytest.fixture(params=list(stack.STAGES))
def stage(request) -> str:
    return str(request.param)


@pytest.fixture
def template(stage) -> stack.Template:
    """The template of each stage in turn, as it is deployed."""
    return stack.final(packaged(stage).template, stage, CODE)


@pytest.fixture(scope="session")
def aws() -> ministack.Stack:
    return ministack.running()
