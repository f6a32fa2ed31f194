"""The one base error, and the finding: a fault in what somebody wrote, told with advice.

Knows nothing of ours. A finding is shown with all the others; an error means "cannot go on".
"""

from dataclasses import dataclass


class PingxuanError(Exception):
    """Something that stops the work. Caught once, in publish.py, and shown without a traceback.

    message: what was found, and where. advice: what to do instead; may be empty.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


@dataclass(frozen=True, order=True)
class Finding:
    """One fault in one file.

    path: the file, relative to the content folder. line: from 1, or 0 where no line can be named.
    key: the path of the key, such as ``stages[2].closes``. found: what stands there.
    allowed: what may stand there instead.
    """

    path: str
    line: int
    key: str
    found: str
    allowed: str


class FindingsError(PingxuanError):
    """Data that cannot be used, with every finding."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(f"{len(findings)} finding(s)", "Run: python publish.py check")
        self.findings = findings
