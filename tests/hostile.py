"""Files as a stranger may send them, made here: what each looks like by its name, and what is in it.

Nothing of these is kept in the repository: some are bombs.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from PIL import Image, ImageCms, PngImagePlugin

MAKER, GPS, COMMENT = b"MAKERNOTE-secret", b"GPS-secret-place", b"a secret comment"
SCRIPT = b"<script>alert(document.domain)</script>"


def picture(kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **saved: object) -> bytes:
    """A picture whose left upper corner is red and all else blue, in any format and mode."""
    image = Image.new("RGB", size, (0, 0, 220))
    image.paste((220, 0, 0), (0, 0, max(1, size[0] // 2), max(1, size[1] // 2)))
    return _bytes(image.convert(mode), kind, **saved)


def photograph(orientation: int = 1, size: tuple[int, int] = (64, 48)) -> bytes:
    """A JPEG as a camera writes it: where, by what, and a comment."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Maker of cameras"
    exif.get_ifd(0x8769)[0x927C] = MAKER
    exif.get_ifd(0x8825).update({1: "N", 2: (36.0, 4.0, 1.0), 3: "E", 4: (120.0, 22.0, 57.0), 28: GPS})
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>secret xmp</x:xmpmeta>"
    return picture(size=size, exif=exif, comment=COMMENT, icc_profile=profile, xmp=xmp, quality=95)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, colour: int = 0, depth: int = 1, rows: int | None = None) -> bytes:
    """A PNG of zeros, written without holding its pixels. rows: fewer than it says."""
    row = b"\0" * (1 + (width * depth * {0: 1, 2: 3, 6: 4}[colour] + 7) // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height if rows is None else rows)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def zipped(names: dict[str, bytes]) -> bytes:
    """A zip file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return target.getvalue()


def office(folder: str = "word", **more: bytes) -> bytes:
    """A small Office file, by its names."""
    return zipped({"[Content_Types].xml": b"<Types/>", f"{folder}/document.xml": b"<w/>", **more})


def ole(stream: str) -> bytes:
    """An old Office file, or an encrypted new one, by the name of its stream."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + stream.encode("utf-16-le") + b"\0" * 500


def many_names() -> bytes:
    """A zip file with very many names, which cost memory to list."""
    return zipped({"[Content_Types].xml": b"", **{f"word/{number}": b"" for number in range(60_000)}})


def text_bomb() -> bytes:
    """A small PNG with a compressed text of 100 MB and a profile of as much."""
    huge = zlib.compress(b"\0" * 100_000_000, 9)
    return _with(png(8, 8), chunk(b"zTXt", b"a\0\0" + huge) + chunk(b"iCCP", b"a\0\0" + huge))


def lying_sizes(side: int = 65500, **saved: object) -> bytes:
    """A small JPEG that says it is very large."""
    data = bytearray(picture(**saved))
    at = data.index(b"\xff\xc2" if saved else b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", side, side)
    return bytes(data)


def pdf(script: bytes = b"") -> bytes:
    """A PDF of one empty page, that runs a script when it is opened."""
    action = b"/OpenAction << /S /JavaScript /JS (" + script + b") >>" if script else b""
    catalog = b"1 0 obj << /Type /Catalog /Pages 2 0 R " + action + b" >> endobj\n"
    return b"%PDF-1.4\n" + catalog + b"2 0 obj << /Type /Pages /Count 0 >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def svg() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"


def _with(png_file: bytes, chunks: bytes) -> bytes:
    """A PNG with more chunks after its head."""
    return png_file[:33] + chunks + png_file[33:]


def noted() -> bytes:
    """A PNG with texts in it."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", COMMENT.decode())
    info.add_itxt("GPS", GPS.decode())
    return picture("PNG", pnginfo=info)


def _bytes(image: Image.Image, kind: str, **saved: object) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **saved)
    return target.getvalue()


# name -> maker, the ending it claims, and the codes with which it may be refused
REFUSED: dict[str, tuple[Callable[[], bytes], str, set[str]]] = {
    "HTML named .png": (lambda: b"<!doctype html>" + SCRIPT, "png", {"wrong_type"}),
    "SVG named .png": (svg, "png", {"wrong_type"}),
    "SVG named .jpg": (svg, "jpg", {"wrong_type"}),
    "HTML named .pdf": (lambda: SCRIPT + pdf(), "pdf", {"wrong_type"}),
    "a GIF named .jpg": (lambda: picture("GIF", mode="P"), "jpg", {"wrong_type"}),
    "a TIFF named .jpg": (lambda: picture("TIFF"), "jpg", {"wrong_type"}),
    "an AVIF named .jpg": (lambda: picture("AVIF"), "jpg", {"wrong_type"}),
    "a PNG named .jpg": (lambda: picture("PNG"), "jpg", {"wrong_type"}),
    "a program named .pdf": (lambda: b"MZ\x90\0" * 100, "pdf", {"wrong_type"}),
    "a zip bomb named .docx": (lambda: zipped({"0": b"\0" * 50_000_000}), "docx", {"wrong_type"}),
    "a zip bomb named .png": (lambda: zipped({"0": b"\0" * 50_000_000}), "png", {"wrong_type"}),
    "a docx with macros": (lambda: office(**{"word/vbaProject.bin": b"x"}), "docx", {"macros"}),
    "a docx with a password": (lambda: ole("EncryptedPackage"), "docx", {"protected"}),
    "an xlsx named .docx": (lambda: office("xl"), "docx", {"wrong_type"}),
    "a broken zip named .docx": (lambda: office()[:60], "docx", {"wrong_type"}),
    "a PDF cut off": (lambda: pdf()[:-10], "pdf", {"cut_off"}),
    "a JPEG cut off": (lambda: picture(size=(640, 480))[:-2000], "jpg", {"broken_picture"}),
    "a PNG cut off": (lambda: picture("PNG", (640, 480))[:400], "png", {"broken_picture"}),
    "a PNG head alone": (lambda: png(8, 8)[:33], "png", {"broken_picture"}),
    "a WebP cut off": (lambda: picture("WEBP", (640, 480), lossless=True)[:-20], "webp", {"broken_picture"}),
    "a PNG of no size": (lambda: png(0, 0), "png", {"broken_picture"}),
    "a PNG of 400 million pixels": (lambda: png(20_000, 20_000), "png", {"too_many_pixels"}),
    "a PNG of 60 million pixels": (lambda: png(10_000, 6_000, 2, 8), "png", {"too_many_pixels"}),
    "a PNG with a bomb as its text": (text_bomb, "png", {"broken_picture"}),
    "a JPEG that lies of its size": (lying_sizes, "jpg", {"too_many_pixels", "broken_picture"}),
    "a JPEG of many parts that lies of its size": (
        lambda: lying_sizes(15_000, progressive=True),
        "jpg",
        {"too_many_pixels"},
    ),
    "nothing": (lambda: b"", "pdf", {"wrong_type"}),
    "noise": (lambda: bytes(range(256)) * 40, "png", {"wrong_type"}),
}
# Odd, and yet what they say.
ACCEPTED: dict[str, tuple[Callable[[], bytes], str]] = {
    "a photograph": (photograph, "jpg"),
    "a JPEG with a zip file after it": (lambda: picture() + zipped({"a": b"b"}), "jpg"),
    "a JPEG with HTML in its comment": (lambda: picture(comment=SCRIPT), "jpg"),
    "a JPEG in CMYK": (lambda: picture(mode="CMYK"), "jpg"),
    "a grey JPEG": (lambda: picture(mode="L"), "jpg"),
    "a JPEG of 20,000 by 20 pixels": (lambda: picture(size=(20_000, 20)), "jpg"),
    "a JPEG of 20,000 by 2,500 pixels": (lambda: picture(size=(20_000, 2_500)), "jpg"),
    "a JPEG of 20 by 20,000 pixels": (lambda: picture(size=(20, 20_000)), "jpg"),
    "a JPEG of 100 million pixels": (lambda: picture(size=(12_500, 8_000)), "jpg"),
    "a PNG of 40 million pixels": (lambda: png(8_000, 5_000, 6, 8), "png"),
    "a PNG of 16 bits": (lambda: png(64, 64, 0, 16), "png"),
    "a PNG with fewer rows than it says": (lambda: png(500, 500, 2, 8, rows=100), "png"),
    "a PNG with texts": (noted, "png"),
    "a PNG with a palette": (lambda: picture("PNG", mode="P", transparency=1), "png"),
    "a PNG in black and white": (lambda: picture("PNG", mode="1"), "png"),
    "a PNG that is see-through": (lambda: picture("PNG", mode="LA"), "png"),
    "a JPEG with a broken profile": (lambda: picture(icc_profile=b"no profile at all"), "jpg"),
    "a JPEG with broken EXIF": (lambda: picture(exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), "jpg"),
    "a WebP of 20 million pixels": (lambda: picture("WEBP", (5000, 4000), quality=50, method=0), "webp"),
    "a WebP": (lambda: picture("WEBP"), "webp"),
    "a PDF with a script": (lambda: pdf(b"app.alert(1)"), "pdf"),
    "a PDF with a zip file after it": (lambda: pdf() + zipped({"a": b"b"}) + b"%%EOF", "pdf"),
    "a docx": (office, "docx"),
    "a docx with a bomb in it": (lambda: office(**{"word/a": b"\0" * 50_000_000}), "docx"),
    "a docx with very many names": (many_names, "docx"),
    "an xlsx": (lambda: office("xl"), "xlsx"),
    "a pptx": (lambda: office("ppt"), "pptx"),
    "an old Word file": (lambda: ole("WordDocument"), "doc"),
    "a film": (lambda: b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + b"\0" * 50, "mp4"),
}
