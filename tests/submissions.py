"""Complete submissions to the five real forms, by organisations that do not exist.

Their credit codes have right check digits and belong, as far as anybody knows, to nobody.
"""

from copy import deepcopy
from typing import Any

Answers = dict[str, Any]
COMPANY, BUREAU = "91370200MA3FXTN01P", "12370200MB4FXTN028"
JINAN, NATION, GROUP = "91370100MA3FXTN03Q", "91110000MA3FXTN04G", "91370200MA3FXTN054"


def upload(name: str, kind: str = "application/pdf", size: int = 120_000) -> Answers:
    """A reference to an upload; its digest follows from its name."""
    return {"name": name, "type": kind, "size": size, "digest": name.encode().hex()[:64].ljust(64, "0")}


def pictures(count: int) -> list[Answers]:
    """So many different pictures."""
    return [upload(f"{number}.jpg", "image/jpeg", 2_000_000) for number in range(count)]


def _indicators(*codes: str) -> list[Answers]:
    return [{"indicator": code, "content": "连接终端数", "value": "3000个", "result": "已完成"} for code in codes]


_CONTACT = {"contact_name": "林示例", "contact_phone": "0532-85910000", "contact_email": "lin@example.org"}

_COMPLETE: dict[str, Answers] = {
    "qingdao-2017": {
        "title": "一卡通行的智慧公交",
        "category": "cs",
        "field": "jiaotong",
        "in_operation": "2016-10-01",
        "summary": "候车时就能知道下一班车还有几分钟到。",
        "story": "改造了三百个站台。\n\n市民等车的时间平均短了四分钟。",
        "pictures": pictures(2),
        "entrant": "示例公共交通有限公司",
        "entrant_kind": "company",
        **_CONTACT,
        "consents": {"publication": True, "privacy": True},
    },
    "qingdao-2019": {
        "title": "一网统管的城市运行平台",
        "category": "cs",
        "field": "guanli",
        "in_operation": "2019年6月1日",
        "summary": "把十二个部门的热线并成一个。",
        "story": "先并号码，再并流程，最后并数据。",
        "pictures": pictures(4),
        "entrant": "示例信息技术有限公司青岛分公司",
        "legal_form": "branch",
        "uscc": COMPANY,
        "parent_uscc": GROUP,
        "side": "builder",
        "other_side": "示例市城市管理局",
        "recommended_by": "示例区工业和信息化局",
        **_CONTACT,
        "signed_form": [upload("申报表.pdf")],
        "signed_statement": [upload("申报说明.jpg", "image/jpeg")],
        "consents": {"publication": True, "privacy": True},
    },
    "qingdao-2020": {
        "title": "园区云服务平台",
        "category": "qy",
        "field": "yuanqu",
        "in_operation": "2019-08-30",
        "summary": "小企业按用量付费，共用一套系统。",
        "story": "管委会没有替企业做决定，而是先请二十家试用。",
        "pictures": pictures(4),
        "entrant": "示例经济开发区管理委员会",
        "legal_form": "legal-person",
        "uscc": BUREAU,
        "builder": "示例信息技术有限公司",
        "recommended_by": "示例区工业和信息化局",
        **_CONTACT,
        "signed_form": [upload("申报表.pdf")],
        "signed_statement": [upload("申报说明.pdf")],
        "consents": {"publication": True, "hall": True, "privacy": True},
    },
    "jinan-2021": {
        "entrant": "示例智造科技有限公司",
        "uscc": JINAN,
        "entrant_kind": "company",
        "ownership": "private",
        "registered_capital": "5,000",
        "address": "济南市示例区创新路1号",
        "legal_representative": "周示例",
        "contact_name": "吴示例",
        "contact_phone": "0531-66600000",
        "contact_mobile": "13800000000",
        "contact_post": "项目经理",
        "contact_email": "wu@example.org",
        "assets": "12000.5",
        "debt_ratio": "35.2%",
        "sales_2020": 8000,
        "sales_2021": 9500.25,
        "profit_2020": "-120.5",
        "profit_2021": "310万元",
        "entrant_summary": "公司做设备联网，有员工一百二十人。",
        "recommended_by": "other",
        "recommended_by_other": "示例高新区",
        "title": "设备联网与能耗管理平台",
        "category": "qt",
        "category_other": "绿色低碳",
        "city_funded": "no",
        "investor": "示例智造科技有限公司",
        "investment": "860",
        "summary": "三百家工厂的设备连成一张网，能耗降了百分之九。",
        "overview": "平台接入三千台设备。",
        "novelty": "自有专利四项。",
        "transfer": "可用于各区县的园区。",
        "background": "能耗高，家底不清。",
        "work": "建了采集、分析、结算三层。",
        "completion": "投资860万元，已用一年。",
        "effects": "每年省电410万度。",
        "promotion": "明年推广到五个园区。",
        "project_type": "工业互联网",
        "project_lead": "郑示例",
        "project_lead_phone": "13900000000",
        "project_months": {"from": "2020-03", "to": "2021-06"},
        "functions": "研发、生产设备联网产品。",
        "contents": "设备联网，能耗分析。",
        "products": "采集终端、能耗软件。",
        "grounds": "省里关于新型智慧城市的意见。",
        "feasibility": "技术成熟，企业需要。",
        "schedule": [{"task": "试点", "months": {"from": "2020年3月", "to": "2020年9月"}}],
        "goals": "接入三千台设备，能耗降百分之八。",
        "output_indicators": _indicators("quantity", "quality", "timeliness", "cost", "more"),
        "benefit_indicators": _indicators("economic", "social", "ecological", "lasting"),
        "satisfaction_indicators": _indicators("specific"),
        "honours": "示例市创新企业",
        "remarks": "无",
        "signed_form": [upload("申报书.pdf", size=30_000_000)],
        "declaration": [upload("承诺书.pdf")],
        "proof_of_completion": [upload("验收.pdf"), upload("现场.jpg", "image/jpeg")],
        "supporting": [upload("视频.mp4", "video/mp4", 90_000_000)],
        "name_changed": "yes",
        "name_change": [upload("变更.pdf")],
        "pictures": pictures(3),
        "consents": {
            "declaration": True,
            "standing": True,
            "secrecy": True,
            "credit-record": True,
            "privacy": True,
        },
    },
    "ccace-2021": {
        "entrant": "示例通信集团有限公司",
        "uscc": NATION,
        "title": "社区一键呼叫",
        "category": "hy",
        "field": "",
        "lead_name": "冯示例",
        "lead_post": "总工程师",
        "lead_phone": "010-68200000",
        "lead_email": "feng@example.org",
        "contact_name": "陈示例",
        "contact_mobile": "+86 137 0000 0000",
        "contact_wechat": "example-chen",
        "contact_email": "chen@example.org",
        "areas": ["community", "ageing", "other"],
        "areas_other": "助残",
        "months": {"from": "2019-05", "to": "2020-12"},
        "progress": "已完成",
        "owner": "示例街道办事处",
        "owner_contact": "褚示例",
        "owner_phone": "021-60000000",
        "investment": "320",
        "public_investment": 0,
        "content": "独居老人按一下，三分钟内有人回应。",
        "architecture": "终端、网络、平台三层。",
        "architecture_diagram": pictures(1),
        "remarks": "无",
        "no_promotion": "国际电信联盟推荐",
        "acceptance": [upload("验收.pdf")],
        "attachments": [upload("报道.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")],
        "bonus_evidence": [upload("证书.pdf")],
        "pictures": pictures(2),
        "signed_form": [upload("盖章.pdf")],
        "word_form": [upload("申报.doc", "application/msword")],
        "consents": {"declaration": True, "book": True, "promotion": False, "privacy": True},
    },
}
EDITIONS = tuple(_COMPLETE)


def complete(edition: str) -> Answers:
    """A complete submission to this edition's form; yours to change."""
    return deepcopy(_COMPLETE[edition])
