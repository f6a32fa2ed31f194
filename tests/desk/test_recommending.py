"""Recommending bodies: each has its own link, and its summary lists what it recommends and nothing else."""

import io
from dataclasses import replace
from email import message_from_bytes
from email.policy import default

import openpyxl
import pytest
from arriving import Office
from chalicelib import mail_settings
from rich.console import Console

from awards.errors import PingxuanError
from desk import recommending


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path, "jinan-2021")


def submit(office, number, body, said=None, **answers):
    office.submit(number, shade=int(number[-1]) * 4, recommended_by=body, recommended_by_other="", **answers)
    before = office.place.store.draft("jinan-2021", f"draft-{number}")
    word = None if said is None else {"recommend": said, "reason": "x", "at": "2021-12-02T09:00:00+08:00", "by": body}
    assert office.place.store.replace(before, replace(before, recommended=word))


def test_each_body_has_a_link_of_its_own_that_stays_the_same(office):
    submit(office, "2021-0001", "lixia", said=True)
    submit(office, "2021-0002", "lixia")
    found = recommending.bodies(office.edition, office.place.store, "https://award.example.org/")
    links = {body.code: body.link for body in found}
    assert len(set(links.values())) == len(found) > 5
    assert links["lixia"].startswith("https://award.example.org/jinan-2021/recommending/#lixia.")
    assert found == recommending.bodies(office.edition, office.place.store, "https://award.example.org/")
    assert {body.code: (body.named, body.said) for body in found if body.named} == {"lixia": (2, 1)}


def test_the_summary_lists_what_the_body_recommends_in_order(office, tmp_path):
    submit(office, "2021-0003", "lixia", said=True, title="丙")
    submit(office, "2021-0001", "lixia", said=True, title="=甲")
    submit(office, "2021-0002", "lixia", said=False, title="乙")
    submit(office, "2021-0004", "lixia", title="丁")
    submit(office, "2021-0005", "huaiyin", said=True, title="戊")
    to = tmp_path / "summary.xlsx"
    said = recommending.summary(office.edition, office.place.store, "lixia", to)
    assert "2 recommended; left out: 1 not recommended, 1 not answered yet" in said
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(to).active.iter_rows(min_row=4)]
    assert [row[:2] for row in rows] == [["1", "=甲"], ["2", "丙"]]
    assert openpyxl.load_workbook(to).active["B4"].data_type == "s"


def test_a_body_that_is_none_and_an_edition_without_any_are_told(office, tmp_path):
    with pytest.raises(PingxuanError, match="no recommending body lixi"):
        recommending.summary(office.edition, office.place.store, "lixi", tmp_path / "a.xlsx")
    other = Office(tmp_path / "other", "qingdao-2020")
    with pytest.raises(PingxuanError, match="lists no recommending bodies"):
        recommending.bodies(other.edition, other.place.store, "https://example.org")


def test_a_link_is_mailed_to_its_body_after_it_was_shown(office):
    post = mail_settings.post_of({}, office.var)
    found = recommending.bodies(office.edition, office.place.store, "https://award.example.org")
    planned, said = recommending.addressed(found, ["lixia=office@example.org"]), io.StringIO()
    recommending.mail(office.edition, planned, post, Console(file=said, width=200), yes=False)
    assert planned[0][0].link in said.getvalue()
    assert "Nothing was mailed" in said.getvalue()
    assert not (office.var / "mail").exists()
    recommending.mail(office.edition, planned, post, Console(file=said, width=200), yes=True)
    (letter,) = [message_from_bytes(path.read_bytes(), policy=default) for path in (office.var / "mail").glob("*.eml")]
    assert letter["To"] == "office@example.org"
    assert planned[0][0].link in letter.get_content()


@pytest.mark.parametrize("word", ["lixi=office@example.org", "lixia", "lixia=", "lixia=office"])
def test_nobody_is_mailed_whose_name_or_address_is_wrong(office, word):
    found = recommending.bodies(office.edition, office.place.store, "https://award.example.org")
    with pytest.raises(PingxuanError, match="no recommending body"):
        recommending.addressed(found, ["lixia=office@example.org", word])
