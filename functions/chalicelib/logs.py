"""The ordinary log: one line of JSON each, with the number of the request that it tells of, and no address.

PINGXUAN_LOG_LEVEL   warning (default) tells what needs somebody; info tells every request besides

Nothing of ours writes an address there; should a foreign message hold one, it is blotted out. Who came from where is
written elsewhere, privately: see accesslog.py. Paths are told without query, since a receipt's holds the voter's proof.
"""

import json
import logging
import logging.config
import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from awards.errors import PingxuanError

log = logging.getLogger("pingxuan")
request: ContextVar[str] = ContextVar("request", default="")  # the number of the request in hand

LEVELS = {"debug", "info", "warning", "error"}
# Whatever could be an IPv4 or IPv6 address; dotted quads are blotted out whatever their figures, colons need a look.
QUAD = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w])")
COLONS = re.compile(r"(?<![\w:])[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:]*(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w])")
BLOT = "[address]"


class Lines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record; ``extra={"told": {...}}`` adds to it."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": without_addresses(record.getMessage()),
        }
        if number := request.get():
            line["request"] = number
        line |= getattr(record, "told", {})
        if record.exc_info:
            line["trace"] = without_addresses(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def without_addresses(text: str) -> str:
    """A text, its network addresses blotted out."""
    return QUAD.sub(BLOT, COLONS.sub(_blot, text))


def _blot(found: re.Match[str]) -> str:
    try:
        ip_address(found[0])
    except ValueError:
        return found[0]  # a time of day, a Python name
    return BLOT


def settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """What logging.config.dictConfig takes; everything goes to standard error, the server's own words too."""
    level = environ.get("PINGXUAN_LOG_LEVEL", "warning").lower()
    if level not in LEVELS:
        raise PingxuanError(f"PINGXUAN_LOG_LEVEL={level} is not known", f"Set it to one of {', '.join(sorted(LEVELS))}")
    ours = {"handlers": ["lines"], "level": level.upper(), "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": Lines}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {"pingxuan": ours, "_granian": {"handlers": ["lines"], "propagate": False}},
    }


def start(environ: Mapping[str, str]) -> None:
    """Log as the environment says; whoever logged before is replaced, Lambda's own handler too."""
    logging.config.dictConfig(settings(environ))


def answered(method: str, path: str, status: int, seconds: float) -> None:
    """Tell of a request that is answered."""
    if log.isEnabledFor(logging.INFO):
        told = {"method": method, "path": path, "status": status, "ms": round(seconds * 1000, 1)}
        log.info("answered", extra={"told": told})
