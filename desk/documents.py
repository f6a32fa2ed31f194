"""The submission form and its declaration as PDF, by Typst.

Knows theme/documents/form.typ, fonts and Typst; what a form says is chalicelib.printed's. Answers go in as JSON, never
as markup. Each file is PDF/A, which Typst refuses to write while any character has no glyph: such a character is then
printed by its number, 〔U+1F9D1〕, and no reader meets an empty box. The same answers give the same bytes.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst
from chalicelib import printed

from awards.errors import PingxuanError
from awards.model import Edition

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "theme" / "documents" / "form.typ"
# The families of a face by the name that offices know it by, the best first; of each, the first that is installed.
FACES: Mapping[str, tuple[str, ...]] = {
    "仿宋": ("FangSong", "FangSong_GB2312", "STFangsong", "FZFangSong-Z02S", "Noto Serif CJK SC"),
    "宋体": ("SimSun", "STSong", "Noto Serif CJK SC"),
    "楷体": ("KaiTi", "STKaiti", "Noto Serif CJK SC"),
    "黑体": ("SimHei", "STHeiti", "Noto Sans CJK SC"),
}
LAST = ("Noto Serif CJK SC", "Noto Sans CJK SC", "Noto Serif", "Noto Sans", "DejaVu Sans", "Noto Emoji")
CHINESE = re.compile("CJK|FangSong|FZ|^Sim|^ST|KaiTi|Han S|WenQuanYi")
ADVICE = "Install Chinese fonts, then ask again; on Debian: apt-get install fonts-noto-cjk"
TRIES = 5
_RUN = re.compile(r"([!-~\u00a1-\u2fff]{14})(?=[!-~\u00a1-\u2fff])")  # letters that a line may not break by itself
_LACKING = re.compile(r'the text `"(.*)"` could not be displayed')
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")
_SILENT = re.compile(
    "[\u200c\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef]"
)  # join or vary what is gone


def form_pdf(edition: Edition, answers: Mapping[str, object] | None) -> bytes:
    """The form, filled in, or blank where answers is None. Raises PingxuanError where no Chinese font is installed."""
    return _pdf(printed.sheet(edition, answers))


def declaration_pdf(edition: Edition, answers: Mapping[str, object] | None) -> bytes | None:
    """The declaration alone; None where the form has none."""
    declared = printed.declaration(edition, answers)
    return _pdf(_framed(declared)) if declared else None


def pages(sheet: Mapping[str, object], ppi: int = 72) -> list[bytes]:
    """The pages of a sheet as pictures (PNG), to be looked at."""
    drawn = _compiler().compile(sys_inputs=_printed(sheet)[1], format="png", ppi=ppi)
    return drawn if isinstance(drawn, list) else [drawn or b""]


def _framed(declared: dict[str, object]) -> dict[str, object]:
    return {**declared, "declared": declared, "title": ""}


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts()


def _compiler() -> typst.Compiler:
    return typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=_fonts())


def families(face: str, installed: list[str]) -> list[str]:
    """The fonts to set a face in, in order. Raises PingxuanError where none of those installed knows Chinese."""
    if not any(CHINESE.search(family) for family in installed):
        raise PingxuanError("No font here knows Chinese, so no form can be printed", ADVICE)
    wanted = (*FACES.get(face, (face,)), *LAST)
    named = [family for family in dict.fromkeys(wanted) if family in installed]
    return named or [family for family in installed if CHINESE.search(family)]


def _inputs(sheet: Mapping[str, Any]) -> dict[str, str]:
    fonts = families(str(sheet["font"]), _fonts().families())
    return {"sheet": json.dumps(_breakable(sheet), ensure_ascii=False), "fonts": json.dumps(fonts, ensure_ascii=False)}


def _pdf(sheet: Mapping[str, Any]) -> bytes:
    return _printed(sheet)[0]


def _printed(sheet: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    """The PDF, and what it was at last made from: without the characters that no font here knows."""
    compiler, inputs = _compiler(), _inputs(sheet)
    for _ in range(TRIES):
        try:
            made = compiler.compile(sys_inputs=inputs, format="pdf", pdf_standards=["a-2u"], timestamp=0)
        except typst.TypstError as error:
            lacking = _lacking(error.diagnostic)
            if not lacking:
                raise PingxuanError(f"Typst cannot print the form: {error.message}", f"See {TEMPLATE}") from error
            inputs = inputs | {"sheet": _without(inputs["sheet"], lacking)}
        else:
            return (made if isinstance(made, bytes) else b"".join(made or ())), inputs
    raise PingxuanError("The form holds too many characters that no font here knows", ADVICE)


def _lacking(diagnostic: str) -> set[str]:
    """The characters that Typst found no glyph for."""
    texts = (_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) for text in _LACKING.findall(diagnostic))
    return {char for text in texts for char in text if char not in ' "\\'}


def _without(sheet: str, lacking: set[str]) -> str:
    """The JSON, with the numbers of what cannot be drawn in its place."""
    named = {ord(char): "" if _SILENT.match(char) else f"〔U+{ord(char):04X}〕" for char in lacking}
    return sheet.translate(named)


def _breakable(value: Any) -> Any:  # noqa: ANN401 any JSON
    """The same JSON with places to break a line in long runs of letters, such as addresses of pages."""
    if isinstance(value, str):
        return _RUN.sub("\\1\u200b", value)
    if isinstance(value, dict):
        return {key: _breakable(item) for key, item in value.items()}
    return [_breakable(item) for item in value] if isinstance(value, list) else value
