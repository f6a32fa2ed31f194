"""One answer to one field of a form: any JSON in, a typed value out, faults aside.

Knows the kinds of fields and what each may hold; knows neither the other fields nor whether an answer is required. HTML
in a text is text. What is too large is refused by its size, before anything else looks at it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from awards import cleaning, numbers
from awards.characters import count
from awards.formmodel import FieldKind, FormField
from awards.numbers import Months
from awards.tables import shown
from awards.uploads import MEGABYTE, TYPES, Upload, read_upload

Value = str | Decimal | date | Months | tuple[Any, ...]
Row = Mapping[str, Value]


@dataclass(frozen=True)
class Fault:
    """One fault of a submission.

    path: the field's key, or ``indicators[2].value``, rows from 0. code: missing, malformed, too_long, too_short,
    too_many, too_few, unknown. zh, en: what was found and what to write instead.
    """

    path: str
    code: str
    zh: str
    en: str


@dataclass
class Reader:
    """Reads answers, one after the other. faults: what is wrong. missing: what is not wrong, only not there yet."""

    faults: list[Fault] = field(default_factory=list)
    missing: list[Fault] = field(default_factory=list)

    def read(self, asked: FormField, raw: object, codes: tuple[str, ...], path: str = "") -> Value | None:
        """The typed value of an answer, None where there is none or it is at fault. codes: of the choices offered."""
        path = path or asked.key
        if raw is None or raw == "" or (isinstance(raw, list | dict) and not raw):
            return None
        if asked.kind.several:
            return self._several(asked, raw, codes, path)
        if asked.kind is FieldKind.MONTHS:
            return self._months(asked, raw, path)
        if asked.kind.measured and isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) < 10**12:
            raw = f"{Decimal(repr(raw)):f}"
        if not isinstance(raw, str):
            self._wrong(asked, raw, path)
            return None
        return self._text(asked, raw, codes, path)

    def lacks(self, asked: FormField, path: str = "") -> None:
        """Note that a required answer is not there yet."""
        zh, en = f"请填写“{asked.label_zh}”。", f"{asked.label_en}: please fill this in."
        if asked.kind.uploaded:
            zh, en = f"请上传“{asked.label_zh}”。", f"{asked.label_en}: please upload this."
        self.missing.append(Fault(path or asked.key, "missing", zh, en))

    def _note(self, asked: FormField, path: str, code: str, zh: str, en: str) -> None:
        self.faults.append(Fault(path, code, f"“{asked.label_zh}”{zh}", f"{asked.label_en}: {en}"))

    def _wrong(self, asked: FormField, raw: object, path: str) -> None:
        zh, en = _ALLOWED[asked.kind]
        found_zh, found_en = _found(raw)
        self._note(
            asked, path, "malformed", f"填写有误：{found_zh}。请填{zh}。", f"found {found_en}; please write {en}."
        )

    def _text(self, asked: FormField, raw: str, codes: tuple[str, ...], path: str) -> Value | None:
        if not self._fits(asked, raw, path):
            return None
        if asked.kind.written:
            text = cleaning.lines(raw) if asked.kind is FieldKind.LONG_TEXT else cleaning.line(raw)
            return self._written(asked, text, path) if self._fits(asked, text, path) else None
        text = cleaning.folded(raw)
        if cleaning.blank(text):
            return None
        value = text if text in codes else None
        if asked.kind is not FieldKind.CHOICE:
            value = _SINGLE[asked.kind](text, asked)
        if value is None:
            self._wrong(asked, raw, path)
            return None
        return self._within(asked, value, path)

    def _fits(self, asked: FormField, text: str, path: str) -> bool:
        """Whether a text is of a size and shape that may be worked on."""
        if len(text) > cleaning.MOST:
            zh = f"有{len(text)}个字符，太长了。请不超过{cleaning.MOST}个字符。"
            self._note(asked, path, "too_long", zh, f"{len(text)} characters; please write at most {cleaning.MOST}.")
        elif cleaning.piled(text):
            zh, en = "中有过多叠加的符号，请删去。", "too many marks on one letter; please remove them."
            self._note(asked, path, "malformed", zh, en)
        else:
            return True
        return False

    def _written(self, asked: FormField, text: str, path: str) -> str | None:
        if cleaning.blank(text):
            return None
        length = count(text)
        if asked.limit is not None and length > asked.limit:
            zh = f"有{length}字，超出{length - asked.limit}字。请不超过{asked.limit}字。"
            self._note(asked, path, "too_long", zh, f"{length} 字; please write at most {asked.limit}.")
            return None
        if asked.minimum is not None and length < asked.minimum:
            zh = f"“{asked.label_zh}”有{length}字，请写满{asked.minimum}字。"
            en = f"{asked.label_en}: {length} 字; please write at least {asked.minimum}."
            self.missing.append(Fault(path, "too_short", zh, en))
        return text

    def _within(self, asked: FormField, value: Value, path: str) -> Value | None:
        if isinstance(value, Decimal) and asked.lowest is not None and value < asked.lowest:
            self._note(asked, path, "malformed", f"不能小于{asked.lowest}。", f"please write {asked.lowest} or more.")
            return None
        if isinstance(value, Decimal) and asked.highest is not None and value > asked.highest:
            self._note(asked, path, "malformed", f"不能大于{asked.highest}。", f"please write {asked.highest} or less.")
            return None
        return value

    def _months(self, asked: FormField, raw: object, path: str) -> Months | None:
        ends = [raw.get("from"), raw.get("to")] if isinstance(raw, dict) else [None, None]
        short = [end for end in ends if isinstance(end, str) and len(end) < 100]
        if isinstance(raw, dict) and not any(end for end in ends):
            return None
        first, last = [numbers.month(cleaning.folded(end)) for end in short] if len(short) == 2 else (None, None)
        if first is None or last is None or last < first:
            self._wrong(asked, raw, path)
            return None
        return Months(first, last)

    def _several(self, asked: FormField, raw: object, codes: tuple[str, ...], path: str) -> tuple[Any, ...] | None:
        if not isinstance(raw, list):
            self._wrong(asked, raw, path)
            return None
        most = len(codes) if asked.count is None else asked.count
        if len(raw) > most:
            zh = f"有{len(raw)}{_MEASURE[asked.kind]}，请不超过{most}{_MEASURE[asked.kind]}。"
            self._note(asked, path, "too_many", zh, f"{len(raw)} given; please give at most {most}.")
            return None
        known = len(self.faults)
        values = self._each(asked, raw, codes, path)
        if len(self.faults) > known or not values:
            return None
        if len(values) < asked.fewest:
            zh = f"“{asked.label_zh}”有{len(values)}{_MEASURE[asked.kind]}，需要{asked.fewest}{_MEASURE[asked.kind]}。"
            en = f"{asked.label_en}: {len(values)} given; {asked.fewest} are needed."
            self.missing.append(Fault(path, "too_few", zh, en))
        return values

    def _each(self, asked: FormField, raw: list[object], codes: tuple[str, ...], path: str) -> tuple[Any, ...]:
        if asked.kind is FieldKind.ROWS:
            rows = [self._row(asked, row, f"{path}[{number}]") for number, row in enumerate(raw)]
            return tuple(row for row in rows if row)
        if asked.kind is FieldKind.CHOICES:
            return self._choices(asked, raw, codes, path)
        uploads = [self._upload(asked, item, f"{path}[{number}]") for number, item in enumerate(raw)]
        found = [upload.digest for upload in uploads if upload]
        if len(set(found)) < len(found):
            zh, en = "中同一个文件上传了两次，请换成不同的文件。", "the same file twice; please give different files."
            self._note(asked, path, "malformed", zh, en)
        return tuple(upload for upload in uploads if upload)

    def _choices(self, asked: FormField, raw: list[object], codes: tuple[str, ...], path: str) -> tuple[str, ...]:
        chosen = {item for item in raw if isinstance(item, str)}
        if len(chosen) < len(raw) or not chosen <= set(codes):
            wrong = [item for item in raw if not isinstance(item, str) or item not in codes]
            self._wrong(asked, wrong[0] if wrong else raw, path)
        return tuple(code for code in codes if code in chosen)

    def _row(self, asked: FormField, raw: object, path: str) -> Row:
        if not isinstance(raw, dict) or not all(name in {column.key for column in asked.columns} for name in raw):
            self._wrong(asked, raw, path)
            return {}
        known, row = len(self.faults), {}
        for column in asked.columns:
            codes = tuple(choice.code for choice in column.choices)
            value = self.read(column, raw.get(column.key), codes, f"{path}.{column.key}")
            if value is not None:
                row[column.key] = value
        if row and len(self.faults) == known:
            for column in asked.columns:
                if column.required and column.key not in row:
                    self.lacks(column, f"{path}.{column.key}")
        return row

    def _upload(self, asked: FormField, raw: object, path: str) -> Upload | None:
        upload = read_upload(raw)
        if upload is None:
            self._wrong(asked, raw, path)
            return None
        if upload.type not in {TYPES[accepted] for accepted in asked.accepts}:
            allowed = ", ".join(asked.accepts)
            zh = f"不接受“{upload.name}”这种文件。可以上传：{allowed}。"
            self._note(
                asked, path, "malformed", zh, f"{upload.name} is of a kind that is not taken; allowed: {allowed}."
            )
            return None
        if upload.size > asked.megabytes * MEGABYTE:
            zh = f"“{upload.name}”太大，请不超过{asked.megabytes}兆字节。"
            self._note(asked, path, "too_long", zh, f"{upload.name} is larger than {asked.megabytes} MB.")
            return None
        return upload


def _found(raw: object) -> tuple[str, str]:
    """What stands there, short, in Chinese and English; what is no text is named by its kind: it may have no end."""
    if isinstance(raw, str):
        text = shown(cleaning.line(raw[:1000]))
        return text, text
    if isinstance(raw, bool):
        return "“是”或“否”", "true or false"
    if isinstance(raw, int | float):
        return (str(raw), str(raw)) if abs(raw) < 10**15 else ("过大的数", "a number too large")
    return ("一组数据", "an object") if isinstance(raw, dict) else ("一个列表", "a list")


_SINGLE: Mapping[FieldKind, Any] = {
    FieldKind.NUMBER: lambda text, asked: numbers.figure(text, asked.unit),
    FieldKind.MONEY: lambda text, asked: numbers.figure(text, asked.unit),
    FieldKind.DATE: lambda text, _: numbers.day(text),
    FieldKind.PHONE: lambda text, _: numbers.phone(text),
    FieldKind.EMAIL: lambda text, _: numbers.email(text),
    FieldKind.USCC: lambda text, _: numbers.credit_code(text),
}
_MEASURE = {FieldKind.CHOICES: "项", FieldKind.ROWS: "行", FieldKind.FILE: "个", FieldKind.PICTURE: "张"}
_ALLOWED: Mapping[FieldKind, tuple[str, str]] = {
    FieldKind.TEXT: ("文字", "a text"),
    FieldKind.LONG_TEXT: ("文字", "a text"),
    FieldKind.CHOICE: ("所列选项之一", "one of the choices"),
    FieldKind.CHOICES: ("所列选项中的一项或几项，各选一次", "some of the choices, each once"),
    FieldKind.NUMBER: ("数字，例如35.5", "a number such as 35.5"),
    FieldKind.MONEY: ("以万元为单位的数字，例如120.5", "a number of 10,000 yuan, such as 120.5"),
    FieldKind.DATE: ("存在的日期，例如2019-08-30", "a date that exists, such as 2019-08-30"),
    FieldKind.MONTHS: (
        "起止年月，先起后止，例如2019-03至2020-06",
        "a first and a last month, such as 2019-03 to 2020-06",
    ),
    FieldKind.PHONE: (
        "手机号，或带区号的电话，例如13800000000、0532-80000000",
        "a mobile number, or a telephone with its area code, such as 0532-80000000",
    ),
    FieldKind.EMAIL: ("电子邮箱地址，例如name@example.com", "an e-mail address such as name@example.com"),
    FieldKind.USCC: (
        "18位统一社会信用代码，并逐位核对（末位是校验码）",
        "the 18 characters of the unified social credit code, and check each: the last is a check digit",
    ),
    FieldKind.FILE: ("已上传的文件", "files that were uploaded"),
    FieldKind.PICTURE: ("已上传的图片", "pictures that were uploaded"),
    FieldKind.ROWS: ("表中各栏", "the columns of the table"),
}
