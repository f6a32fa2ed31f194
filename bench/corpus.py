"""Made-up cases, the same in every run, written as content of Pingxuan, of stock Pelican and of Hugo.

Knows how the three want their files; refuses to know how they are built or timed. About 1,100 characters of
Chinese a case: four headings, paragraphs, a list, emphasis and a link.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

PLACES = ("青岛", "济南", "烟台", "潍坊", "淄博", "临沂", "威海", "日照", "东营", "滨州", "德州", "聊城")
THEMES = ("一网统管", "城市大脑", "智慧社区", "数字孪生", "智慧水务", "交通运输", "应急指挥", "供热监测", "文旅服务")
KINDS = ("平台", "系统", "项目", "应用", "工程", "服务")
CATEGORIES = {
    "cs": "城市管理",
    "cy": "产业数字化",
    "jt": "交通运输",
    "jy": "教育",
    "ms": "民生服务",
    "ws": "卫生健康",
    "zw": "政务服务",
    "an": "公共安全",
}
FIELDS = {"a": "建设", "b": "运行", "c": "服务"}
TAGS = ("物联网", "大数据", "人工智能", "移动应用", "地理信息", "区块链", "视频", "开放数据")
SENTENCES = (
    "平台汇聚十二个部门的实时数据，值班人员在同一张图上发现、派发和核实问题。",
    "过去一处路面塌陷要打三次电话、填两张单据，平均六小时才有人到场。",
    "现在从发现到处置平均只要四十分钟，市民可以在手机上看到每一步。",
    "系统接入三万二千个传感设备，每五分钟上报一次，异常值由规则和人工共同判断。",
    "建设方与使用方每周开一次例会，问题当场登记，逾期未办的自动提醒负责人。",
    "数据按目录共享，每一次调用都留有记录，敏感字段在出库前脱敏。",
    "老年人可以在社区服务站由工作人员代办，不必自己安装任何软件。",
    "上线以来累计办理事项四十一万件，一次办成率由百分之七十二提高到百分之九十六。",
    "项目没有新建机房，利用了原有的政务云，年度运行费用下降近三成。",
    "遇到断网时，各站点可以独立运行七十二小时，恢复后自动补传数据。",
    "接口文档对全市公开，已有十七家单位按同一标准接入，平均接入时间为两周。",
    "评价由服务对象作出，不满意的事项由专人在两个工作日内回访。",
    "模型的每一条建议都标明依据，最后的决定仍由值班长作出并签名。",
    "该做法已被写入地方标准，并在相邻三个区市推广，累计培训人员一千三百人次。",
    "夜间巡查由每晚四次减为一次，节省下来的人力转到了现场服务。",
    "同一地点重复投诉的数量一年内下降了百分之五十八，其中供热类下降最多。",
)


@dataclass(frozen=True)
class Made:
    """One made-up case. slug: its number. story: Markdown without front matter."""

    slug: str
    title: str
    entrant: str
    category: str
    field: str
    tags: tuple[str, str]
    day: date
    story: str


def paragraph(rng: random.Random) -> str:
    """Five sentences, one phrase in bold."""
    sentences = rng.sample(SENTENCES, 5)
    return "".join(sentences[:4]) + f"**{sentences[4][:8]}**{sentences[4][8:]}"


def story(rng: random.Random, number: int) -> str:
    """The text of a case."""
    points = "\n".join(f"- {sentence}" for sentence in rng.sample(SENTENCES, 5))
    return "\n\n".join(
        (
            paragraph(rng),
            "## 解决的问题",
            paragraph(rng),
            "## 做法",
            points,
            paragraph(rng),
            "## 成效",
            paragraph(rng),
            "## 可推广性",
            paragraph(rng) + f"详见[公开说明](https://example.org/cases/{number})。",
        )
    )


def made(number: int) -> Made:
    """The case with this number, from 1; always the same."""
    rng = random.Random(number)
    category = rng.choice(list(CATEGORIES))
    place, theme, kind = rng.choice(PLACES), rng.choice(THEMES), rng.choice(KINDS)
    return Made(
        slug=f"{category}-{number:05}",
        title=f"{place}市{theme}{kind}（第{number}号）",
        entrant=f"{place}市{theme[:2]}中心",
        category=category,
        field=rng.choice(list(FIELDS)),
        tags=(TAGS[number % 8], TAGS[(number // 8 + 3) % 8]),
        day=date(2024, 1, 1) + timedelta(days=number % 700),
        story=story(rng, number),
    )


def write(path: Path, text: str) -> None:
    """Write a file, and its folder where it is new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def edition_toml() -> str:
    """A whole edition with categories, fields, stages and voting."""
    fields = ", ".join(f'{{ code = "{code}", name = "{name}" }}' for code, name in FIELDS.items())
    categories = "".join(
        f'[[categories]]\ncode = "{code}"\nname = "{name}"\nfields = [{fields}]\n\n'
        for code, name in CATEGORIES.items()
    )
    return (
        'id = "bench"\ntitle = "评选展厅规模测试"\nshort = "规模测试"\nsummary = "内容为生成的文字。"\nyear = 2026\n'
        'language = "zh-CN"\nzone = "Asia/Shanghai"\naccent = "#0b5d6b"\n'
        'hosts = ["主办单位"]\norganisers = ["承办单位"]\n\n'
        f"{categories}"
        '[entrants]\nwho = ["本市单位"]\nscope = ["已经运行的案例"]\n\n'
        '[[stages]]\ncode = "voting"\nname = "投票"\nopens = 2026-01-01\ncloses = 2035-12-31\n\n'
        '[voting]\nsubject = "address"\nper = "day"\nvotes = 1\n\n'
        '[scoring]\nweights = { votes = 100 }\nvotes_to_score = "share_of_highest"\nties = ["votes", "number"]\n'
    )


def form_toml() -> str:
    """The thinnest form."""
    return (
        'title = "申报表"\n\n[[fields]]\nkey = "title"\nlabel = { zh = "案例名称", en = "Case title" }\n'
        'kind = "text"\nrequired = true\npublic = true\n'
    )


def our_case(case: Made) -> str:
    """A case file of Pingxuan."""
    return (
        f'+++\ntitle = "{case.title}"\nentrant = "{case.entrant}"\ncategory = "{case.category}"\n'
        f'field = "{case.field}"\n+++\n\n{case.story}\n'
    )


def write_ours(folder: Path, count: int) -> None:
    """A content folder of Pingxuan."""
    edition = folder / "editions" / "bench"
    write(edition / "edition.toml", edition_toml())
    write(edition / "form.toml", form_toml())
    for name in ("pages", "notices"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for case in map(made, range(1, count + 1)):
        write(edition / "cases" / f"{case.slug}.md", our_case(case))


def edit_ours(folder: Path, number: int) -> None:
    """One edit as an editor makes it: another title, which listings show, and a sentence more in the story."""
    case = made(number)
    path = folder / "editions" / "bench" / "cases" / f"{case.slug}.md"
    text = path.read_text(encoding="utf-8")
    write(path, text.replace(case.title, f"{case.title}二期", 1) + f"\n{SENTENCES[number % len(SENTENCES)]}\n")


def write_stock(folder: Path, count: int) -> None:
    """Articles of stock Pelican: the case's field is a tag, beside the two it has."""
    for case in map(made, range(1, count + 1)):
        head = (
            f"Title: {case.title}\nDate: {case.day}\nCategory: {CATEGORIES[case.category]}\n"
            f"Tags: {', '.join(case.tags)}\nSlug: {case.slug}\nAuthor: {case.entrant}\n"
        )
        write(folder / f"{case.slug}.md", f"{head}\n{case.story}\n")


def write_hugo(folder: Path, count: int) -> None:
    """Pages of Hugo with the same metadata."""
    for case in map(made, range(1, count + 1)):
        head = (
            f'title = "{case.title}"\ndate = {case.day}\ncategories = ["{CATEGORIES[case.category]}"]\n'
            f'tags = ["{case.tags[0]}", "{case.tags[1]}"]\nentrant = "{case.entrant}"\n'
        )
        write(folder / "cases" / f"{case.slug}.md", f"+++\n{head}+++\n\n{case.story}\n")
