"""A submission held against its form: complete or not, clean, and who may see what."""

import json
import random
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import submissions
from hypothesis import given, settings
from hypothesis import strategies as st

from awards import cleaning, views
from awards.content import load
from awards.drafts import kept
from awards.form import parse_form
from awards.model import Category, Consent, Field
from awards.numbers import Months
from awards.submission import Facts, Finality, asked, check, facts_of, plain
from awards.tables import Source
from awards.uploads import Upload, file_name

ROOT = Path(__file__).parent.parent.parent
LOADED = {name: load(ROOT / "content" / "editions" / name)[0] for name in submissions.EDITIONS}
CALM = settings(deadline=None)  # a busy machine is no fault
DRAFT, SUBMISSION = Finality.DRAFT, Finality.SUBMISSION

AB = '{ code = "a", zh = "甲", en = "A" }, { code = "b", zh = "乙", en = "B" }'
IF_B = 'asked_if = { field = "choice", is = ["b"] }'
SMALL = Source(
    "small/form.toml",
    "\n".join(
        f'[[fields]]\nkey = "{kind}"\nlabel = {{ zh = "{kind}", en = "{kind}" }}\nkind = "{kind}"\n{more}'
        for kind, more in {
            "text": "required = true\nlimit = 10\npublic = true",
            "long_text": "required = true\nlimit = 20\nminimum = 3\npublic = true",
            "choice": f"choices = [{AB}]\npublic = true",
            "choices": 'choices_from = "categories"\ncount = 2',
            "number": f'required = true\nunit = "%"\nlowest = 0\nhighest = 100\n{IF_B}',
            "money": "lowest = 0",
            "date": "public = true",
            "months": "",
            "phone": "required = true\npersonal = true",
            "email": "personal = true",
            "uscc": "identifying = true",
            "file": "required = true\nmegabytes = 1",
            "picture": "count = 4\nfewest = 2\npublic = true",
            "rows": "count = 3\npublic = true",
        }.items()
    )
    + """
[[fields.columns]]
key = "name"
label = { zh = "姓名", en = "Name" }
kind = "text"
required = true
personal = true
[[fields.columns]]
key = "work"
label = { zh = "工作", en = "Work" }
kind = "text"
limit = 5
public = true
[[fields.columns]]
key = "employer"
label = { zh = "单位", en = "Employer" }
kind = "text"
identifying = true
[[fields.columns]]
key = "days"
label = { zh = "天数", en = "Days" }
kind = "number"
""",
)
FORM = parse_form(Source(SMALL.path, 'title = "t"\n[case]\nin_operation = "date"\n' + SMALL.text))
CATEGORIES = (Category("cy", "产业", (Field("a", "甲"),)), Category("ms", "民生", ()))
CONSENTS = (Consent("publication", "同意公开。", "required"), Consent("news", "收消息。", "opt_in"))
FACTS = Facts(CATEGORIES, (*CONSENTS, Consent("show", "参加推广。", "opt_out")), date(2020, 5, 31))
GOOD = {
    "text": "一个名称",
    "long_text": "第一行\r\n第二行",
    "choice": "b",
    "choices": ["ms", "cy"],
    "number": "３５．５％",
    "money": "1,200.50万元",
    "date": "2019年8月30日",
    "months": {"from": "2019-03", "to": "2020年6月"},
    "phone": "（0532）8591 0000",
    "email": "A.Lin@EXAMPLE.org",
    "uscc": "91370200ma3fxtn01p",
    "file": [submissions.upload("表.pdf")],
    "picture": submissions.pictures(2),
    "rows": [{"name": "林示例", "work": "设计"}, {}],
    "consents": {"publication": True, "show": None},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["a", "b", "cy", "2020-01"]),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["from", "to", "name", "x"]) | st.text(), inner)
    ),
    max_leaves=12,
)
ANSWERS = JSON | st.dictionaries(st.sampled_from([*GOOD, "other"]), JSON)
MIXED = st.dictionaries(st.sampled_from([*GOOD]), JSON).map(lambda some: {**GOOD, **some})


def codes(faults) -> dict[str, str]:
    return {fault.path: fault.code for fault in faults}


def found(**answers) -> dict[str, str]:
    """The faults of the good answers with these instead."""
    return codes(check(FORM, {**GOOD, **answers}, FACTS, SUBMISSION).faults)


def value(key: str, answer: object) -> object:
    """The typed value of one answer in a draft, which must be right."""
    checked = check(FORM, {"choice": "b", key: answer}, FACTS, DRAFT)
    assert checked.faults == ()
    return checked.values.get(key)


def test_right_answers_become_typed_values():
    checked = check(FORM, GOOD, FACTS, SUBMISSION)
    assert checked.faults == ()
    assert checked.values == {
        "text": "一个名称",
        "long_text": "第一行\n第二行",
        "choice": "b",
        "choices": ("cy", "ms"),
        "number": Decimal("35.5"),
        "money": Decimal("1200.5"),
        "date": date(2019, 8, 30),
        "months": Months(date(2019, 3, 1), date(2020, 6, 1)),
        "phone": "0532-85910000",
        "email": "A.Lin@example.org",
        "uscc": submissions.COMPANY,
        "file": (Upload(**submissions.upload("表.pdf")),),
        "picture": tuple(Upload(**picture) for picture in submissions.pictures(2)),
        "rows": ({"name": "林示例", "work": "设计"},),
    }
    assert checked.consents == {"publication": True, "news": False, "show": True}


def test_every_fault_of_a_bad_submission_is_told_at_once_in_both_languages():
    bad = {
        "text": "这个名称超过了十个字了",
        "long_text": "短",
        "choice": "c",
        "choices": ["cy", "xx"],
        "money": "-1",
        "date": "2019-02-30",
        "months": {"from": "2020-06", "to": "2019-03"},
        "phone": "66602617",
        "email": "lin@",
        "uscc": "91370200MA3FXTN011",
        "picture": submissions.pictures(1),
        "rows": [{"work": "设计"}, {"name": "林", "work": "这一栏也太长了"}],
        "consents": {"publication": False},
        "strange": 1,
    }
    faults = check(FORM, bad, FACTS, SUBMISSION).faults
    in_the_forms_order = {
        "": "unknown",
        "text": "too_long",
        "long_text": "too_short",
        "choice": "malformed",
        "choices": "malformed",
        "money": "malformed",
        "date": "malformed",
        "months": "malformed",
        "phone": "malformed",
        "email": "malformed",
        "uscc": "malformed",
        "file": "missing",
        "picture": "too_few",
        "rows[1].work": "too_long",
        "rows[0].name": "missing",  # what is wrong in a field stands before what is missing in it
        "consents.publication": "missing",
    }
    assert list(codes(faults).items()) == list(in_the_forms_order.items())
    assert all(fault.zh and fault.en for fault in faults)


def test_a_draft_may_lack_everything():
    checked = check(FORM, {}, FACTS, DRAFT)
    assert checked.faults == ()
    assert [fault.path for fault in checked.missing] == ["text", "long_text", "phone", "file", "consents.publication"]


def test_a_draft_may_not_be_malformed():
    assert codes(check(FORM, {"phone": "138"}, FACTS, DRAFT).faults) == {"phone": "malformed"}


def test_what_is_no_form_at_all_is_one_fault_and_all_that_is_missing():
    faults = check(FORM, ["title"], FACTS, SUBMISSION).faults
    assert [fault.code for fault in faults] == ["malformed", *["missing"] * 5]


@pytest.mark.parametrize("answer", ["", " \u3000\n", "\u200b\u202e", "\u3164", None, [], {}, "\u0301"])
def test_what_nobody_sees_is_no_answer(answer):
    assert found(text=answer) == {"text": "missing"}


def test_a_field_is_asked_only_if_the_other_one_says_so():
    checked = check(FORM, {**GOOD, "choice": "a", "number": "no number"}, FACTS, SUBMISSION)
    assert checked.faults == ()
    assert "number" not in checked.values
    assert "number" not in {field.key for field in asked(FORM, FACTS, checked.values)}
    assert found(number=None) == {"number": "missing"}


def test_a_field_is_chosen_within_its_category_and_not_asked_where_that_has_none():
    edition = LOADED["qingdao-2020"]
    answers, facts = submissions.complete(edition.id), facts_of(edition)
    strange = next(each for each in edition.categories if each.code != answers["category"]).fields[0].code
    faults = check(edition.form, answers | {"field": strange}, facts, SUBMISSION).faults
    assert codes(faults) == {"field": "malformed"}
    bare = replace(facts, categories=tuple(replace(each, fields=()) for each in facts.categories))
    checked = check(edition.form, answers, bare, SUBMISSION)
    assert (checked.faults, "field" in checked.values) == ((), False)


def test_a_case_that_came_into_operation_too_late_is_told():
    assert found(date="2020-05-31") == {}
    late = check(FORM, {**GOOD, "date": "2020-06-01"}, FACTS, SUBMISSION)
    assert (codes(late.faults), "date" in late.values) == ({"date": "malformed"}, False)


def test_a_story_of_ten_megabytes_is_refused_by_its_size():
    story = "\u0315\u0300" * 5_000_000
    started = time.perf_counter()
    assert found(long_text=story, text=story, phone=story, rows=[{"name": story}]) == {
        "long_text": "too_long",
        "text": "too_long",
        "phone": "too_long",
        "rows[0].name": "too_long",
    }
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("mark", ["\u0315\u0300", "\u0344", "\u0f73"])
def test_marks_piled_up_are_refused_before_they_are_sorted(mark):
    story = "a" + mark * (cleaning.MOST // 4)
    started = time.perf_counter()
    assert found(long_text=story) == {"long_text": "malformed"}
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("answer", "clean"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("e\u0301", "é"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("a\x00b\x1b[31m", "ab[31m"),
        (" 一\t二\n三 ", "一 二 三"),
        ("\ud800x", "x"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_a_text_is_cleaned_and_stays_text(answer, clean):
    assert value("text", answer) == clean


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\v"])
def test_a_long_text_keeps_its_lines_whatever_ends_them(end):
    assert value("long_text", f"第一行 {end}第二行") == "第一行\n第二行"


@pytest.mark.parametrize(
    ("answer", "clean"),
    [
        ("138 0000 0000", "13800000000"),
        ("+86-138-0000-0000", "13800000000"),
        ("１３８００００００００", "13800000000"),
        ("0532-85916914", "0532-85916914"),
        ("053285916914转801", "0532-85916914-801"),
        ("+86 532 8591 6914", "0532-85916914"),
        ("+86 411 8888 8888", "0411-88888888"),
        ("010—68200122", "010-68200122"),
        ("4001234567", "400-123-4567"),
        ("+852 2123 4567", "+85221234567"),
    ],
)
def test_a_telephone_number_has_one_form(answer, clean):
    assert value("phone", answer) == clean


@pytest.mark.parametrize(
    "answer",
    [
        "66602617",
        "1380000000",
        "138000000000",
        "12800000000",
        "+86 1380000000",
        "0532",
        "٠٥٣٢٨٥٩١٦٩١٤",
        "电话",
        13800000000,
        True,
    ],
)
def test_what_is_no_telephone_number_is_told(answer):
    assert found(phone=answer) == {"phone": "malformed"}


@pytest.mark.parametrize(
    "answer",
    [
        "a@b",
        "a b@example.org",
        "a@@example.org",
        ".a@example.org",
        "a@-x.org",
        "a" * 65 + "@example.org",
        "林@example.org",
    ],
)
def test_what_is_no_address_is_told(answer):
    assert found(email=answer) == {"email": "malformed"}


def test_every_wrong_character_of_a_credit_code_is_seen():
    for place, right in enumerate(submissions.COMPANY):
        wrong = "7" if right != "7" else "8"
        code = submissions.COMPANY[:place] + wrong + submissions.COMPANY[place + 1 :]
        assert found(uscc=code) == {"uscc": "malformed"}


@pytest.mark.parametrize(
    "answer",
    [
        "1e5",
        "12,34",
        "١٢",
        "NaN",
        float("nan"),
        float("inf"),
        pytest.param(10**5000, id="endless"),
        True,
        "12元",
        "0.1234567",
    ],
)
def test_what_is_no_figure_is_told(answer):
    assert found(money=answer) == {"money": "malformed"}


@pytest.mark.parametrize(
    ("answer", "clean"),
    [(0, "0"), (0.1, "0.1"), (1e3, "1000"), ("1,000", "1000"), ("１２．５０", "12.5"), ("12 万元", "12")],
)
def test_a_figure_is_exact(answer, clean):
    assert value("money", answer) == Decimal(clean)


@pytest.mark.parametrize("answer", ["101", "-1"])
def test_a_figure_outside_its_bounds_is_told(answer):
    assert found(number=answer) == {"number": "malformed"}


@pytest.mark.parametrize(
    "item",
    [
        "表.pdf",
        {**submissions.upload("表.pdf"), "key": "x"},
        {**submissions.upload("表.pdf"), "size": 0},
        {**submissions.upload("表.pdf"), "size": True},
        {**submissions.upload("表.pdf"), "digest": "x"},
        {**submissions.upload("表.pdf"), "type": "text/html"},
    ],
)
def test_what_names_no_upload_of_an_accepted_type_is_told(item):
    assert found(file=[item]).popitem()[1] == "malformed"


def test_too_many_and_too_large_uploads_and_one_given_twice_are_told():
    assert found(picture=submissions.pictures(5)) == {"picture": "too_many"}
    assert found(file=[submissions.upload("表.pdf", size=1_000_001)]) == {"file[0]": "too_long"}
    assert found(picture=submissions.pictures(1) * 2) == {"picture": "malformed"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../x.pdf", "x.pdf"),
        ("C:\\dir\\表.pdf", "表.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("\x00", "file"),
        ("..", "file"),
    ],
)
def test_the_name_of_an_upload_is_no_path(name, shown):
    assert file_name(name) == shown
    assert len(file_name("长" * 300 + ".pdf")) <= 200
    assert file_name("长" * 300 + ".pdf").endswith(".pdf")


@CALM
@given(ANSWERS | MIXED, st.sampled_from(Finality))
def test_whatever_json_holds_is_checked_without_a_crash(answers, finality):
    checked = check(FORM, answers, FACTS, finality)
    json.dumps(plain(checked), allow_nan=False).encode()
    assert all(fault.zh and fault.en and (fault.zh + fault.en).encode() for fault in checked.faults)


@CALM
@given(ANSWERS | MIXED)
def test_clean_answers_are_clean_when_checked_again(answers):
    once = check(FORM, answers, FACTS, DRAFT)
    again = check(FORM, json.loads(json.dumps(plain(once))), FACTS, DRAFT)
    assert (again.values, again.consents, again.faults) == (once.values, once.consents, ())


@CALM
@given(MIXED, st.randoms(use_true_random=False))
def test_the_order_of_keys_means_nothing(answers, shuffler):
    keys = list(answers)
    shuffler.shuffle(keys)
    assert check(FORM, {key: answers[key] for key in keys}, FACTS, SUBMISSION) == check(
        FORM, answers, FACTS, SUBMISSION
    )


@CALM
@given(ANSWERS | MIXED)
def test_a_draft_keeps_what_is_half_typed_and_what_is_right(answers):
    store = kept(FORM, answers)
    json.dumps(store, allow_nan=False).encode()
    assert kept(FORM, store) == store
    checked = check(FORM, answers, FACTS, DRAFT)
    if not checked.faults:
        assert check(FORM, store, FACTS, DRAFT) == checked


def test_a_draft_keeps_a_telephone_number_that_is_not_finished_and_nothing_that_no_store_could_hold():
    assert kept(FORM, {"text": "a" + "\u0344" * 20}) == {}  # twice as many marks once it is cleaned
    assert kept(FORM, {"phone": "138 00", "strange": 1, "long_text": "一\r\n二"}) == {
        "phone": "138 00",
        "long_text": "一\n二",
    }


@CALM
@given(MIXED)
def test_the_public_and_the_private_answers_are_all_there_are(answers):
    values = check(FORM, answers, FACTS, DRAFT).values
    for first, second in ((views.public, views.private), (views.identifying, views.anonymous)):
        one, other = first(FORM, values), second(FORM, values)
        assert {**one, **other}.keys() == values.keys()
        assert one.keys() & other.keys() <= {"rows"}


def test_the_hall_shows_the_public_answers_and_columns_alone():
    rows = [{"name": "林示例", "work": "设计", "employer": "示例公司", "days": 3}]
    values = check(FORM, {**GOOD, "rows": rows}, FACTS, SUBMISSION).values
    row = {"name": "林示例", "work": "设计", "employer": "示例公司", "days": Decimal(3)}
    assert values["rows"] == (row,)
    shown = views.public(FORM, values)
    assert list(shown) == ["text", "long_text", "choice", "date", "picture", "rows"]
    assert shown["rows"] == ({"work": "设计"},)
    assert views.private(FORM, values)["rows"] == ({"name": "林示例", "employer": "示例公司", "days": Decimal(3)},)
    assert views.identifying(FORM, values)["rows"] == ({"name": "林示例", "employer": "示例公司"},)
    assert views.anonymous(FORM, values)["rows"] == ({"work": "设计", "days": Decimal(3)},)
    assert {"phone", "email", "uscc"} <= views.identifying(FORM, values).keys()


@pytest.mark.parametrize("name", submissions.EDITIONS)
def test_a_plausible_submission_to_a_real_form_is_complete(name):
    edition, answers = LOADED[name], submissions.complete(name)
    checked = check(edition.form, answers, facts_of(edition), SUBMISSION)
    assert [fault.zh for fault in checked.faults] == []
    given_keys = {key for key, answer in answers.items() if answer != ""} - {"consents"}
    assert given_keys == checked.values.keys()


@pytest.mark.parametrize("name", submissions.EDITIONS)
def test_a_real_form_is_refused_without_any_one_of_its_required_fields(name):
    edition = LOADED[name]
    facts = facts_of(edition)
    values = check(edition.form, submissions.complete(name), facts, SUBMISSION).values
    required = [field.key for field in asked(edition.form, facts, values) if field.required]
    assert len(required) > 8
    for key in required:
        answers = submissions.complete(name)
        del answers[key]
        assert codes(check(edition.form, answers, facts, SUBMISSION).faults).get(key) == "missing"
        assert check(edition.form, answers, facts, DRAFT).faults == ()


@pytest.mark.parametrize("name", submissions.EDITIONS)
def test_a_real_form_is_refused_without_any_one_of_its_required_consents(name):
    edition = LOADED[name]
    required = [consent.code for consent in facts_of(edition).consents if consent.kind == "required"]
    assert "privacy" in required
    for code in required:
        answers = submissions.complete(name)
        del answers["consents"][code]
        faults = check(edition.form, answers, facts_of(edition), SUBMISSION).faults
        assert codes(faults) == {f"consents.{code}": "missing"}


@pytest.mark.parametrize("name", submissions.EDITIONS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_required_field_that_is_left_out_is_told_at_once(name, seed):
    edition, answers = LOADED[name], submissions.complete(name)
    facts = facts_of(edition)
    values = check(edition.form, answers, facts, SUBMISSION).values
    plain_fields = [field for field in asked(edition.form, facts, values) if field.required and not field.kind.chosen]
    left_out = set(random.Random(seed).sample([field.key for field in plain_fields], 5))
    faults = check(edition.form, {k: v for k, v in answers.items() if k not in left_out}, facts, SUBMISSION).faults
    assert {fault.path for fault in faults} == left_out
