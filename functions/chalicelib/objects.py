"""Files by name: what is staged before a commit and published after it, as the sealer sees them.

Knows names and bytes, nothing of what they mean. What any kind of folder promises:

- put() leaves the whole of the new bytes or the whole of the old ones, whatever breaks, and lasts when it returns.
- renew() asks whether what stands there is outdated, and replaces it, with nothing between the two: of two who publish,
  the one that comes late changes nothing.
- drop() forgets what lies below a name; nothing may be there.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol


class Kept(Protocol):
    """Where records are staged: private, and nothing in it is ever replaced by something else."""

    def get(self, name: str) -> bytes | None:
        """The bytes of a name, None where there are none."""

    def put(self, name: str, data: bytes) -> None:
        """Keep bytes under a name."""


class Objects(Kept, Protocol):
    """Where things are published."""

    def renew(self, name: str, data: bytes, outdated: Callable[[bytes], bool]) -> bool:
        """Put bytes in place of nothing, or of something outdated; whether they stand there now."""

    def drop(self, name: str) -> None:
        """Forget all below a name."""


class Folder:
    """A folder of this machine; whoever writes to it, in whatever process, waits for its turn."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, name: str) -> bytes | None:
        """The bytes of a name, None where there are none."""
        try:
            return (self._root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def put(self, name: str, data: bytes) -> None:
        """Keep bytes under a name; what is there already costs nothing."""
        if self.get(name) != data:
            with self._alone():
                self._write(name, data)

    def renew(self, name: str, data: bytes, outdated: Callable[[bytes], bool]) -> bool:
        """Put bytes in place of nothing, or of something outdated; whether they stand there now."""
        with self._alone():
            there = self.get(name)
            if there == data:
                return True
            if there is not None and not outdated(there):
                return False
            self._write(name, data)
            return True

    def drop(self, name: str) -> None:
        """Forget all below a name."""
        shutil.rmtree(self._root / name, ignore_errors=True)

    def _write(self, name: str, data: bytes) -> None:
        """A crash leaves at most the temporary file, which the next write of this name takes for itself."""
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time; the lock ends with the process."""
        self._root.mkdir(parents=True, exist_ok=True)
        with (self._root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
