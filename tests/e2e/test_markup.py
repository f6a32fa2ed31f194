"""Outsiders judge the pages: axe-core on accessibility, the W3C's checker on HTML, es-check on old browsers."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from engines import NODE_MODULES, needs
from halls import SCREENS, Server
from playwright.sync_api import Browser

STATIC = Path(__file__).parent.parent.parent / "theme" / "static"
PAGES = {
    "home": "/",
    "home in English": "/en/",
    "edition": "/qingdao-2020/",
    "edition in English": "/showcase-eu/",
    "listing": "/showcase-eu/cases/",
    "category": "/qingdao-2020/categories/{category}/",
    "case": "/qingdao-2020/cases/{case}/",
    "case in English": "/showcase-eu/cases/{eu_case}/",
    "withdrawn case": "/qingdao-2020/cases/{withdrawn}/",
    "notices": "/qingdao-2020/notices/",
    "notice": "{notice}",
    "rules": "/qingdao-2020/rules/",
    "rules in English": "/showcase-eu/rules/",
    "rules of a panel": "/ccace-2021/rules/",
    "search": "/showcase-zh/search/?q=智慧",
    "privacy": "/privacy/",
    "about": "/about/",
    "404": "/404.html",
}


@pytest.fixture(scope="session")
def addresses(site: Path) -> dict[str, str]:
    """The address of a page of each kind."""
    index = json.loads((site / "qingdao-2020/search.json").read_text("utf-8"))
    names = {
        "category": next(iter(index["categories"])),
        "case": next(row[0] for row in index["cases"] if row[5] == "shown"),
        "withdrawn": next(row[0] for row in index["cases"] if row[5] == "withdrawn"),
        "eu_case": json.loads((site / "showcase-eu/search.json").read_text("utf-8"))["cases"][0][0],
        "notice": f"/{next((site / 'qingdao-2020/notices').glob('*/')).relative_to(site)}/",
    }
    return {kind: path.format(**names) for kind, path in PAGES.items()}


@needs("chromium")
@pytest.mark.parametrize(("screen", "dark"), [("phone", False), ("desktop", True)], ids=["phone-light", "desktop-dark"])
def test_axe_finds_no_violation(
    serve: Callable[..., Server], browser: Browser, addresses: dict[str, str], screen: str, dark: bool
) -> None:
    server, axe = serve("2020-08-24T10:05:00+08:00"), Axe()
    context = browser.new_context(**SCREENS[screen], color_scheme="dark" if dark else "light", bypass_csp=True)
    page = context.new_page()
    found = {}
    for kind, address in addresses.items():
        page.goto(server.url + address, wait_until="networkidle")
        results = axe.run(page)
        found[kind] = [
            (each["id"], [node["html"] for node in each["nodes"]][:3]) for each in results.response["violations"]
        ]
    context.close()
    assert {kind: faults for kind, faults in found.items() if faults} == {}


@needs("npm", "java")
def test_the_w3c_checker_finds_no_error(site: Path, addresses: dict[str, str]) -> None:
    files = [str(site / path.split("?")[0].lstrip("/")) for path in addresses.values()]
    files = [file if file.endswith(".html") else f"{file}/index.html" for file in files]
    jar = next((NODE_MODULES / "vnu-jar").rglob("vnu.jar"))
    css = [str(path) for path in STATIC.glob("*.css")]
    checked = subprocess.run(
        ["java", "-jar", str(jar), "--errors-only", "--format", "json", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    messages = json.loads(checked.stderr)["messages"]
    assert css
    assert [(each.get("url", ""), each.get("lastLine"), each["message"]) for each in messages] == []


@needs("npm")
def test_scripts_are_es5(site: Path) -> None:
    scripts = sorted(str(path) for path in (site / "static").glob("*.js"))
    assert scripts
    done = subprocess.run(
        [str(NODE_MODULES / ".bin" / "es-check"), "es5", *scripts],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_case_page_is_light(site: Path, addresses: dict[str, str]) -> None:
    page = (site / addresses["case"].strip("/") / "index.html").read_bytes()
    assert len(page) <= 15_000
    names = [
        name.split("?")[0] for name in page.decode().split('"') if name.startswith("/static/") and ".svg" not in name
    ]
    assert sum((site / name.lstrip("/")).stat().st_size for name in names) <= 30_000


@needs("chromium")
@pytest.mark.parametrize("screen", SCREENS)
def test_no_page_is_wider_than_the_screen_or_breaks_its_policy(
    serve: Callable[..., Server], browser: Browser, addresses: dict[str, str], screen: str
) -> None:
    server = serve("2020-08-24T10:05:00+08:00")
    context = browser.new_context(**SCREENS[screen])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url} {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(f"{page.url} {error}"))
    wide = []
    for address in addresses.values():
        page.goto(server.url + address, wait_until="networkidle")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(address)
    context.close()
    assert (wide, said) == ([], [])
