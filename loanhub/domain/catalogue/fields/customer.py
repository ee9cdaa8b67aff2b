"""Fields of a customer 客户: identity, contact, work, income, assets, liabilities, credit record.

The long tail lives in the JSON column ``profile``. Source: lending guide §1, §5.3.
"""

from __future__ import annotations

from decimal import Decimal

from loanhub.domain.catalogue.choices import (
    RISK_GRADES,
    CreditRecord,
    CustomerKind,
    Education,
    EmployerKind,
    Employment,
    Housing,
    IdType,
    Lifecycle,
    MaritalStatus,
    PropertyKind,
    SalaryPayment,
    TaxGrade,
    ValueSegment,
)
from loanhub.domain.catalogue.fields._build import (
    FULL,
    FULL_AND_TAIL,
    PERSONAL,
    SENSITIVE,
    WAN,
    at_most,
    between,
    describer,
)
from loanhub.domain.catalogue.spec import Check, EntitySpec, FieldSpec, Related
from loanhub.domain.identity import Gender

_field, _system = describer("customer", "customers:edit")
_COUNT = between(0, 999)
_MONEY = between(0, 1_000_000 * WAN)
_RATE = between(Decimal(0), Decimal(1))
_LANDLINE = Check(
    pattern=r"(0[1-9][0-9]{1,2}-?[2-9][0-9]{6,7}|400-?[0-9]{3}-?[0-9]{4})(-[0-9]{1,6})?",
    pattern_sentence="固定电话要带区号，例如 0512-65281234；分机写在后面：-801",
)
"""Area code and seven or eight digits, or a 400 number; an extension may follow."""


def _profile(key: str, label: str, kind: str, group: str, **more: object) -> FieldSpec:
    more.setdefault("sensitivity", PERSONAL)
    more.setdefault("mask", "secret")
    return _field(key, label, kind, group, column=f"profile.{key}", **more)


_WHO, _CONTACT, _WORK, _INCOME = "身份信息", "联系方式", "职业信息", "收入信息"
_FUND, _HOUSE, _CAR, _CREDIT, _FIRM, _US = (
    "公积金社保",
    "房产",
    "车辆保单",
    "征信与负债",
    "经营信息",
    "客户管理",
)

_IDENTITY = (
    _field("kind", "客户类型", "choice", _WHO, choices=CustomerKind, required=True, width=90),
    _field("name", "姓名", "name", _WHO, required=True, in_table=True, sensitivity=PERSONAL, mask="name",
           kind_by=("kind", {"company": "company_name"}),
           synonyms=("客户姓名", "客户名称", "企业名称", "名字", "name"), width=110),
    _field("id_type", "证件类型", "choice", _WHO, choices=IdType),
    _field("id_number", "证件号码", "id_number", _WHO, sensitivity=SENSITIVE, mask="id",
           lookups=FULL_AND_TAIL,
           kind_by=("id_type", {"uscc": "uscc", "hm_permit": "certificate", "tw_permit": "certificate",
                                "passport": "certificate", "foreign_resident": "certificate"}),
           synonyms=("身份证", "身份证号", "身份证号码", "证件号", "统一社会信用代码"), width=190),
    _field("id_valid_until", "证件有效期至", "date", _WHO, sensitivity=PERSONAL, mask="secret",
           synonyms=("证件有效期", "身份证有效期"), help="长期有效可留空"),
    _field("gender", "性别", "choice", _WHO, choices=Gender, sensitivity=PERSONAL, mask="secret", width=70),
    _field("birth_date", "出生日期", "date", _WHO, sensitivity=PERSONAL, mask="secret", synonyms=("生日",)),
    _field("marital_status", "婚姻状况", "choice", _WHO, choices=MaritalStatus, sensitivity=PERSONAL,
           mask="secret",
           synonyms=("婚姻",)),
    _field("education", "学历", "choice", _WHO, choices=Education, sensitivity=PERSONAL, mask="secret"),
    _profile("household_region", "户籍地", "region", _WHO, synonyms=("户籍", "籍贯")),
    _profile("dependents", "供养人数", "integer", _WHO, unit="人", check=between(0, 20)),
)  # fmt: skip

_CONTACTS = (
    _field("phone", "手机号", "phone", _CONTACT, in_table=True, sensitivity=SENSITIVE, mask="phone",
           lookups=FULL_AND_TAIL, synonyms=("电话", "手机", "联系电话", "手机号码", "联系方式")),
    _profile("landline", "固定电话", "text", _CONTACT, check=_LANDLINE, synonyms=("座机", "座机号", "办公电话"),
             help="例如 0512-65281234，分机写在后面：0512-65281234-801"),
    _field("wechat", "微信号", "text", _CONTACT, sensitivity=SENSITIVE, mask="secret", check=at_most(60),
           synonyms=("微信",)),
    _field("email", "邮箱", "email", _CONTACT, sensitivity=SENSITIVE, mask="email", synonyms=("电子邮箱",
           "邮件")),
    _field("city", "所在城市", "region", _CONTACT, in_table=True, check=at_most(40), synonyms=("城市",
           "地区"), width=110),
    _field("address", "居住地址", "text", _CONTACT, sensitivity=SENSITIVE, mask="address", lookups=FULL,
           synonyms=("地址", "住址", "家庭住址", "现住址"), width=240),
    _profile("housing", "居住状况", "choice", _CONTACT, choices=Housing),
    _profile("residence_years", "本地居住年限", "integer", _CONTACT, unit="年", check=between(0, 100)),
)  # fmt: skip

_WORKING = (
    _field("occupation", "职业", "text", _WORK, check=at_most(40), synonyms=("工作",)),
    _profile("employment", "职业身份", "choice", _WORK, choices=Employment),
    _field("company_name", "工作单位", "company_name", _WORK, synonyms=("单位", "公司", "单位名称",
           "公司名称")),
    _profile("employer_kind", "单位性质", "choice", _WORK, choices=EmployerKind),
    _field("industry", "行业", "text", _WORK, check=at_most(40), synonyms=("所属行业",)),
    _field("job_title", "职务", "text", _WORK, check=at_most(40), synonyms=("职位", "岗位")),
    _profile("joined_date", "入职日期", "date", _WORK, synonyms=("入职时间",)),
    _profile("work_region", "工作地", "region", _WORK),
    _field("monthly_income_fen", "月收入", "money", _INCOME, check=_MONEY, sensitivity=PERSONAL,
           mask="secret",
           synonyms=("收入", "月薪", "工资")),
    _profile("salary_payment", "工资发放方式", "choice", _INCOME, choices=SalaryPayment),
    _profile("payroll_fen", "打卡工资", "money", _INCOME, check=_MONEY, synonyms=("代发工资",)),
    _profile("other_income_fen", "其他月收入", "money", _INCOME, check=_MONEY),
    _profile("bank_flow_fen", "月均流水", "money", _INCOME, check=_MONEY, synonyms=("银行流水", "流水")),
    _profile("household_income_fen", "家庭月收入", "money", _INCOME, check=_MONEY),
)  # fmt: skip

_ASSETS = (
    _profile("has_housing_fund", "有公积金", "boolean", _FUND, synonyms=("公积金",)),
    _profile("housing_fund_base_fen", "公积金基数", "money", _FUND, check=_MONEY),
    _profile("housing_fund_monthly_fen", "公积金月缴额", "money", _FUND, check=_MONEY, help="单位与个人合计"),
    _profile("housing_fund_rate", "公积金缴存比例", "percent", _FUND, check=_RATE,
             help="单位与个人合计，例如 24%"),
    _profile("housing_fund_months", "公积金连续缴存月数", "integer", _FUND, unit="个月", check=_COUNT),
    _profile("has_social_insurance", "有社保", "boolean", _FUND, synonyms=("社保",)),
    _profile("social_insurance_base_fen", "社保基数", "money", _FUND, check=_MONEY),
    _profile("social_insurance_months", "社保连续缴存月数", "integer", _FUND, unit="个月", check=_COUNT),
    _profile("has_property", "有房产", "boolean", _HOUSE, synonyms=("房产", "有房", "是否有房")),
    _profile("property_count", "房产套数", "integer", _HOUSE, unit="套", check=_COUNT),
    _profile("property_kind", "房产性质", "choice", _HOUSE, choices=PropertyKind),
    _profile("property_region", "房产所在地", "region", _HOUSE),
    _profile("property_area", "建筑面积", "decimal", _HOUSE, unit="㎡", check=between(Decimal(0),
             Decimal(100_000))),
    _profile("property_value_fen", "房产估值", "money", _HOUSE, check=_MONEY),
    _profile("property_mortgages", "抵押次数", "integer", _HOUSE, unit="次", check=between(0, 10)),
    _profile("mortgage_balance_fen", "房贷余额", "money", _HOUSE, check=_MONEY),
    _profile("mortgage_monthly_fen", "房贷月供", "money", _HOUSE, check=_MONEY),
    _profile("has_car", "有车辆", "boolean", _CAR, synonyms=("车辆", "有车", "是否有车")),
    _profile("car_model", "车型", "text", _CAR, check=at_most(60)),
    _profile("car_plate", "车牌号", "text", _CAR, mask="plate", check=at_most(10)),
    _profile("car_value_fen", "车辆估值", "money", _CAR, check=_MONEY),
    _profile("car_loan_balance_fen", "车贷余额", "money", _CAR, check=_MONEY),
    _profile("has_policy", "有保单", "boolean", _CAR, synonyms=("保单",)),
    _profile("policy_premium_fen", "保单年缴保费", "money", _CAR, check=_MONEY),
    _profile("policy_years", "保单已缴年数", "integer", _CAR, unit="年", check=_COUNT),
    _profile("deposit_fen", "金融资产", "money", _CAR, check=_MONEY, help="存款、理财、基金等"),
)  # fmt: skip

_LIABILITIES = (
    _profile("credit_record", "征信情况", "choice", _CREDIT, choices=CreditRecord, synonyms=("征信",)),
    _profile("credit_report_date", "征信查询日期", "date", _CREDIT),
    _profile("current_overdue", "当前逾期", "boolean", _CREDIT),
    _profile("overdue_consecutive", "近2年连续逾期期数", "integer", _CREDIT, unit="期", check=_COUNT,
             help="连三累六：连续 3 期或累计 6 期即拒"),
    _profile("overdue_total", "近2年累计逾期期数", "integer", _CREDIT, unit="期", check=_COUNT),
    _profile("inquiries_1m", "近1月硬查询次数", "integer", _CREDIT, unit="次", check=_COUNT),
    _profile("inquiries_3m", "近3月硬查询次数", "integer", _CREDIT, unit="次", check=_COUNT),
    _profile("inquiries_6m", "近6月硬查询次数", "integer", _CREDIT, unit="次", check=_COUNT),
    _profile("online_loans", "未结清网贷笔数", "integer", _CREDIT, unit="笔", check=_COUNT),
    _profile("unsecured_balance_fen", "信用贷款余额", "money", _CREDIT, check=_MONEY),
    _profile("card_limit_fen", "信用卡总额度", "money", _CREDIT, check=_MONEY),
    _profile("card_used_fen", "信用卡已用额度", "money", _CREDIT, check=_MONEY),
    _profile("monthly_debt_fen", "月还款额", "money", _CREDIT, check=_MONEY, synonyms=("月供", "每月还款")),
    _profile("guarantee_balance_fen", "对外担保余额", "money", _CREDIT, check=_MONEY),
    _profile("has_bad_debt", "有呆账或代偿", "boolean", _CREDIT),
    _profile("is_dishonest", "失信被执行人", "boolean", _CREDIT),
    _profile("has_lawsuit", "有未结诉讼", "boolean", _CREDIT),
    _profile("legal_representative", "法定代表人", "name", _FIRM, mask="name", synonyms=("法人", "法人代表")),
    _profile("license_valid_until", "营业执照有效期至", "date", _FIRM, help="长期有效可留空",
             synonyms=("营业期限至",)),
    _profile("registered_capital_fen", "注册资本", "money", _FIRM, check=_MONEY),
    _profile("registered_address", "注册地址", "text", _FIRM, check=at_most(200)),
    _profile("business_scope", "经营范围", "text", _FIRM, check=at_most(500)),
    _profile("firm_founded_date", "企业成立日期", "date", _FIRM),
    _profile("firm_share_rate", "本人占股", "percent", _FIRM, check=_RATE),
    _profile("firm_legal_person", "是法定代表人", "boolean", _FIRM),
    _profile("firm_tax_fen", "年纳税额", "money", _FIRM, check=_MONEY),
    _profile("firm_tax_grade", "纳税信用等级", "choice", _FIRM, choices=TaxGrade),
    _profile("firm_invoice_fen", "年开票额", "money", _FIRM, check=_MONEY),
    _profile("firm_revenue_fen", "年营业额", "money", _FIRM, check=_MONEY),
    _profile("firm_employees", "员工人数", "integer", _FIRM, unit="人", check=between(0, 1_000_000)),
)  # fmt: skip

_MANAGEMENT = (
    _field("bank_card", "收款银行卡", "bank_card", _US, sensitivity=SENSITIVE, mask="bank_card", lookups=FULL,
           synonyms=("银行卡", "银行卡号", "卡号"), width=190),
    _field("bank_name", "开户行", "text", _US, check=at_most(60), synonyms=("银行", "开户银行")),
    _field("channel_code", "来源渠道", "choice", _US, choices="channel", synonyms=("渠道", "来源")),
    _field("tags", "标签", "tags", _US, in_table=True, choices="customer_tag", synonyms=("客户标签",)),
    _field("next_step", "下一步", "text", _US, check=at_most(200), in_form=False, in_import=False),
    _field("next_step_at", "下次跟进时间", "datetime", _US, in_form=False, in_import=False, in_table=True),
    _system("segment_id", "客户分群", "segment", choices="segment", in_export=False, in_print=False),
    _system("number", "客户编号", "text", in_table=True),
    _system("risk_grade", "风险等级", "level", choices=RISK_GRADES, in_table=True, width=90),
    _system("computed_risk_grade", "系统评级", "level", choices=RISK_GRADES, width=90),
    _system("grade_is_manual", "人工定级", "boolean", width=80),
    _system("score", "信用评分", "integer", width=90),
    _system("lifecycle", "生命周期", "choice", choices=Lifecycle, width=100),
    _system("value_segment", "客户价值", "choice", choices=ValueSegment, width=100),
    _system("rfm_recency", "RFM 最近", "integer", width=90),
    _system("rfm_frequency", "RFM 频率", "integer", width=90),
    _system("rfm_monetary", "RFM 金额", "integer", width=90),
    _system("auto_tags", "行为标签", "tags", width=160),
    _system("owner_id", "负责人", "user", in_table=True, width=100),
    _system("manager_id", "专属经理", "user", width=100),
    _system("department_id", "所属部门", "department"),
    _system("last_follow_up_at", "最近跟进", "datetime", in_table=True),
    _system("created_at", "创建时间", "datetime"),
    _system("created_by_id", "创建人", "user"),
    _system("updated_at", "更新时间", "datetime"),
)  # fmt: skip

FIELDS = (*_IDENTITY, *_CONTACTS, *_WORKING, *_ASSETS, *_LIABILITIES, *_MANAGEMENT)

ENTITY = EntitySpec(
    "customer",
    "客户",
    FIELDS,
    related=(
        Related("leads", "线索", "lead", "customer_id", order_by="created_at"),
        Related("applications", "申请", "application", "customer_id", order_by="created_at", unit="笔"),
        Related("contracts", "合同", "contract", "customer_id", order_by="created_at", unit="份"),
        Related("loans", "借据", "loan", "customer_id", order_by="created_at", unit="笔"),
        Related("interactions", "跟进", "interaction", "customer_id", order_by="at", unit="次"),
        Related("tasks", "待办", "task", "customer_id", order_by="due_at"),
    ),
)
