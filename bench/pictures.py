"""What a picture costs when it is made to be shown: ours, each in a process with limits, beside plain Pillow's.

Both make three WebP widths and a JPEG of photographs of 12 megapixels. Plain Pillow opens, turns, makes smaller and
saves, in one process that nothing bounds, and keeps the file's profile and whatever else Pillow keeps. Each runs in a
program of its own, so that its memory is its own; ours is also run as `publish.py screen` runs it, as many at once as
there are processors. A thousand submissions: --submissions 1000.
"""

import argparse
import io
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]

from PIL import Image, ImageFilter, ImageOps  # noqa: E402 after the path is set
from rich.console import Console  # noqa: E402

from desk import pictures  # noqa: E402
from desk.deriving import JPEG, WEBP, WIDTHS  # noqa: E402

PICTURES = 4  # of one submission
VARIANTS = 4
PARTS = 4
SIZE = (4000, 3000)


def photograph(seed: int) -> bytes:
    """Something with as much detail as a photograph: blurred noise with grain, turned by EXIF."""
    chance = random.Random(seed)
    coarse = Image.frombytes("RGB", (200, 150), chance.randbytes(200 * 150 * 3)).filter(ImageFilter.GaussianBlur(2))
    grain = Image.frombytes("L", (1000, 750), chance.randbytes(1000 * 750)).resize(SIZE)
    smooth = coarse.resize(SIZE, Image.Resampling.BICUBIC)
    exif, target = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    Image.blend(smooth, grain.convert("RGB"), 0.08).save(target, "JPEG", quality=90, exif=exif)
    return target.getvalue()


def plain(picture: Path, folder: Path) -> None:
    """As one would write it in a few lines."""
    with Image.open(picture) as sent:
        image = ImageOps.exif_transpose(sent).convert("RGB")
    for width in WIDTHS:
        small = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
        small.save(folder / f"{picture.name}-{width}.webp", **WEBP)
    small.save(folder / f"{picture.name}.jpg", **JPEG)


def ours(picture: Path, folder: Path) -> None:
    """One after the other."""
    pictures.put(picture, folder)


def together(sent: list[Path], folder: Path) -> None:
    """As screening does it."""
    pictures.put_all(sent, folder, Console(quiet=True))


def each(make: Callable[[Path, Path], None]) -> Callable[[list[Path], Path], None]:
    """A way of making one, for many."""
    return lambda sent, folder: [make(picture, folder) for picture in sent] and None


WAYS = {"plain Pillow": each(plain), "ours": each(ours), "ours, several at once": together}


def measure(way: str, sent: list[Path], folder: Path) -> dict[str, object]:
    """Seconds a picture, and memory: after each part, and at most of this program and of one that it started."""
    memory, start = [], time.perf_counter()
    size = -(-len(sent) // PARTS)
    for part in range(PARTS):
        WAYS[way](sent[part * size : (part + 1) * size], folder)
        memory.append(held())
    peaks = [held("VmHWM"), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]
    return {"seconds": (time.perf_counter() - start) / len(sent), "memory": memory, "peaks": peaks}


def held(figure: str = "VmRSS") -> float:
    """What this program holds now, in MB; VmHWM: held at most, where getrusage would count its parent's peak too."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(figure)) / 1024


def ask(way: str, folder: Path) -> dict[str, object]:
    """A measurement in a program of its own."""
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> int:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=5, help=f"with {PICTURES} pictures each (default 5)")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        with tempfile.TemporaryDirectory(prefix="pingxuan-bench-shown-") as shown:
            print(json.dumps(measure(options.way, sorted(options.folder.iterdir()), Path(shown))))
        return 0
    count = options.submissions * PICTURES
    with tempfile.TemporaryDirectory(prefix="pingxuan-bench-pictures-") as temporary:
        folder = Path(temporary)
        first = [folder / f"{number:05}" for number in range(min(VARIANTS, count))]
        for number, path in enumerate(first):
            path.write_bytes(photograph(number))
        for number in range(len(first), count):
            os.link(first[number % VARIANTS], folder / f"{number:05}")
        print(
            f"{count} photographs of {SIZE[0]} x {SIZE[1]}, {first[0].stat().st_size / 1e6:.1f} MB; seconds a picture"
        )
        base = 0.0
        for way in WAYS:
            found = ask(way, folder)
            base = base or found["seconds"]
            parts = ", ".join(f"{each:.0f}" for each in found["memory"])
            own, child = found["peaks"]
            told = f"{way:24}{found['seconds']:6.2f} s  {found['seconds'] / base:5.2f} of plain   "
            print(f"{told}MB held after each quarter: {parts}; at most {own:.0f}, one process of it {child:.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
