"""Option sets of the built-in fields that no other part of the domain owns 选项.

Source: lending guide §5.1 (state vocabulary of a broker's CRM), §5.3 (dimensions of product rules).
"""

from __future__ import annotations

from loanhub.domain.choice import Choice


class CustomerKind(Choice):
    """Who the customer is."""

    PERSON = "person", "个人"
    COMPANY = "company", "企业"


class IdType(Choice):
    """Which document the identity number is of 证件类型."""

    ID_CARD = "id_card", "居民身份证"
    HMT_RESIDENCE = "hmt_residence", "港澳台居民居住证"
    HM_PERMIT = "hm_permit", "港澳居民来往内地通行证"
    TW_PERMIT = "tw_permit", "台湾居民来往大陆通行证"
    PASSPORT = "passport", "护照"
    FOREIGN_RESIDENT = "foreign_resident", "外国人永久居留身份证"
    USCC = "uscc", "统一社会信用代码"


class MaritalStatus(Choice):
    """Marital status 婚姻状况."""

    SINGLE = "single", "未婚"
    MARRIED = "married", "已婚"
    DIVORCED = "divorced", "离异"
    WIDOWED = "widowed", "丧偶"


class Education(Choice):
    """Highest education 学历."""

    JUNIOR = "junior", "初中及以下"
    HIGH_SCHOOL = "high_school", "高中/中专"
    COLLEGE = "college", "大专"
    BACHELOR = "bachelor", "本科"
    MASTER = "master", "硕士"
    DOCTOR = "doctor", "博士"


class Employment(Choice):
    """Kind of occupation as lenders' rules see it 职业身份."""

    PREMIUM = "premium", "优质单位"
    SALARIED = "salaried", "普通工薪"
    SELF_EMPLOYED = "self_employed", "个体工商户"
    OWNER = "owner", "企业主"
    FREELANCE = "freelance", "自由职业"
    RETIRED = "retired", "退休"


class EmployerKind(Choice):
    """Nature of the employer 单位性质."""

    GOVERNMENT = "government", "机关事业单位"
    STATE_OWNED = "state_owned", "国有企业"
    LISTED = "listed", "上市公司"
    FOREIGN = "foreign", "外资企业"
    PRIVATE = "private", "民营企业"
    INDIVIDUAL = "individual", "个体工商户"


class SalaryPayment(Choice):
    """How wages are paid 工资发放方式."""

    BANK = "bank", "银行代发"
    TRANSFER = "transfer", "转账"
    CASH = "cash", "现金"


class Housing(Choice):
    """How the customer lives 居住状况."""

    OWNED = "owned", "自有无贷"
    MORTGAGED = "mortgaged", "自有按揭"
    RENTED = "rented", "租房"
    FAMILY = "family", "与亲属同住"
    DORMITORY = "dormitory", "单位宿舍"


class PropertyKind(Choice):
    """Nature of a property 房产性质."""

    COMMODITY = "commodity", "商品房"
    REFORM = "reform", "房改房"
    AFFORDABLE = "affordable", "经济适用房"
    COMMERCIAL = "commercial", "商铺写字楼"
    SELF_BUILT = "self_built", "自建房"


class CreditRecord(Choice):
    """Credit record at a glance 征信情况."""

    CLEAN = "clean", "无逾期"
    MINOR = "minor", "近2年无逾期"
    OVERDUE = "overdue", "有逾期"
    BLANK = "blank", "白户"


class TaxGrade(Choice):
    """Taxpayer credit grade 纳税信用等级."""

    A = "A", "A 级"
    B = "B", "B 级"
    M = "M", "M 级"
    C = "C", "C 级"
    D = "D", "D 级"


class Lifecycle(Choice):
    """Where a customer stands in the relation with the firm 生命周期."""

    NEW = "new", "新客"
    GROWING = "growing", "成长"
    STABLE = "stable", "稳定"
    AT_RISK = "at_risk", "流失预警"
    DORMANT = "dormant", "沉睡"


class ValueSegment(Choice):
    """What a customer is worth by recency, frequency and money 客户价值 (RFM)."""

    CHAMPION = "champion", "重要价值"
    PROMISING = "promising", "重要发展"
    KEEP = "keep", "重要保持"
    WIN_BACK = "win_back", "重要挽留"
    LOYAL = "loyal", "一般价值"
    RECENT = "recent", "一般发展"
    FADING = "fading", "一般保持"
    LOST = "lost", "一般挽留"


class Mode(Choice):
    """Who lends 业务模式."""

    OWN = "own", "自营放贷"
    BROKERED = "brokered", "助贷"


class Guarantee(Choice):
    """How the loan is secured 担保方式."""

    CREDIT = "credit", "信用"
    GUARANTOR = "guarantor", "保证"
    MORTGAGE = "mortgage", "抵押"
    PLEDGE = "pledge", "质押"


class PledgeKind(Choice):
    """What is pledged 质押种类; each comes into being in its own way (民法典 429, 441, 443–445)."""

    MOVABLE = "movable", "动产"
    VOUCHER = "voucher", "票据、存单、仓单等"
    SHARES = "shares", "股权、基金份额"
    RECEIVABLES = "receivables", "应收账款"
    IP = "ip", "知识产权"


class FiveClass(Choice):
    """The five asset classes 五级分类."""

    NORMAL = "normal", "正常"
    SPECIAL_MENTION = "special_mention", "关注"
    SUBSTANDARD = "substandard", "次级"
    DOUBTFUL = "doubtful", "可疑"
    LOSS = "loss", "损失"


class InteractionKind(Choice):
    """How a contact was made 跟进方式. ``FOLLOW_UP`` is one written down without its way; a ``NOTE`` is no contact."""

    FOLLOW_UP = "follow_up", "跟进"
    CALL = "call", "电话"
    WECHAT = "wechat", "微信"
    SMS = "sms", "短信"
    VISIT = "visit", "拜访"
    MEETING = "meeting", "面谈"
    EMAIL = "email", "邮件"
    NOTE = "note", "备注"


class TaskKind(Choice):
    """What a to-do is about 待办类型."""

    FOLLOW_UP = "follow_up", "跟进"
    MESSAGE = "message", "发消息"
    COLLECT_DOCUMENTS = "collect_documents", "收资料"
    VISIT = "visit", "面签"
    APPROVAL = "approval", "审批"
    CONTRACT = "contract", "合同"
    FUNDS = "funds", "资金"
    COLLECTION = "collection", "催收"
    OTHER = "other", "其他"


RISK_GRADES: tuple[tuple[str, str], ...] = (("1", "低"), ("2", "中"), ("3", "高"), ("4", "极高"))
"""Risk grades 风险等级, stored as the numbers 1 to 4."""

PRIORITIES: tuple[tuple[str, str], ...] = (("1", "高"), ("2", "中"), ("3", "低"))
"""Priorities of a to-do 优先级, stored as the numbers 1 to 3."""
