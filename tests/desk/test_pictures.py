"""The pictures that are shown: upright, in sRGB, in three widths, nothing left of where and by what they were taken."""

import io
import resource
import shutil
from pathlib import Path

import hostile
import pytest
from PIL import Image, ImageCms
from rich.console import Console

from awards import content
from awards.errors import PingxuanError
from desk import pictures

CONSOLE = Console(file=io.StringIO())
RED, BLUE = (220, 0, 0), (0, 0, 220)
SECRETS = (hostile.MAKER, hostile.GPS, hostile.COMMENT, b"secret xmp", b"Maker of cameras", b"ICC_PROFILE", b"ICCP")
SECRETS += (b"Exif", b"EXIF", b"http://ns.adobe.com", b"XMP ", b"Photoshop", b"MPF\0")


def derive(folder: Path, data: bytes):
    (folder / "sent").write_bytes(data)
    return pictures.derive(folder / "sent")


def pixels(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def near(found, meant) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(found, meant, strict=True))


def test_of_a_large_picture_come_a_jpeg_and_three_widths_named_by_what_they_hold(tmp_path):
    shown, files = derive(tmp_path, hostile.picture(size=(4000, 3000)))
    stem = shown.file.removesuffix(".jpg")
    assert (len(stem), set(stem) <= set("0123456789abcdef")) == (16, True)
    sizes = {name.removeprefix(stem): Image.open(io.BytesIO(data)).size for name, data in files.items()}
    large = (1600, 1200)
    assert sizes == {".jpg": large, "-480.webp": (480, 360), "-960.webp": (960, 720), "-1600.webp": large}
    assert (shown.width, shown.height, shown.files) == (*large, tuple(files))


def test_the_same_picture_gives_the_same_bytes_and_another_gives_others(tmp_path):
    once, again = (derive(tmp_path, hostile.photograph(size=(1000, 800))) for _ in range(2))
    assert once == again
    assert once[0].file != derive(tmp_path, hostile.photograph(size=(1000, 801)))[0].file


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_upright_however_the_camera_was_held(tmp_path, orientation):
    upright = Image.open(io.BytesIO(hostile.picture(size=(2000, 1000))))
    turns = {2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]}  # what undoes each, in Pillow's numbers
    image = upright.convert("RGB")
    for turn in turns.get(orientation, []):
        image = image.transpose(turn)
    exif, target = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    image.save(target, "JPEG", exif=exif, quality=95)
    shown, files = derive(tmp_path, target.getvalue())
    assert (shown.width, shown.height) == (1600, 800)
    corner, opposite = (pixels(files[shown.file]).getpixel(at) for at in ((20, 20), (1580, 780)))
    assert (near(corner, RED), near(opposite, BLUE)) == (True, True)


def test_nothing_is_left_of_where_and_by_what_it_was_taken(tmp_path):
    sent = hostile.photograph(size=(1200, 900))
    assert [secret for secret in SECRETS[:6] if secret not in sent] == []  # it could leak
    for made in (sent, hostile.noted(), hostile.picture() + hostile.zipped({"a": hostile.GPS})):
        for name, data in derive(tmp_path, made)[1].items():
            assert [secret for secret in SECRETS if secret in data] == [], name
            with Image.open(io.BytesIO(data)) as image:
                assert dict(image.getexif()) == {}
                assert set(image.info) <= {
                    "jfif",
                    "jfif_version",
                    "jfif_unit",
                    "jfif_density",
                    "progressive",
                    "progression",
                } | {"loop", "background", "timestamp", "duration"}


def test_colours_are_those_that_the_files_own_profile_means(tmp_path):
    """A profile whose red is what all others call green."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"----").replace(b"gXYZ", b"rXYZ").replace(b"----", b"gXYZ")
    shown, files = derive(tmp_path, hostile.picture(icc_profile=swapped, quality=95))
    assert near(pixels(files[shown.file]).getpixel((5, 5)), (0, 220, 0))
    shown, files = derive(tmp_path, hostile.picture(icc_profile=profile, quality=95))
    assert near(pixels(files[shown.file]).getpixel((5, 5)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_every_mode_is_shown_in_its_own_lights_and_darks(tmp_path, mode):
    image = Image.new("L", (200, 100), 255)
    image.paste(0, (0, 0, 100, 100))
    if mode == "I;16":
        image = image.convert("I").point(lambda level: level * 257).convert("I;16")
    target = io.BytesIO()
    image.convert(mode).save(target, "JPEG" if mode == "CMYK" else "PNG")
    shown, files = derive(tmp_path, target.getvalue())
    left, right = (pixels(files[shown.file]).getpixel(at) for at in ((50, 50), (150, 50)))
    assert (near(left, (0, 0, 0)), near(right, (255, 255, 255))) == (True, True)


def test_deep_grey_is_not_washed_out(tmp_path):
    image = Image.new("I;16", (64, 64), 128 * 256)
    target = io.BytesIO()
    image.save(target, "PNG")
    shown, files = derive(tmp_path, target.getvalue())
    assert near(pixels(files[shown.file]).getpixel((30, 30)), (128, 128, 128))


def test_what_is_see_through_is_shown_on_white(tmp_path):
    target = io.BytesIO()
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(target, "PNG")
    _, files = derive(tmp_path, target.getvalue())
    assert all(near(pixels(data).getpixel((30, 30)), (255, 255, 255)) for data in files.values())


def test_a_small_picture_is_never_made_larger(tmp_path):
    shown, _ = derive(tmp_path, hostile.picture(size=(500, 300)))
    stem = shown.file[:16]
    assert shown.files == (f"{stem}.jpg", f"{stem}-480.webp", f"{stem}-500.webp")


@pytest.mark.parametrize(("size", "limits"), [((20_000, 20), (1600, 2)), ((20, 20_000), (3, 3200))])
def test_a_very_long_picture_keeps_its_shape(tmp_path, size, limits):
    shown, _ = derive(tmp_path, hostile.picture(size=size))
    assert (shown.width, shown.height) == limits


@pytest.mark.parametrize("name", [name for name, row in hostile.REFUSED.items() if row[1] in ("jpg", "png", "webp")])
def test_what_is_no_picture_is_refused_or_shown_and_nothing_is_written_by_halves(tmp_path, name):
    (tmp_path / "sent").write_bytes(hostile.REFUSED[name][0]())
    if name == "a PNG named .jpg":  # names mean nothing here
        assert pictures.put(tmp_path / "sent", tmp_path / "shown").width == 64
        return
    with pytest.raises(PingxuanError, match="sent cannot be shown") as told:
        pictures.put(tmp_path / "sent", tmp_path / "shown")
    assert len(told.value.advice) > 20
    assert not (tmp_path / "shown").exists()


def test_an_edition_shows_what_was_put_into_its_folder(tmp_path):
    edition = tmp_path / "tiny"
    edition.mkdir()
    shutil.copy(Path(__file__).parent.parent / "editions" / "tiny" / "edition.toml", edition)
    (tmp_path / "sent").write_bytes(hostile.photograph())
    shown = pictures.put(tmp_path / "sent", edition / "pictures")
    (edition / "cases").mkdir()
    front = f'title = "停车"\ncategory = "b"\npictures = [ {{ file = "{shown.file}", alt = "图" }} ]\n'
    (edition / "cases" / "2026-b-002.md").write_text(f"+++\n{front}+++\n正文\n", encoding="utf-8")
    loaded, findings = content.load(edition)
    assert [each for each in findings if "picture" in each.key] == []
    assert [picture.file for case in loaded.cases for picture in case.pictures] == [shown.file]
    again = {path: path.stat().st_mtime_ns for path in (edition / "pictures").iterdir()}
    assert pictures.put(tmp_path / "sent", edition / "pictures") == shown
    assert {path: path.stat().st_mtime_ns for path in (edition / "pictures").iterdir()} == again
    assert sorted(path.name for path in again) == sorted(shown.files)


def test_of_many_each_is_shown_or_told_why_not_and_memory_stays_flat(tmp_path):
    sent = []
    for number in range(24):
        sent.append(tmp_path / f"{number}")
        sent[-1].write_bytes(hostile.svg() if number % 6 == 5 else hostile.picture(size=(1800 + number, 1200)))
    pictures.put_all(sent[:4], tmp_path / "shown", CONSOLE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = pictures.put_all(sent, tmp_path / "shown", CONSOLE)
    assert list(done) == sent
    failed = [path.name for path, each in done.items() if isinstance(each, PingxuanError)]
    assert failed == ["5", "11", "17", "23"]
    names = {name for each in done.values() if not isinstance(each, PingxuanError) for name in each.files}
    assert {path.name for path in (tmp_path / "shown").iterdir()} == names
    assert len(names) == 20 * 4
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KB: less than one picture decoded


def test_every_file_of_the_image_collection_is_cleaned_or_refused(shared, tmp_path):
    sent = [path for path in sorted((shared / "data" / "images").rglob("*")) if path.is_file()]
    done = pictures.put_all(sent, tmp_path, CONSOLE)
    refused = [each for each in done.values() if isinstance(each, PingxuanError)]
    assert all(each.advice for each in refused)
    assert (len(done) - len(refused) > 50, len(refused) > 30) == (True, True)
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        with Image.open(path) as image:
            assert (dict(image.getexif()), image.mode) == ({}, "RGB"), path.name
            assert not {"exif", "xmp", "icc_profile", "comment", "photoshop", "mp"} & set(image.info), path.name
        assert [secret for secret in (b"GPS", b"Apple", b"Canon", b"NIKON", b"ICC_PROFILE") if secret in data] == []
