"""Fields of an application 申请 (商机)."""

from __future__ import annotations

from decimal import Decimal

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.catalogue.choices import RISK_GRADES, Guarantee, Mode, PledgeKind
from loanhub.domain.catalogue.fields._build import PERSONAL, WAN, YUAN, at_most, between, describer
from loanhub.domain.catalogue.spec import EntitySpec, Related

_field, _system = describer("application", "applications:edit")
_NEED, _RESULT, _SECURE = "申请信息", "审批结果", "担保信息"
_AMOUNT = between(100 * YUAN, 100_000 * WAN)
_TERM = between(1, 360)
_RATE = between(Decimal(0), Decimal(1))

FIELDS = (
    _field("customer_id", "客户", "relation", _NEED, required=True, in_import=False, in_export=False,
           in_print=False),
    _field("product_code", "贷款产品", "choice", _NEED, choices="product", in_table=True, synonyms=("产品",)),
    _field("mode", "业务模式", "choice", _NEED, choices=Mode, width=100),
    _field("amount_fen", "申请金额", "money", _NEED, in_table=True, check=_AMOUNT,
           synonyms=("金额", "贷款金额"), width=120),
    _field("term_months", "申请期限", "integer", _NEED, unit="个月", in_table=True, check=_TERM,
           synonyms=("期限",), width=90),
    _field("annual_rate", "年利率", "percent", _NEED, check=_RATE, synonyms=("利率",), width=90),
    _field("method", "还款方式", "choice", _NEED, choices="repayment_method"),
    _field("purpose", "贷款用途", "text", _NEED, check=at_most(100), synonyms=("用途", "资金用途")),
    _field("repayment_source", "还款来源", "text", _NEED, check=at_most(200)),
    _field("repayment_day", "还款日", "integer", _NEED, unit="日", check=between(1, 31), width=80),
    _field("guarantee", "担保方式", "choice", _SECURE, choices=Guarantee, column="profile.guarantee"),
    _field("collateral", "抵押物", "text", _SECURE, column="profile.collateral", sensitivity=PERSONAL,
           mask="address"),
    _field("collateral_value_fen", "抵押物估值", "money", _SECURE, column="profile.collateral_value_fen",
           check=between(0, 1_000_000 * WAN), sensitivity=PERSONAL, mask="secret"),
    _field("pledge_kind", "质押种类", "choice", _SECURE, choices=PledgeKind, column="profile.pledge_kind"),
    _field("pledge", "质押财产", "text", _SECURE, column="profile.pledge", sensitivity=PERSONAL, mask="address",
           check=at_most(200)),
    _field("pledge_value_fen", "质押财产估值", "money", _SECURE, column="profile.pledge_value_fen",
           check=between(0, 1_000_000 * WAN), sensitivity=PERSONAL, mask="secret"),
    _field("senior_balance_fen", "在先贷款余额", "money", _SECURE, column="profile.senior_balance_fen",
           check=between(0, 1_000_000 * WAN), sensitivity=PERSONAL, mask="secret"),
    _field("applied_elsewhere", "近期有其他机构申请", "boolean", _SECURE, column="profile.applied_elsewhere",
           sensitivity=PERSONAL, mask="secret"),
    _field("wanted_date", "期望放款日", "date", _NEED, column="profile.wanted_date"),
    _field("sales_opinion", "客户经理意见", "long_text", _NEED, column="profile.sales_opinion",
           in_filter=False,
           check=at_most(1000)),
    _system("number", "申请编号", "text", in_table=True),
    _system("status", "状态", "choice", choices=ApplicationStatus, in_table=True, width=100),
    _system("approved_amount_fen", "批复金额", "money", _RESULT, in_table=True),
    _system("approved_term_months", "批复期限", "integer", _RESULT, unit="个月"),
    _system("approved_rate", "批复年利率", "percent", _RESULT),
    _system("conditions", "放款条件", "text", _RESULT),
    _system("score", "信用评分", "integer", _RESULT, width=90),
    _system("risk_grade", "风险等级", "level", _RESULT, choices=RISK_GRADES, in_table=True, width=90),
    _system("owner_id", "负责人", "user", in_table=True, width=100),
    _system("department_id", "所属部门", "department"),
    _system("lead_id", "来源线索", "relation", in_export=False, in_print=False),
    _system("submitted_by_id", "提交人", "user"),
    _system("submitted_at", "提交时间", "datetime", in_table=True),
    _system("decided_by_id", "审批人", "user"),
    _system("decided_at", "审批时间", "datetime"),
    _system("due_at", "审批时限", "datetime"),
    _system("customer_segment_id", "客户分群", "segment", choices="segment", in_export=False, in_print=False),
    _system("created_at", "创建时间", "datetime"),
    _system("created_by_id", "创建人", "user"),
    _system("updated_at", "更新时间", "datetime"),
)  # fmt: skip

ENTITY = EntitySpec(
    "application",
    "申请",
    FIELDS,
    related=(
        Related("submissions", "进件", "submission", "application_id", order_by="submitted_at", unit="笔"),
        Related("approvals", "审批记录", "approval", "application_id", order_by="at"),
        Related("contracts", "合同", "contract", "application_id", order_by="created_at", unit="份"),
        Related("customer", "客户", "customer", "id", parent_column="customer_id", unit="位"),
        Related("tasks", "待办", "task", "application_id", order_by="due_at"),
    ),
)
