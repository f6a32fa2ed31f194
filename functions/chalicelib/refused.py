"""The two ways in which a request is not served, raised anywhere below a route and answered in one place.

Knows no HTTP: answers.py has the table from code to status.
"""

from awards.ballot import Fault, Refusal
from awards.errors import PingxuanError


class RefusedError(PingxuanError):
    """A request that is refused, and what its answer says besides code and sentence (``more``)."""

    def __init__(self, refusal: Refusal, **more: object) -> None:
        super().__init__(refusal.en)
        self.refusal = refusal
        self.more = more


class UnavailableError(PingxuanError):
    """Something of ours is away or set wrongly: the voter tries again, the operator reads the message and advice."""


REFUSALS = {
    code: Refusal(code, zh, en)
    for code, (zh, en) in {
        "no_such_edition": ("没有这一届评选的投票。", "There is no voting of this edition."),
        "no_such_receipt": ("从您的网络地址查不到这张回执。", "No such receipt is known for your network address."),
        "not_found": ("没有这个地址。", "There is nothing at this address."),
        "wrong_method": ("此地址不接受这种请求方法。", "This address does not take this method."),
        "wrong_type": (
            "请以 application/json 或普通表单提交。",
            "Send application/json, or a plain form (application/x-www-form-urlencoded).",
        ),
        "too_large": ("提交的内容过大。", "The body is too large."),
        "foreign_origin": (
            "只能在本展厅或合作网站的页面上投票。",
            "Votes are taken from the pages of this hall and of its partners only.",
        ),
        "confirm": ("请确认这一票是您要投的。", "Please confirm that you want to cast this vote."),
        "unavailable": ("投票服务暂不可用，请稍后再试。", "Voting is unavailable for the moment. Please try again."),
        "broken": ("服务内部出错，已记录。", "Something went wrong here. It has been recorded."),
    }.items()
}


def refused(code: str, **more: object) -> RefusedError:
    """The error for a refusal that no rule of the ballot makes."""
    return RefusedError(REFUSALS[code], **more)


def malformed(faults: tuple[Fault, ...]) -> RefusedError:
    """The error for a ballot that cannot be read, with all its faults."""
    sentence = Refusal("malformed", "选票填写有误。", "The ballot is not filled in correctly.")
    shown = [{"field": fault.field, "zh-CN": fault.zh, "en": fault.en} for fault in faults]
    return RefusedError(sentence, faults=shown)
