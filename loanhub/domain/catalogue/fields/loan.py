"""Fields of a loan 借据, its installments 期 and payments 入账. All of them follow from postings."""

from __future__ import annotations

from loanhub.domain.catalogue.choices import FiveClass, Mode
from loanhub.domain.catalogue.fields._build import PERSONAL, describer
from loanhub.domain.catalogue.spec import EntitySpec, Related
from loanhub.domain.loans import LoanStatus

_, _system = describer("loan", "")
_TERMS, _BALANCE = "借据要素", "余额与逾期"

FIELDS = (
    _system("number", "借据编号", "text", _TERMS, in_table=True, width=200),
    _system("status", "状态", "choice", _TERMS, choices=LoanStatus, in_table=True, width=90),
    _system("customer_id", "客户", "relation", _TERMS, in_export=False, in_print=False),
    _system("contract_id", "合同", "relation", _TERMS, in_export=False, in_print=False),
    _system("product_code", "贷款产品", "choice", _TERMS, choices="product", in_table=True),
    _system("channel_code", "来源渠道", "choice", _TERMS, choices="channel"),
    _system("mode", "业务模式", "choice", _TERMS, choices=Mode),
    _system("principal_fen", "贷款本金", "money", _TERMS, in_table=True),
    _system("annual_rate", "年利率", "percent", _TERMS, in_table=True, width=90),
    _system("method", "还款方式", "choice", _TERMS, choices="repayment_method"),
    _system("disbursed_date", "放款日", "date", _TERMS, in_table=True),
    _system("first_due_date", "首个应还日", "date", _TERMS),
    _system("maturity_date", "到期日", "date", _TERMS),
    _system("settled_date", "结清日", "date", _TERMS),
    _system("bank_reference", "放款流水号", "text", _TERMS),
    _system("next_due_date", "下一应还日", "date", _BALANCE, in_table=True),
    _system("outstanding_principal_fen", "剩余本金", "money", _BALANCE, in_table=True),
    _system("overdue_principal_fen", "逾期本金", "money", _BALANCE),
    _system("suspense_fen", "溢缴款", "money", _BALANCE),
    _system("dpd", "逾期天数", "integer", _BALANCE, unit="天", in_table=True, width=90),
    _system("bucket", "逾期阶段", "choice", _BALANCE, choices="bucket", width=90),
    _system("five_class", "五级分类", "choice", _BALANCE, choices=FiveClass, width=90),
    _system("as_of_date", "余额更新日", "date", _BALANCE),
    _system("requested_by_id", "放款发起人", "user"),
    _system("requested_at", "放款发起时间", "datetime"),
    _system("confirmed_by_id", "放款复核人", "user"),
    _system("confirmed_at", "放款复核时间", "datetime"),
    _system("owner_id", "负责人", "user", in_table=True, width=100),
    _system("department_id", "所属部门", "department"),
    _system("customer_segment_id", "客户分群", "segment", choices="segment", in_export=False, in_print=False),
    _system("created_at", "创建时间", "datetime"),
    _system("updated_at", "更新时间", "datetime"),
)

ENTITY = EntitySpec(
    "loan",
    "借据",
    FIELDS,
    related=(
        Related("installments", "还款计划", "installment", "loan_id", order_by="period", unit="期"),
        Related("payments", "入账", "payment", "loan_id", order_by="seq", unit="笔"),
        Related("customer", "客户", "customer", "id", parent_column="customer_id", unit="位"),
        Related("tasks", "待办", "task", "loan_id", order_by="due_at"),
    ),
    custom_allowed=False,
)

_, _row = describer("installment", "")
INSTALLMENT = EntitySpec(
    "installment",
    "期",
    (
        _row("schedule_version", "计划版本", "integer", "还款计划"),
        _row("period", "期数", "integer", "还款计划", in_table=True, width=70),
        _row("start_date", "起息日", "date", "还款计划"),
        _row("due_date", "应还日", "date", "还款计划", in_table=True),
        _row("opening_fen", "期初本金", "money", "还款计划"),
        _row("principal_fen", "应还本金", "money", "还款计划", in_table=True),
        _row("interest_fen", "应还利息", "money", "还款计划", in_table=True),
        _row("fee_fen", "应还费用", "money", "还款计划", in_table=True),
        _row("paid_principal_fen", "已还本金", "money", "还款计划", in_table=True),
        _row("paid_interest_fen", "已还利息", "money", "还款计划", in_table=True),
        _row("paid_fee_fen", "已还费用", "money", "还款计划"),
        _row("penalty_due_fen", "应还罚息", "money", "还款计划"),
        _row("paid_penalty_fen", "已还罚息", "money", "还款计划"),
        _row("cleared_date", "结清日", "date", "还款计划", in_table=True),
    ),
    custom_allowed=False,
)

_, _posting = describer("payment", "")
PAYMENT = EntitySpec(
    "payment",
    "入账",
    (
        _posting("seq", "序号", "integer", "入账"),
        _posting("kind", "类型", "choice", "入账", choices="payment_kind", in_table=True),
        _posting("amount_fen", "金额", "money", "入账", in_table=True),
        _posting("value_date", "入账日", "date", "入账", in_table=True),
        _posting("posted_at", "操作时间", "datetime", "入账", in_table=True),
        _posting("payer_name", "付款人", "name", "入账", sensitivity=PERSONAL, mask="name", in_table=True),
        _posting("method", "入账方式", "choice", "入账", choices="payment_method", in_table=True),
        _posting("receipt_number", "收据编号", "text", "入账", in_table=True),
        _posting("note", "备注", "text", "入账"),
        _posting("by_id", "登记人", "user", "入账", in_table=True),
    ),
    custom_allowed=False,
)
