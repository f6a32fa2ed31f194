"""Where a release goes: a folder of this machine, or the bucket of a stage. Knows both, and that one is meant."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from awards.errors import PingxuanError
from desk import release
from desk.bucket import Site
from desk.cloud import Cloud, told


class Place(Protocol):
    """What can be published to; both say in words what is shown then."""

    def publish(self, content: Path, var: Path, now: datetime) -> str:
        """Build a release without sample cases and show it."""

    def rollback(self) -> str:
        """Show the release before the current one."""


@dataclass(frozen=True)
class Folder:
    """A folder of releases."""

    to: Path

    def publish(self, content: Path, var: Path, now: datetime) -> str:
        """See Place."""
        return f"Release {release.publish(content, self.to, var, now)} is current in {self.to}"

    def rollback(self) -> str:
        """See Place."""
        return f"Release {release.rollback(self.to)} is current again in {self.to}"


@dataclass(frozen=True)
class Stage:
    """The site bucket of a deployed stage."""

    name: str
    endpoint: str | None

    def publish(self, content: Path, var: Path, now: datetime) -> str:
        """See Place."""
        with told():
            site = Site(Cloud(self.endpoint), self.name)
            traffic = site.publish(content, var, now)
        files = f"{traffic.sent} files sent, {traffic.copied} were there"
        return f"Release {traffic.name} is current on {site.hall or site.bucket} ({files})"

    def rollback(self) -> str:
        """See Place."""
        with told():
            site = Site(Cloud(self.endpoint), self.name)
            return f"Release {site.rollback()} is current again on {site.hall or site.bucket}"


def place(to: Path | None, stage: str | None, endpoint: str | None) -> Place:
    """The place that is meant. Raises PingxuanError unless it is one."""
    if to is not None and stage is None:
        return Folder(to)
    if to is None and stage is not None:
        return Stage(stage, endpoint)
    raise PingxuanError("A release goes to one place", "Name a folder with --to, or a stage of the cloud with --stage.")
