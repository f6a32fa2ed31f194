"""Whether an upload is what it says, and why not, in words: asked once, when it has arrived.

Knows the reasons; the bytes are opened by recognising.py alone, in a process with limits (limited.py). A file that
breaks that process is refused, whatever it did.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from awards.uploads import TYPES
from chalicelib import limited

ENDINGS = {kind: ending for ending, kind in TYPES.items()}
REASONS = {
    "cut_off": ("文件不完整，可能在保存或上传时中断。", "The file is not complete: it was cut off when saved or sent."),
    "macros": (
        "文件含有宏。请另存为不带宏的文件再上传。",
        "The file contains macros. Save it as one without macros.",
    ),
    "protected": (
        "文件设有密码。请去掉密码后再上传。",
        "The file is protected by a password. Remove the password and upload it again.",
    ),
    "broken_picture": (
        "图片无法打开：文件已损坏或不完整。请重新导出后再上传。",
        "The picture cannot be opened: it is damaged or not complete. Export it again.",
    ),
    "too_many_pixels": (
        "图片尺寸过大，请缩小到 4000 万像素以内（例如 7000×5000），WebP 为 2000 万像素以内。",
        "The picture has too many pixels. Make it smaller: at most 40 million (7000 x 5000), as WebP 20 million.",
    ),
    "too_costly": (
        "图片打开时耗费过多时间或内存，请另存为普通的 JPEG 再上传。",
        "Opening the file takes too much time or memory. Save it as an ordinary JPEG or PDF.",
    ),
}


@dataclass(frozen=True)
class Looked:
    """What a file is. code: empty where it is as claimed, else why it is refused, in words in zh and en.

    type: what it really is, empty where nothing that may be uploaded. width, height: of a picture, as sent.
    """

    code: str
    type: str = ""
    digest: str = ""
    width: int = 0
    height: int = 0
    zh: str = ""
    en: str = ""

    @property
    def fine(self) -> bool:
        """Whether it is what it says."""
        return not self.code


def look(path: Path, claimed: str) -> Looked:
    """What a file is that was said to be of a content type. Raises UnavailableError where that cannot be found out."""
    try:
        found = json.loads(limited.run("chalicelib.recognising", str(path.resolve()), claimed))
    except (limited.BrokenOffError, ValueError):
        return _refused("too_costly", {})
    return _refused(found["code"], found) if found["code"] else _looked(found)


def _refused(code: str, found: Mapping[str, Any]) -> Looked:
    zh, en = _wrong(found) if code == "wrong_type" else REASONS[code]
    return replace(_looked(found), code=code, zh=zh, en=en)


def _wrong(found: Mapping[str, Any]) -> tuple[str, str]:
    """Why a file of another type is refused: what it is, and what to do."""
    if ending := ENDINGS.get(found["type"]):
        zh = f"文件内容其实是 .{ending}，与文件名不符。请改成正确的扩展名再上传。"
        return zh, f"The file is really .{ending}, and its name says something else. Give it that ending."
    if found["name"]:
        name = found["name"]
        return (
            f"文件内容不是所说的类型（像是：{name}）。",
            f"The file is not of the type that it says (it looks like: {name}).",
        )
    return "文件内容不是所说的类型，或已损坏。", "The file is not of the type that it says, or it is damaged."


def _looked(found: Mapping[str, Any]) -> Looked:
    known = {"type": "", "digest": "", "width": 0, "height": 0, **found}
    return Looked("", known["type"], known["digest"], known["width"], known["height"])
