"""The pictures that are shown, made of one that was sent: a program of its own, started in a process with limits.

Knows widths and encoders; what is decoded, chalicelib.decoding knows. Writes a line of JSON that lists the files it
made, then their bytes. The same pixels give the same bytes, as long as requirements.lock names the same Pillow.

    python -m desk.deriving FILE
"""

from chalicelib import bounds

if __name__ == "__main__":
    bounds.bind()

import io
import json
import sys
from pathlib import Path

from chalicelib.decoding import WIDTH, NoPictureError, decoded
from PIL import Image

WIDTHS = (480, 960, WIDTH)  # of a case's card, of a phone, of a large screen
WEBP = {"quality": 80, "method": 4}
JPEG = {"quality": 82, "optimize": True, "progressive": True}


def made(path: Path) -> tuple[dict[str, object], list[bytes]]:
    """What stands in the line of JSON, and the files that it lists."""
    try:
        image, _ = decoded(path)
    except NoPictureError as error:
        return {"code": error.code}, []
    shown = {f"-{width}.webp": _saved(_as_wide(image, width), "WEBP", WEBP) for width in _widths(image.width)}
    files = {".jpg": _saved(image, "JPEG", JPEG), **shown}
    sizes = {ending: len(data) for ending, data in files.items()}
    return {"code": "", "width": image.width, "height": image.height, "files": sizes}, list(files.values())


def _widths(own: int) -> list[int]:
    """No picture is made larger than it is: a small one has fewer widths."""
    return sorted({min(width, own) for width in WIDTHS})


def _as_wide(image: Image.Image, width: int) -> Image.Image:
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)


def _saved(image: Image.Image, kind: str, settings: dict[str, int | bool]) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **settings)
    return target.getvalue()


if __name__ == "__main__":
    report, parts = made(Path(sys.argv[1]))
    sys.stdout.buffer.write(json.dumps(report).encode() + b"\n" + b"".join(parts))
