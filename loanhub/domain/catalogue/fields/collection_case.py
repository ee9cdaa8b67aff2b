"""Fields of a collection case 催收案件. Days, amounts and risk are the loan's and the customer's, read with each query."""

from __future__ import annotations

from loanhub.domain.catalogue.choices import RISK_GRADES, ValueSegment
from loanhub.domain.catalogue.fields._build import describer
from loanhub.domain.catalogue.spec import EntitySpec, Related
from loanhub.domain.collections import Approach, CloseReason, CollectionStage, HoldReason

_, _system = describer("collection_case", "")
_CASE, _DEBT, _WORK = "案件", "欠款", "催收"

FIELDS = (
    _system("number", "案件编号", "text", _CASE, in_table=True, width=150),
    _system("stage", "进展", "choice", _CASE, choices=CollectionStage, in_table=True, width=90),
    _system("customer_id", "客户", "relation", _CASE, in_export=False, in_print=False),
    _system("loan_id", "借据", "relation", _CASE, in_export=False, in_print=False),
    _system("product_code", "贷款产品", "choice", _CASE, choices="product"),
    _system("opened_on", "立案日", "date", _CASE, in_table=True),
    _system("stage_entered_at", "进入现阶段", "datetime", _CASE),
    _system("closed_on", "结案日", "date", _CASE),
    _system("close_reason", "结案原因", "choice", _CASE, choices=CloseReason),
    _system("dpd", "逾期天数", "integer", _DEBT, unit="天", in_table=True, width=90),
    _system("bucket", "逾期阶段", "choice", _DEBT, choices="bucket", in_table=True, width=90),
    _system("overdue_principal_fen", "逾期本金", "money", _DEBT, in_table=True),
    _system("outstanding_principal_fen", "剩余本金", "money", _DEBT),
    _system("penalty_due_fen", "应还罚息", "money", _DEBT),
    _system("risk_grade", "风险等级", "level", _DEBT, choices=RISK_GRADES),
    _system("value_segment", "客户价值", "choice", _DEBT, choices=ValueSegment),
    _system("approach", "催收方式", "choice", _WORK, choices=Approach, in_table=True, width=90),
    _system("priority", "排队优先度", "integer", _WORK),
    _system("contact_count", "联系次数", "integer", _WORK, unit="次"),
    _system("last_contact_at", "上次联系", "datetime", _WORK, in_table=True),
    _system("next_step_at", "下次联系", "datetime", _WORK, in_table=True),
    _system("promise_due_date", "承诺还款日", "date", _WORK, in_table=True),
    _system("promise_fen", "承诺金额", "money", _WORK),
    _system("broken_promises", "未履约次数", "integer", _WORK, unit="次"),
    _system("hold_reason", "停催原因", "choice", _WORK, choices=HoldReason),
    _system("hold_until", "停催至", "date", _WORK),
    _system("legal_on", "移送法务日", "date", _WORK),
    _system("owner_id", "催收员", "user", _WORK, in_table=True, width=100),
    _system("department_id", "所属部门", "department"),
    _system("customer_segment_id", "客户分群", "segment", choices="segment", in_export=False, in_print=False),
    _system("created_at", "创建时间", "datetime"),
    _system("updated_at", "更新时间", "datetime"),
)

ENTITY = EntitySpec(
    "collection_case",
    "催收案件",
    FIELDS,
    related=(
        Related("loan", "借据", "loan", "id", parent_column="loan_id", unit="笔"),
        Related("customer", "客户", "customer", "id", parent_column="customer_id", unit="位"),
    ),
    custom_allowed=False,
)
