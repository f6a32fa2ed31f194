"""An entrant in a browser: begins, fills control by control, uploads. Says nothing of what must come of it."""

import io
import itertools
from typing import Any

from halls import Server
from PIL import Image
from playwright.sync_api import Page, expect
from pypdf import PdfWriter

QINGDAO, JINAN = "qingdao-2020", "jinan-2021"
ENTRANTS = itertools.count(1)  # a mailbox gets few mails an hour
Answers = dict[str, Any]
File = dict[str, Any]


def begun(server: Server, page: Page, edition: str = QINGDAO, email: str = "") -> str:
    """Begin a draft as an entrant would, with a mailbox of their own if none is named; its private link."""
    page.goto(f"{server.url}/{edition}/apply/")
    page.locator("#email").fill(email or f"lin{next(ENTRANTS)}@example.org")
    page.get_by_role("button", name="开始填写").click()
    expect(page.locator("#sheet")).to_be_visible()
    saved(page)
    return page.url


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_contain_text("已保存")


def field(page: Page, key: str) -> Any:
    return page.locator(f'#sheet .field[data-path="{key}"]')


def picture(number: int) -> File:
    """A small JPEG unlike any other."""
    held = io.BytesIO()
    Image.new("RGB", (64, 48), (number * 20 % 256, 90, 110)).save(held, "JPEG")
    return {"name": f"图{number}.jpg", "mimeType": "image/jpeg", "buffer": held.getvalue()}


def scan(name: str) -> File:
    """A PDF of one empty page that bears its name."""
    held, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_metadata({"/Title": name})
    writer.write(held)
    return {"name": name, "mimeType": "application/pdf", "buffer": held.getvalue()}


def upload(page: Page, key: str, *files: File) -> None:
    """Upload them, and wait until each was looked into."""
    place = field(page, key)
    known = place.locator(".files li").count()
    place.locator("input[type=file]").set_input_files(list(files))
    expect(place.locator(".files li")).to_have_count(known + len(files))
    expect(place.locator("progress")).to_have_count(0)
    expect(place.locator(".failed")).to_have_count(0)


def fill(page: Page, answers: Answers) -> None:
    """Everything but the uploads, control by control."""
    for key, value in answers.items():
        if key != "consents":
            _fill(field(page, key), value)
    for code, given in answers["consents"].items():
        page.locator(f"#c-{code}").set_checked(given)


def _fill(place: Any, value: Any) -> None:
    control = place.get_attribute("data-control")
    if control == "list":
        place.locator("select").select_option(value)
    elif control in {"radios", "boxes"}:
        for code in [value] if isinstance(value, str) else value:
            place.locator(f'input[value="{code}"]').check()
    elif control == "months":
        for end in ("from", "to"):
            place.locator(f"[data-end={end}]").fill(value[end])
    elif control == "rows":
        _fill_rows(place, value)
    else:
        place.locator(".in").fill(str(value))


def _fill_rows(place: Any, rows: list[Answers]) -> None:
    for number, row in enumerate(rows):
        if number:
            place.get_by_role("button", name="增加一行").click()
        for key, cell in row.items():
            _fill(place.locator("ol > li").nth(number).locator(f'[data-key="{key}"]'), cell)


def upload_all(page: Page, answers: Answers) -> None:
    for key, value in answers.items():
        if isinstance(value, list) and value and "digest" in value[0]:
            of_pictures = value[0]["type"].startswith("image/") and key == "pictures"
            files = [picture(n) if of_pictures else scan(f"{key}{n}.pdf") for n in range(len(value))]
            upload(page, key, *files)


def typed(answers: Answers) -> Answers:
    """The answers that are typed or chosen."""
    return {
        key: value
        for key, value in answers.items()
        if key == "consents" or not (isinstance(value, list) and value and "digest" in value[0])
    }
