"""Make the functions' package for Lambda: chalice package, in a copy that holds links as files.

Knows Chalice's command line and what pip must be told; refuses to know what the template says. The libraries are those
of requirements.lock, by hash, and the same sources make the same bytes, so that a second deployment finds nothing new.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awards.errors import PingxuanError

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns("__pycache__", "deployments", "deployed", "serve.py")
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip can tell


@dataclass(frozen=True)
class Package:
    """code: the zip. template: what Chalice made of app.py, config.json and resources.json."""

    code: bytes
    template: dict[str, Any]

    @property
    def name(self) -> str:
        """A name made of the content."""
        return f"{hashlib.sha256(self.code).hexdigest()}.zip"


def package(stage: str, region: str, root: Path = ROOT) -> Package:
    """The package of the functions of a checkout, for a stage. Raises PingxuanError with what Chalice or pip said."""
    with tempfile.TemporaryDirectory(prefix="pingxuan-") as scratch:
        copy, made = Path(scratch) / "functions", Path(scratch) / "made"
        shutil.copytree(root / "functions", copy, ignore=LEFT_OUT)  # links become files
        _chalice(copy, made, stage, region, root / "requirements.lock")
        template = json.loads((made / "sam.json").read_text(encoding="utf-8"))
        return Package(steady((made / "deployment.zip").read_bytes()), template)


def _chalice(functions: Path, to: Path, stage: str, region: str, lock: Path) -> None:
    """Run chalice package; whatever region or profile the caller has makes no difference to the template."""
    command = [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())"]
    command += ["--project-dir", str(functions), "package", "--stage", stage]
    command += ["--merge-template", str(functions / "resources.json"), str(to)]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PYTHONPATH"))}
    environment = kept | {"AWS_DEFAULT_REGION": region, "PIP_CONSTRAINT": str(lock), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PingxuanError(
            f"The functions could not be packaged:\n{(done.stdout + done.stderr).strip()[-2000:]}",
            "The libraries of functions/requirements.txt must be in requirements.lock and reachable by pip.",
        )


def steady(code: bytes) -> bytes:
    """A zip with the same files, in order, without times, permissions and bytecode."""
    with zipfile.ZipFile(io.BytesIO(code)) as old:
        files = {name: old.read(name) for name in old.namelist() if not name.endswith((".pyc", "/"))}
    fresh = io.BytesIO()
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, FIRST_DAY)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, files[name])
    return fresh.getvalue()
