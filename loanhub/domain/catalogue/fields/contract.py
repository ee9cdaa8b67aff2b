"""Fields of a contract 合同. It is frozen when made, so that nobody writes any of them in a form."""

from __future__ import annotations

from loanhub.domain.catalogue.fields._build import describer
from loanhub.domain.catalogue.spec import EntitySpec, Related
from loanhub.domain.contracts import ContractStatus

_, _system = describer("contract", "")
_TERMS, _SIGNING = "合同要素", "签署"

FIELDS = (
    _system("number", "合同编号", "text", _TERMS, in_table=True, width=180),
    _system("status", "状态", "choice", _TERMS, choices=ContractStatus, in_table=True, width=90),
    _system("customer_id", "客户", "relation", _TERMS, in_export=False, in_print=False),
    _system("application_id", "申请", "relation", _TERMS, in_export=False, in_print=False),
    _system("base", "文书", "choice", _TERMS, choices="contract_base", in_print=False),
    _system("template_code", "合同模板", "choice", _TERMS, choices="contract_template", in_table=True),
    _system("template_revision", "模板版本", "integer", _TERMS),
    _system("amount_fen", "合同金额", "money", _TERMS, in_table=True),
    _system("annual_rate", "年利率", "percent", _TERMS, in_table=True, width=90),
    _system("term_months", "期限", "integer", _TERMS, unit="个月", width=90),
    _system("method", "还款方式", "choice", _TERMS, choices="repayment_method"),
    _system("start_date", "起始日", "date", _TERMS),
    _system("end_date", "到期日", "date", _TERMS),
    _system("page_count", "页数", "integer", _SIGNING),
    _system("copy_count", "打印份数", "integer", _SIGNING),
    _system("signed_date", "签署日期", "date", _SIGNING, in_table=True),
    _system("signed_note", "签署说明", "text", _SIGNING),
    _system("voided_reason", "作废原因", "text", _SIGNING),
    _system("owner_id", "负责人", "user", in_table=True, width=100),
    _system("department_id", "所属部门", "department"),
    _system("customer_segment_id", "客户分群", "segment", choices="segment", in_export=False, in_print=False),
    _system("created_at", "创建时间", "datetime", in_table=True),
    _system("created_by_id", "创建人", "user"),
    _system("updated_at", "更新时间", "datetime"),
)

ENTITY = EntitySpec(
    "contract",
    "合同",
    FIELDS,
    related=(Related("customer", "客户", "customer", "id", parent_column="customer_id", unit="位"),),
    custom_allowed=False,
)
