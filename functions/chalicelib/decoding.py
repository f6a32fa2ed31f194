"""A picture out of a file that a stranger sent: decoded, upright, in sRGB, on white, no larger than it is shown.

Knows Pillow; is imported only by programs that limited.run() started, since what it opens may be made to do harm. Of
the file nothing but the pixels is left: no EXIF, GPS, maker data, comments, profiles, nor what follows the picture.
"""

import io
from pathlib import Path
from typing import NoReturn

from PIL import Image, ImageCms

WIDTH = 1600  # as wide as a picture is ever shown
HEIGHT = 2 * WIDTH
FORMATS = ("JPEG", "PNG", "WEBP")
PIXELS = 40_000_000  # decoded at once: 160 MB, and as much again while it is made smaller
SENT = 250_000_000  # in the file: a JPEG can be decoded at a half, a quarter or an eighth of its size
ORIENTATION = 0x0112  # EXIF's tag
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Image.MAX_IMAGE_PIXELS = None  # refused here, with a reason


class NoPictureError(Exception):
    """What cannot be shown. code: too_many_pixels or broken_picture."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def decoded(path: Path) -> tuple[Image.Image, tuple[int, int]]:
    """The picture, at most WIDTH x HEIGHT, and the size it was sent in. Raises NoPictureError, nothing else."""
    sent = 0, 0
    try:
        with Image.open(path, formats=FORMATS) as image:
            sent = image.size
            return _cleaned(_loaded(image)), sent
    except NoPictureError:
        raise
    except MemoryError as error:
        _refuse("too_many_pixels", error)
    except Exception as error:  # noqa: BLE001 decoders raise whatever they like at what is broken
        _refuse("too_many_pixels" if sent[0] * sent[1] > PIXELS else "broken_picture", error)


def _loaded(image: Image.Image) -> Image.Image:
    """All pixels, no more of them than needed; turned as the camera was held."""
    orientation = _orientation(image)
    turned = orientation > 4  # its width is the file's height
    if image.width * image.height > SENT:
        raise NoPictureError("too_many_pixels")
    image.draft(None, _fitting(image.size, 2, turned=turned))
    if image.width * image.height > PIXELS:
        raise NoPictureError("too_many_pixels")
    image.load()
    small = _smaller(image, turned=turned)
    small.info = {"icc_profile": image.info.get("icc_profile")}
    return small.transpose(TURNS[orientation]) if orientation in TURNS else small


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 EXIF data that is broken says nothing
        return 1


def _fitting(size: tuple[int, int], times: int, *, turned: bool) -> tuple[int, int]:
    """The size to be shown, or so many times that, and no larger than it is; turned: sides are still to be swapped."""
    width, height = reversed(size) if turned else size
    share = min(1, WIDTH * times / width, HEIGHT * times / height)
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def _smaller(image: Image.Image, *, turned: bool) -> Image.Image:
    """As large as it may be shown; palettes and deep greys first become what can be made smaller."""
    if image.mode.startswith("I") or image.mode == "F":
        image = image.convert("I").point(lambda level: level / 256).convert("L")
    elif image.mode in {"P", "PA", "1"} or "transparency" in image.info:
        image = image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    size = _fitting(image.size, 1, turned=turned)
    return image.copy() if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _cleaned(image: Image.Image) -> Image.Image:
    """RGB, the colours those of sRGB, on white where it was see-through; nothing besides."""
    profile = image.info.get("icc_profile")
    opaque = _on_white(image)
    shown = _in_srgb(opaque, profile) if profile else opaque.convert("RGB")
    shown.info = {}
    return shown


def _on_white(image: Image.Image) -> Image.Image:
    if "A" not in image.mode:
        return image
    mode = "L" if image.mode.startswith("L") else "RGB"
    white = Image.new(mode, image.size, "white")
    white.paste(image.convert(mode), mask=image.getchannel("A"))
    return white


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Converted by the file's own profile; as it is where that is none, or one of something else."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image.convert("RGB")
    return converted if converted is not None else image.convert("RGB")


def _refuse(code: str, error: BaseException) -> NoReturn:
    raise NoPictureError(code) from error
