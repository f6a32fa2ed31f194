"""Files that others load by a name that never changes: /embed.js for partners' pages, /openapi.json for programs.

embed.js is put together here from its own text, the hall's arithmetic (sha256.js, period.js) and the hall's words: what
it says is looked up in the same catalogue, so that a partner's page and the hall cannot differ.
"""

import json
import re
from pathlib import Path
from typing import Any

from pelican import signals

from theme.catalogue import gettexts

HERE = Path(__file__).parent
PARTS = ("static/sha256.js", "static/period.js", "partners/embed.js")
SAID = re.compile(r"say\(\s*'([^']+)'")  # what embed.js says, in English


def embed() -> str:
    """The script for partners' pages."""
    *arithmetic, main = ((HERE / name).read_text("utf-8") for name in PARTS)
    chinese = gettexts("zh-CN")[0]
    words = {english: chinese(english) for english in SAID.findall(main)}
    table = json.dumps(words, ensure_ascii=False, indent=2, sort_keys=True)
    head = f"(function () {{\n'use strict';\nvar hall = {{}};\nvar WORDS = {table};\n"
    text = "".join((head, *arithmetic, main, "})();\n"))
    return text.encode("ascii", "backslashreplace").decode()  # whatever the encoding of the partner's page


def openapi() -> str:
    """The document of the API."""
    return (HERE.parent / "functions" / "openapi.json").read_text("utf-8")


def write(site: Any) -> None:
    """Write them; a file that says the same is left alone."""
    for name, text in (("embed.js", embed()), ("openapi.json", openapi())):
        path, partial = (Path(site.output_path) / file for file in (name, f".{name}.part"))
        if not path.is_file() or path.read_text("utf-8") != text:
            partial.write_text(text, "utf-8")
            partial.replace(path)


def register() -> None:
    """Called by Pelican for each plugin."""
    signals.finalized.connect(write)
