"""Notices and pages for Pelican: Markdown after TOML front matter between +++ lines.

Knows Pelican's reader interface; the rest of Pelican reads and orders notices as its ordinary articles.
"""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pelican import signals
from pelican.readers import BaseReader, Readers

from awards.content import split_front_matter
from awards.tables import Source
from theme.stories import render


class TomlReader(BaseReader):
    """Reads .md files whose front matter is TOML; their HTML is sanitised like any story."""

    enabled = True
    file_extensions = ("md",)

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        """The safe HTML and the metadata of one file. Raises ValueError where the front matter is missing or broken."""
        front, body = split_front_matter(Path(source_path).read_text("utf-8-sig"))
        source = Source(source_path, front, 1)
        values = source.parse().data
        if source.findings:
            finding = source.findings[0]
            raise ValueError(f"{finding.path}:{finding.line}: {finding.found}")
        return render(body), {name: self._value(name, value) for name, value in values.items()}

    def _value(self, name: str, value: object) -> Any:
        if isinstance(value, datetime) or not isinstance(value, date):
            return self.process_metadata(name, value) if isinstance(value, str) else value
        return datetime.combine(value, time(), ZoneInfo(self.settings["TIMEZONE"]))


def _add(readers: Readers) -> None:
    readers.reader_classes["md"] = TomlReader


def register() -> None:
    """Called by Pelican for each plugin."""
    signals.readers_init.connect(_add)
