"""Form and edition: what one needs of the other is told before anybody fills the form in."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from awards.content import load
from awards.fitting import gaps
from awards.formmodel import CaseFields, Roles

ROOT = Path(__file__).parent.parent.parent
EDITIONS = ROOT / "content" / "editions"
TINY = ROOT / "tests" / "editions" / "tiny"
REAL = ("qingdao-2017", "qingdao-2019", "qingdao-2020", "jinan-2021", "ccace-2021")


def keys(edition, **form) -> list[str]:
    return [key for key, _, _ in gaps(replace(edition, form=replace(edition.form, **form)))]


def test_a_rule_that_the_form_cannot_serve_is_told():
    tiny, jinan = load(TINY)[0], load(EDITIONS / "jinan-2021")[0]
    assert keys(tiny) == []
    assert keys(tiny, roles=Roles()) == ["roles.unit", "roles.parent"]
    assert keys(tiny, case=replace(tiny.form.case, in_operation="title"))[0] == "case.in_operation"
    assert keys(jinan, roles=replace(jinan.form.roles, recommended_by="")) == ["roles.recommended_by"]


def test_a_form_that_asks_for_no_category_or_for_others_is_told():
    jinan = load(EDITIONS / "jinan-2021")[0]
    assert "case.category" in keys(jinan, case=replace(jinan.form.case, category=""))
    assert keys(replace(jinan, categories=load(EDITIONS / "ccace-2021")[0].categories)) == ["case.category"]


def test_a_public_field_that_the_hall_would_not_show_is_told():
    tiny = load(TINY)[0]
    places = [asked.key for asked in tiny.form.fields].index("entrant")
    assert keys(tiny, case=replace(tiny.form.case, entrant="")) == [f"fields[{places}].public"]
    assert keys(tiny, case=replace(tiny.form.case, entrant="", facts=("entrant",))) == []


def test_an_edition_that_takes_no_submissions_needs_no_form_to_fit():
    tiny = load(TINY)[0]
    assert keys(replace(tiny, stages=tiny.stages[1:]), roles=Roles(), case=CaseFields()) == []


@pytest.mark.parametrize("edition", REAL)
def test_a_real_form_asks_what_the_rules_of_its_edition_need(edition):
    assert gaps(load(EDITIONS / edition)[0]) == []


def test_check_names_the_gap_at_its_line(tmp_path):
    folder = shutil.copytree(TINY, tmp_path / "tiny")
    file = folder / "form.toml"
    file.write_text(file.read_text("utf-8").replace('unit = "uscc"\n', ""), "utf-8")
    (found,) = load(folder)[1]
    line = file.read_text("utf-8").split("\n").index("[roles]") + 1
    assert (found.path, found.line, found.key, found.found) == ("tiny/form.toml", line, "roles.unit", "missing")
