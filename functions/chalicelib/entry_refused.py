"""Why an entrant's request is refused, in both languages; answers.py has the table from code to status."""

from collections.abc import Iterable

from awards.answers import Fault
from awards.ballot import Refusal
from chalicelib.refused import RefusedError

REFUSALS = {
    code: Refusal(code, zh, en)
    for code, (zh, en) in {
        "no_such_edition": ("本厅不受理这一届的申报。", "No submissions of this edition are taken here."),
        "no_such_draft": (
            "没有这份申报，或链接不完整。请使用邮件里的完整链接。",
            "There is no such draft, or the link is not whole. Please use the whole link from the mail.",
        ),
        "no_such_file": ("这份申报里没有这个文件。", "There is no such file in this draft."),
        "no_such_paper": ("这一届没有这份表格。", "This edition has no such paper."),
        "no_such_body": (
            "没有这个推荐单位，或链接不完整。请使用组织方给出的完整链接。",
            "There is no such recommending body, or the link is not whole. Please use the organisers' whole link.",
        ),
        "no_such_submission": (
            "没有申报由本单位推荐的这个编号。",
            "No submission of this number names this recommending body.",
        ),
        "foreign_origin": ("只能在本展厅的页面上申报。", "Submissions are taken from the pages of this hall only."),
        "wrong_type": ("请以 application/json 提交。", "Send application/json."),
        "too_large": (
            "填写的内容过大，没有保存。请缩短文字，图片和文件请单独上传。",
            "The answers are too large and were not saved. Please shorten the texts, and upload pictures and files.",
        ),
        "malformed": ("请求填写有误。", "The request is not filled in correctly."),
        "too_many": ("请求过于频繁，请稍后再试。", "Too many requests. Please try again later."),
        "stale": (
            "这份申报已在别处保存过，本页没有覆盖它。请重新载入后再修改。",
            "This draft was saved elsewhere meanwhile, and was not overwritten. Please load it again, then change it.",
        ),
        "not_a_draft": (
            "这份申报已提交，不能再改。",
            "This submission was handed in and cannot be changed any more.",
        ),
        "decided": ("组织方已作出决定，如有疑问请联系组织方。", "The organisers have decided. Please ask them."),
        "incomplete": (
            "还不能提交，请先补齐或改正以下内容。",
            "This cannot be submitted yet. Please mend what follows.",
        ),
        "over_limit": ("超出申报名额。", "This is more than one entrant may submit."),
        "bad_file": ("这个文件不能用：{zh}", "This file cannot be used: {en}"),
        "unavailable": (
            "申报服务暂不可用，请稍后再试。已保存的内容不会丢失。",
            "The service is unavailable for the moment. Please try again. What was saved is safe.",
        ),
    }.items()
}


def refused(code: str, **more: object) -> RefusedError:
    """The error for a refusal."""
    return RefusedError(REFUSALS[code], **more)


def faulty(code: str, faults: Iterable[Fault]) -> RefusedError:
    """The error for answers at fault, with all faults."""
    return RefusedError(REFUSALS[code], faults=shown(faults))


def malformed(path: str, zh: str, en: str) -> RefusedError:
    """The error for a request that holds what no page of ours sends. path: what is at fault."""
    return faulty("malformed", [Fault(path, "malformed", zh, en)])


def bad_file(zh: str, en: str) -> RefusedError:
    """The error for a file that is not what it claims to be."""
    said = REFUSALS["bad_file"]
    return RefusedError(Refusal(said.code, said.zh.format(zh=zh), said.en.format(en=en)))


def shown(faults: Iterable[Fault]) -> list[dict[str, str]]:
    """Faults as the API says them."""
    return [dict(vars(fault)) for fault in faults]
