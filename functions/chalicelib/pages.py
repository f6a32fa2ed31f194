"""The pages that voters without script see: receipt, refusal, confirmation. They look like the hall.

Knows templates and their words in both languages. Values are escaped; what a voter sent is shown only where it is known
to be the name of a case.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chalicelib.receipt import Receipt
from chalicelib.refused import RefusedError

WORDS = {
    "zh-CN": {
        "colon": "：",
        "hall": "返回展厅",
        "receipt": "投票回执",
        "refused": "这一票没有计入",
        "confirm": "确认投票",
        "cases": "案例编号",
        "day": "日期",
        "period": "投票时段",
        "id": "回执编号",
        "nonce": "凭证",
        "next": "下次可投票时间",
        "never": "投票结束前不再有下一次",
        "keep": "请保存本页：凭证只显示在这里，凭它可以核对这一票。",
        "back": "返回展厅",
    },
    "en": {
        "colon": ": ",
        "hall": "Back to the hall",
        "receipt": "Receipt of your vote",
        "refused": "This vote was not counted",
        "confirm": "Confirm your vote",
        "cases": "Case number",
        "day": "Date",
        "period": "Voting period",
        "id": "Receipt number",
        "nonce": "Proof",
        "next": "Next vote",
        "never": "No further vote before voting closes",
        "keep": "Keep this page: the proof is shown only here, and with it anyone can look the vote up.",
        "back": "Back to the hall",
    },
}


def receipt(shown: Receipt, sentence: dict[str, str]) -> str:
    """The receipt of a vote that is counted."""
    paper = shown.paper
    lang = _known(paper.language)
    head = {"title": WORDS[lang]["receipt"], "edition": paper.edition, "hall": paper.title}
    return _render("receipt.html", lang, **head, receipt=shown, sentence=sentence[lang])


def refusal(error: RefusedError, edition: str, language: str) -> str:
    """Why a vote was not counted, in the edition's language first; or the question whether it was meant."""
    code, more, lang = error.refusal.code, error.more, _known(language)
    said = {"zh-CN": error.refusal.zh, "en": error.refusal.en}
    other = next(key for key in said if key != lang)
    values: dict[str, object] = {"edition": "" if code == "no_such_edition" else edition, "sentence": said[lang]}
    if code == "confirm":
        values |= {"title": WORDS[lang]["confirm"], "cases": more["cases"], "token": more["token"]}
        return _render("confirm.html", lang, **values)
    values |= {"title": WORDS[lang]["refused"], "other": said[other], "other_lang": other}
    faults = [fault[lang] for fault in _list(more.get("faults"))]
    following = more.get("next")
    values |= {"faults": faults, "next": datetime.fromisoformat(str(following)) if following else None}
    return _render("refused.html", lang, **values)


def _render(template: str, lang: str, **values: object) -> str:
    words = WORDS[lang]
    return _templates().get_template(template).render({"lang": lang, "words": words, "hall": words["hall"], **values})


def _known(language: str) -> str:
    return language if language in WORDS else "en"


def _list(value: object) -> Sequence[dict[str, str]]:
    return value if isinstance(value, list) else ()


@cache
def _templates() -> Environment:
    folder = Path(__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
