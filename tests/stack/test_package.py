"""What travels to Lambda: everything that the functions need, once, and nothing else."""

import io
import zipfile
from pathlib import Path

from desk import packaging

ROOT = Path(__file__).parent.parent.parent


def names(code: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        return archive.namelist()


def ours(folder: str, *endings: str) -> set[str]:
    root = ROOT / folder
    found = (path for path in root.rglob("*") if path.suffix in endings and "__pycache__" not in path.parts)
    return {f"{root.name}/{path.relative_to(root).as_posix()}" for path in found}


def test_the_rules_are_in_it_once_and_whole(package):
    rules = [name for name in names(package("dev").code) if "awards/" in name]
    assert sorted(rules) == sorted(ours("awards", ".py"))


def test_chalicelib_is_in_it_with_its_templates(package):
    there = {name for name in names(package("dev").code) if name.startswith("chalicelib/")}
    assert there == ours("functions/chalicelib", ".py", ".html", ".docx", ".txt")
    assert "chalicelib/templates/receipt.html" in there


def test_beside_them_are_the_app_and_the_libraries_alone(package):
    tops = {name.partition("/")[0].partition("-")[0] for name in names(package("dev").code)}
    assert tops == {
        "app.py",
        "chalicelib",
        "awards",
        "chalice",
        "docx",
        "docxtpl",
        "jinja2",
        "lxml",
        "markupsafe",
        "pillow",
        "pillow.libs",
        "PIL",
        "puremagic",
        "python_docx",
        "stdnum",
        "python_stdnum",
        "typing_extensions",
        "typing_extensions.py",
        "tzdata",
    }


def test_the_libraries_are_those_of_the_lock(package):
    with zipfile.ZipFile(io.BytesIO(package("dev").code)) as archive:
        told = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    versions = {  # names as PEP 503 compares them
        text.split("\nName: ")[1].split("\n")[0].lower().replace("_", "-"): text.split("\nVersion: ")[1].split()[0]
        for text in told
    }
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    libraries = {"docxtpl", "lxml", "pillow", "puremagic", "python-docx", "typing-extensions"}
    assert versions.keys() == {"jinja2", "markupsafe", "python-stdnum", "tzdata"} | libraries
    assert [name for name, version in versions.items() if f"\n{name}=={version} " not in lock] == []


def test_the_same_sources_make_the_same_bytes(package):
    assert packaging.package("dev", "us-east-1").name == package("dev").name
