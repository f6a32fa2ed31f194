"""The recommendation summary: annex 2's columns, and texts that are never formulas."""

import io
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import submissions

from awards.content import load
from awards.errors import PingxuanError
from desk import summaries

EDITIONS = Path(__file__).parents[2] / "content" / "editions"
ANNEX_2 = [
    "序号",
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


def edition(name):
    return load(EDITIONS / name)[0]


def sheet_of(*answers, body=""):
    document = summaries.summary_xlsx(edition("jinan-2021"), answers, body)
    return openpyxl.load_workbook(io.BytesIO(document)).worksheets[0]


def test_the_columns_are_those_of_annex_2_in_their_order():
    sheet = sheet_of(submissions.complete("jinan-2021"), body="示例高新区")
    assert [cell.value for cell in sheet[3]] == ANNEX_2
    assert [cell.value for cell in sheet[4]] == [
        "1",
        "设备联网与能耗管理平台",
        "否",
        "示例智造科技有限公司",
        "示例智造科技有限公司",
        submissions.JINAN,
        "其他；绿色低碳",
        "860",
        "吴示例",
        "0531-66600000；13800000000",
    ]
    assert sheet.cell(2, 1).value == "推荐单位（盖章）：示例高新区"


@pytest.mark.parametrize("typed", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")'])
def test_no_answer_is_a_formula(typed):
    sheet = sheet_of(submissions.complete("jinan-2021") | {"title": typed})
    cell = sheet.cell(4, 2)
    assert (cell.value, cell.data_type, cell.quotePrefix) == (typed, "s", True)


def test_the_same_submissions_give_the_same_bytes():
    answers = [submissions.complete("jinan-2021")] * 2
    found = edition("jinan-2021")
    assert summaries.summary_xlsx(found, answers) == summaries.summary_xlsx(found, answers)


def test_a_form_without_a_summary_says_where_to_add_one():
    with pytest.raises(PingxuanError, match="has no recommendation summary"):
        summaries.summary_xlsx(edition("ccace-2021"), [])


def test_an_english_edition_has_english_columns():
    english = replace(edition("jinan-2021"), language="en")
    document = summaries.summary_xlsx(english, [submissions.complete("jinan-2021")])
    sheet = openpyxl.load_workbook(io.BytesIO(document)).worksheets[0]
    assert [cell.value for cell in sheet[3]][:3] == ["No.", "Project", "Funded by the city"]
