"""What happens to a stack while it changes, told step by step, and why it failed if it did.

Knows CloudFormation's events and their states; refuses to know what is deployed.
"""

import time
from collections.abc import Callable
from typing import Any

from awards.errors import PingxuanError
from desk.cloud import POLL, find_stack

FINAL = ("_COMPLETE", "_FAILED")
GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
ELSEWHERE = "DescribeEvents"  # in a reason: what was found before anything was made is told by another request

Say = Callable[[str], None]


class Progress:
    """A stack from now on; what happened to it before is not told."""

    def __init__(self, cloudformation: Any, stack: str) -> None:  # noqa: ANN401 boto3 makes its classes as it runs
        self._cloudformation = cloudformation
        self._stack = stack
        self._seen = {event["EventId"] for event in self._events()}
        self._reasons: list[str] = []

    def watch(self, say: Say) -> None:
        """Tell what happens until the stack stands still. Raises PingxuanError with the first reason if it failed."""
        while True:
            found = find_stack(self._cloudformation, self._stack) or {"StackStatus": "gone"}
            self._tell(say)
            if not found["StackStatus"].endswith("_IN_PROGRESS"):
                break
            time.sleep(POLL)
        if found["StackStatus"] not in GOOD:
            said = self._reasons[0] if self._reasons else found.get("StackStatusReason", "no reason told")
            raise PingxuanError(
                f"The deployment failed, and was rolled back ({found['StackStatus']}): {said}",
                "What was deployed before still runs. Mend it and deploy again.",
            )

    def _tell(self, say: Say) -> None:
        """Tell what is new, and keep the reasons of what failed."""
        fresh = [event for event in self._events() if event["EventId"] not in self._seen]
        for event in reversed(fresh):  # told newest first
            self._seen.add(event["EventId"])
            name, status, reason = event["LogicalResourceId"], event["ResourceStatus"], _reason(event)
            if status.endswith(FINAL):
                say(f"  {status:24} {name}")
            if status.endswith("_FAILED") and "cancelled" not in reason:
                self._reasons.append(reason_of(self._cloudformation, f"{name}: {reason}", StackName=self._stack))

    def _events(self) -> list[dict[str, Any]]:
        """The stack's events, newest first."""
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=self._stack)
        return [event for page in pages for event in page["StackEvents"]]


def reason_of(cloudformation: Any, reason: str, **of: str) -> str:  # noqa: ANN401 as above
    """A reason, or the first that another request tells where this one only points there. of: a stack or change set."""
    if ELSEWHERE not in reason:
        return reason
    for event in cloudformation.describe_events(**of)["OperationEvents"]:
        if event.get("EventType") == "VALIDATION_ERROR":
            return f"{event['LogicalResourceId']}: {event['ValidationStatusReason']}"
    return reason


def _reason(event: dict[str, Any]) -> str:
    return str(event.get("ResourceStatusReason", ""))
