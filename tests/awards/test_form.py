"""form.toml: read whole, all faults at once, each at its line."""

from pathlib import Path

import pytest

from awards.content import load, load_all
from awards.form import parse_form
from awards.formmodel import Condition, FieldKind
from awards.tables import Source

ROOT = Path(__file__).parent.parent.parent
REAL = ("qingdao-2017", "qingdao-2019", "qingdao-2020", "jinan-2021", "ccace-2021")
FORMS = {edition: load(ROOT / "content" / "editions" / edition)[0].form for edition in REAL}

RIGHT = """\
title = "表"
title_en = "Form"

[case]
title = "title"
story = ["story"]

[roles]
unit = "uscc"

[declaration]
title = { zh = "承诺书", en = "Declaration" }
to = { zh = "致{title}", en = "To {title}" }
text.zh = ["{title}属实。"]
text.en = ["{title} is true."]

[summary]
title = { zh = "汇总表", en = "Summary" }
[[summary.columns]]
label = { zh = "项目", en = "Project" }
fields = ["title", "uscc"]

[paper]
points = 14
contents = true
cover = ["title"]

[[sections]]
key = "one"
label = { zh = "一", en = "One" }
[[sections]]
key = "two"
label = { zh = "二", en = "Two" }

[[fields]]
section = "one"
key = "title"
label = { zh = "名称", en = "Title" }
kind = "text"
public = true
[[fields]]
section = "one"
key = "area"
label = { zh = "领域", en = "Area" }
kind = "choice"
choices = [
  { code = "a", zh = "甲", en = "A" },
  { code = "other", zh = "其他", en = "Other", namely = "area_other" },
]
[[fields]]
section = "one"
key = "area_other"
label = { zh = "其他", en = "Other" }
kind = "text"
required = true
asked_if = { field = "area", is = ["other"] }
[[fields]]
section = "two"
key = "uscc"
label = { zh = "代码", en = "Code" }
kind = "uscc"
[[fields]]
section = "two"
key = "story"
label = { zh = "介绍", en = "Story" }
kind = "long_text"
limit = 200
minimum = 10
public = true
help = { zh = "请写", en = "Write" }
[[fields]]
section = "two"
key = "team"
label = { zh = "成员", en = "Team" }
kind = "rows"
count = 5
[[fields.columns]]
key = "name"
label = { zh = "姓名", en = "Name" }
kind = "text"
required = true
personal = true
"""


def findings(text: str) -> list[tuple[str, int, str]]:
    source = Source("form.toml", text)
    parse_form(source)
    return [(finding.key, finding.line, finding.found) for finding in sorted(source.findings)]


def planted(old: str, new: str) -> list[str]:
    """The keys of what is found after one change, which must stand in the text."""
    assert old in RIGHT
    return [key for key, _, _ in findings(RIGHT.replace(old, new))]


def test_a_right_form_is_read_whole():
    source = Source("form.toml", RIGHT)
    form = parse_form(source)
    assert source.findings == []
    assert [asked.kind.value for asked in form.fields] == ["text", "choice", "text", "uscc", "long_text", "rows"]
    other = form.find("area_other")
    assert other is not None
    assert other.asked_if == Condition("area", ("other",))
    assert [column.key for column in form.fields[5].columns] == ["name"]
    assert (form.case.title, form.case.story, form.roles.unit) == ("title", ("story",), "uscc")
    assert (form.paper.points, form.paper.contents, form.paper.cover) == (14, True, ("title",))
    assert form.summary is not None
    assert form.summary.columns[0].fields == ("title", "uscc")
    assert form.declaration is not None
    assert form.declaration.text_zh == ("{title}属实。",)


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ('unit = "uscc"', 'unit = "title"', ["roles.unit"]),
        ('unit = "uscc"', 'unite = "uscc"', ["roles.unite"]),
        ('story = ["story"]', 'story = ["nowhere"]', ["case.story"]),
        ("minimum = 10\npublic = true", "minimum = 10", ["case.story"]),
        ("minimum = 10", "minimum = 300", ["fields[4].minimum"]),
        ("属实", "{nobody}属实", ["declaration.text"]),
        ('text.en = ["{title} is true."]', "", ["declaration.text.en"]),
        ('fields = ["title", "uscc"]', 'fields = ["title", "code"]', ["summary.columns[0].fields"]),
        ('cover = ["title"]', 'cover = ["cover"]', ["paper.cover"]),
        ('section = "one"\nkey = "title"', 'key = "title"', ["fields[0].section"]),
        ('section = "two"\nkey = "story"', 'section = "one"\nkey = "story"', ["fields[4].section"]),
        ('is = ["other"]', 'is = ["nothing"]', ["fields[1].choices[1].namely", "fields[2].asked_if.is"]),
        ('{ field = "area"', '{ field = "team"', ["fields[1].choices[1].namely", "fields[2].asked_if.field"]),
        ('code = "other"', 'code = "a"', None),
        ('key = "name"', 'key = "name"\ncount = 3', ["fields[5].columns[0].count"]),
        ('kind = "uscc"', 'kind = "uscc"\npublic = true', ["fields[3].public"]),
        ("personal = true", "personal = true\npublic = true", None),
        ('key = "uscc"', 'key = "consents"', None),
        ('kind = "rows"\ncount = 5', 'kind = "rows"\npublic = true', ["fields[5].public"]),
        ('kind = "rows"\ncount = 5', 'kind = "text"', ["fields[5].columns"]),
        ('help = { zh = "请写", en = "Write" }', 'help = "请写"', ["fields[4].help"]),
        ('kind = "text"\npublic', 'kind = "file"\npublic', None),
    ],
)
def test_what_does_not_fit_is_told(old, new, keys):
    found = planted(old, new)
    assert found if keys is None else found == keys


def test_all_faults_are_told_at_once_each_at_its_line():
    text = RIGHT.replace("points = 14", "points = 99").replace("count = 5", "count = 500")
    text = text.replace('kind = "uscc"', 'kind = "uscx"')
    lines = text.split("\n")
    found = findings(text)
    assert [key for key, _, _ in found] == [
        "roles.unit",
        "paper.points",
        "fields[3].kind",
        "fields[5].count",
    ]
    assert [lines[line - 1] for _, line, _ in found] == [
        'unit = "uscc"',
        "points = 99",
        'kind = "uscx"',
        "count = 500",
    ]


def test_the_forms_of_all_editions_have_no_finding():
    _, found = load_all(ROOT / "content" / "editions")
    assert [finding for finding in found if finding.path.endswith("form.toml")] == []


@pytest.mark.parametrize("edition", REAL)
def test_nothing_that_reaches_a_person_is_public(edition):
    shown = [asked for asked in FORMS[edition].fields if asked.public]
    assert shown
    assert [asked.key for asked in shown if asked.personal or asked.kind.reaches] == []


@pytest.mark.parametrize(
    ("edition", "key", "limit"),
    [
        ("jinan-2021", "entrant_summary", 200),
        ("jinan-2021", "summary", 800),
        ("ccace-2021", "content", 1500),
        ("ccace-2021", "architecture", 1500),
    ],
)
def test_the_limits_are_those_of_the_official_forms(edition, key, limit):
    asked = FORMS[edition].find(key)
    assert asked is not None
    assert asked.limit == limit


def test_jinan_files_its_summary_with_the_columns_of_annex_2():
    summary = FORMS["jinan-2021"].summary
    assert summary is not None
    assert [column.label_zh for column in summary.columns] == [
        "项目名称",
        "是否市财政投资",
        "投资主体名称",
        "参赛单位名称",
        "统一社会信用代码",
        "参赛类别",
        "投资金额（单位：万元）",
        "参赛单位联系人",
        "办公电话和手机号",
    ]


def test_jinan_asks_each_indicator_of_the_performance_table():
    tables = [asked for asked in FORMS["jinan-2021"].fields if asked.key.endswith("_indicators")]
    assert [[choice.label_zh for choice in table.columns[0].choices][:-1] for table in tables] == [
        ["数量指标", "质量指标", "时效指标", "成本指标"],
        ["经济效益指标", "社会效益指标", "生态效益指标", "可持续影响指标"],
        ["具体指标"],
    ]


def test_qingdao_2020_asks_for_four_pictures_no_fewer():
    pictures = FORMS["qingdao-2020"].find("pictures")
    assert pictures is not None
    assert (pictures.kind, pictures.fewest, pictures.count) == (FieldKind.PICTURE, 4, 4)
