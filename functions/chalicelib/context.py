"""A Chalice app that threads may share.

Chalice keeps the current request and the Lambda context as plain attributes of the app object: right for Lambda, which
serves one request at a time, but on a threaded server one voter's request would be answered with another's. Here both
are context variables behind the same names.
"""

from contextvars import ContextVar
from typing import Any

from chalice.app import Chalice


class PerRequest:
    """An attribute that every thread, and every task, sees its own value of."""

    def __init__(self, name: str) -> None:
        self._value: ContextVar[Any] = ContextVar(name, default=None)

    def __get__(self, owner: object, kind: type | None = None) -> Any:  # noqa: ANN401 as Chalice has it
        return self._value.get()

    def __set__(self, owner: object, value: object) -> None:
        self._value.set(value)


class ThreadedChalice(Chalice):
    """Chalice, its two attributes of the request in hand kept apart."""

    current_request = PerRequest("current_request")
    lambda_context = PerRequest("lambda_context")
