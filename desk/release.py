"""Build the site, switch to it in one step, and switch back.

Knows Pelican's command line and the layout of a release folder: releases/<name>/ and the link current. A web server
follows current; whoever reads a page while it is switched reads the old one or the new one, whole.
"""

import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from awards.content import load
from awards.errors import FindingsError, PingxuanError
from awards.model import Edition
from awards.tables import nearest
from desk import blanks, checking

ROOT = Path(__file__).resolve().parent.parent
KEEP = 5


def build(content: Path, to: Path, var: Path, *, samples: bool) -> None:
    """Check the content and build the site into a folder. Raises FindingsError, or PingxuanError if Pelican fails.

    The generator reads and checks the editions itself and writes nothing if there is a finding; they are read here once
    more only to tell it.
    """
    if findings := checking.check_postings(content):
        raise FindingsError(findings)
    command = [sys.executable, "-m", "pelican", str(content.resolve()), "-o", str(to.resolve())]
    command += ["-s", str(ROOT / "pelicanconf.py"), "-t", str(ROOT / "theme"), "--fatal", "errors", "-q"]
    command += ["-e", f"SAMPLES={'true' if samples else 'false'}"]
    environment = os.environ | {"PINGXUAN_VAR": str(var.resolve()), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        checking.require(content)
        said = (done.stdout + done.stderr).strip()[-2000:]
        advice = f"See free space and owner of {to} and {var}; {var / 'cache'} may be deleted, then build again."
        raise PingxuanError(f"The site could not be built:\n{said}", advice)
    blanks.write(content, to)


def publish(content: Path, to: Path, var: Path, now: datetime) -> str:
    """Build a release without sample cases and make it current; its name. The previous ones are kept for rollback."""
    name = now.strftime("%Y%m%dT%H%M%S.%fZ")
    partial = to / "releases" / f".{name}"
    try:
        build(content, partial, var, samples=False)
        partial.rename(to / "releases" / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _switch(to, name)
    for old in releases(to)[:-KEEP]:
        if old != name:  # by a clock that was put back, this release may not be the last by name
            shutil.rmtree(to / "releases" / old)
    return name


def rollback(to: Path) -> str:
    """Make the release before the current one current; its name. Raises PingxuanError where there is none."""
    current = to / "current"
    if not current.is_symlink():
        raise PingxuanError(f"{to} holds no release", "Name the folder that publish --to was given.")
    older = [name for name in releases(to) if name < current.readlink().name]
    if not older:
        raise PingxuanError("There is no release before the current one", "Publish the content as it should be.")
    _switch(to, older[-1])
    return older[-1]


def releases(to: Path) -> list[str]:
    """The names of the releases in a folder, oldest first."""
    folder = to / "releases"
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def _switch(to: Path, name: str) -> None:
    link = to / ".current"
    try:
        link.unlink(missing_ok=True)
        link.symlink_to(Path("releases") / name)
        link.replace(to / "current")
    except OSError as error:
        advice = "It must be a link in a folder that you may write to; what it shows was not changed."
        raise PingxuanError(f"{to / 'current'} cannot be switched: {error.strerror}", advice) from error


def edition_folder(content: Path, edition: str) -> Path:
    """The folder of an edition. Raises PingxuanError that names the editions there are, the nearest first."""
    folder = content / "editions" / edition
    if not (folder / "edition.toml").is_file():
        known = sorted(path.parent.name for path in content.glob("editions/*/edition.toml"))
        raise PingxuanError(f"There is no edition {edition}{nearest(edition, known)}", f"Editions: {', '.join(known)}")
    return folder


def load_edition(content: Path, edition: str) -> Edition:
    """One edition. Raises FindingsError if it has faults, PingxuanError if it is unknown."""
    loaded, findings = load(edition_folder(content, edition))
    if findings:
        raise FindingsError(findings)
    return loaded
