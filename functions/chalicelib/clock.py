"""The one clock that everything here asks. It may start at another time, so that a past edition can be played."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True)
class Clock:
    """A clock ahead of the machine's by ``ahead``, or behind it where that is negative."""

    ahead: timedelta = timedelta(0)

    @classmethod
    def starting_at(cls, start: datetime | None) -> "Clock":
        """A clock that shows ``start`` now and goes on; the machine's own where start is None."""
        return cls() if start is None else cls(start - datetime.now(UTC))

    def now(self) -> datetime:
        """The time, with its zone (UTC)."""
        return datetime.now(UTC) + self.ahead
