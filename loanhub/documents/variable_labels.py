"""What the values a template may name are called 变量名称: by record and by value, and the words of their choices."""

from loanhub.documents import data as records
from loanhub.documents import paper_data as papers
from loanhub.domain.catalogue.choices import PledgeKind

CHOICES = {
    "kind": (("person", "个人"), ("company", "企业")),
    "dispute": (("court", "诉讼"), ("arbitration", "仲裁")),
    "guarantee_kind": (("joint", "连带责任保证"), ("general", "一般保证")),
    "pledge_kind": tuple((one.value, one.label) for one in PledgeKind),
}
"""Values with a few codes, by the last part of the key."""

LABELS: dict[type, dict[str, str]] = {
    records.Company: {
        "name": "名称", "credit_code": "统一社会信用代码", "legal_representative": "法定代表人", "address": "住所",
        "phone": "电话", "complaint_phone": "投诉电话", "contact_phone": "咨询投诉电话", "license_number": "许可证号",
    },
    records.Party: {
        "name": "姓名", "kind": "类型", "id_type": "证件类型", "id_number": "证件号码", "phone": "电话", "address": "住址",
        "delivery_address": "送达地址", "email": "电子邮箱", "legal_representative": "法定代表人",
    },
    records.BankAccount: {"holder": "户名", "bank": "开户行", "number": "账号"},
    records.ScheduleRow: {
        "number": "期次", "due_date": "应还日", "principal_fen": "应还本金", "interest_fen": "应还利息", "fee_fen": "费用",
        "payment_fen": "应还合计", "closing_fen": "剩余本金",
    },
    records.CostItem: {
        "label": "项目", "method": "收取方式", "standard": "收取标准", "payee": "收取主体", "refund": "退还规则",
        "annual_rate": "年化水平", "amount_fen": "金额",
    },
    records.Guarantee: {
        "kind": "担保方式", "guarantor": "担保人", "subject": "担保物", "certificate": "权属证号", "value_fen": "约定价值",
    },
    records.LoanTerms: {
        "principal_fen": "借款金额", "annual_rate": "年利率", "rate_kind": "利率类型", "rate_basis": "定价基准",
        "day_count": "计息规则", "periods": "期数", "start_date": "借款起始日", "end_date": "借款到期日", "method": "还款方式",
        "repayment_day": "每月还款日", "purpose": "借款用途", "loan_type": "借款种类", "simple_cost_rate": "综合融资成本（单利）",
        "compound_cost_rate": "综合融资成本（复利）", "allocation": "还款分配顺序", "allocation_by_installment": "逐期清偿",
        "grace_days": "宽限天数", "penalty_markup_rate": "罚息上浮比例", "penalty_rate": "罚息年利率",
        "misuse_markup_rate": "挪用上浮比例", "misuse_rate": "挪用罚息年利率", "compound_interest": "计收复利",
        "prepayment_notice_days": "提前还款通知天数", "prepayment_fee_rate": "提前还款违约金比例",
        "prepayment_free_after": "免提前还款违约金的期次",
    },
}  # fmt: skip
"""Names of values inside a record; in front of them stands the name of the record itself."""

SUBJECTS: dict[type, dict[str, str]] = {
    records.ContractData: {
        "contract_number": "合同编号", "loan_number": "借据号", "signing_date": "签署日期", "signing_place": "签署地点",
        "borrower": "借款人", "co_borrowers": "共同借款人", "terms": "", "schedule": "还款计划", "costs": "息费项目",
        "contingent_costs": "或有息费", "all_costs": "全部息费", "guarantees": "担保", "disbursement_account": "放款账户",
        "repayment_account": "还款账户", "conditions": "放款条件", "dispute": "争议解决方式", "dispute_body": "争议解决机构",
        "copies": "份数", "electronic": "电子签署", "quote_version": "测算版本", "reference_only": "参考测算",
        "first_payment_fen": "首期应还", "first_due_date": "首个应还日", "interest_total_fen": "利息合计",
        "fee_total_fen": "费用合计", "payment_total_fen": "本息费合计",
    },
    records.ReceiptData: {
        "receipt_number": "收据编号", "contract_number": "合同编号", "loan_number": "借据号", "payer": "付款人",
        "borrower": "借款人", "value_date": "入账日期", "method": "收款方式", "bank_reference": "银行流水号",
        "amount_fen": "收款金额", "components": "入账科目", "outstanding_fen": "剩余本金", "cashier": "经办人", "reviewer": "复核人",
    },
    records.SettlementData: {
        "certificate_number": "证明编号", "contract_number": "合同编号", "loan_number": "借据号", "issue_date": "出具日期",
        "borrower": "借款人", "principal_fen": "借款金额", "start_date": "借款起始日", "end_date": "借款到期日",
        "settlement_date": "结清日期", "paid": "已还科目", "guarantees": "担保",
    },
    records.SettlementQuoteData: {
        "quote_number": "试算单编号", "contract_number": "合同编号", "loan_number": "借据号", "issue_date": "出具日期",
        "borrower": "借款人", "settle_on": "结清日", "valid_to": "有效期至", "lines": "结清项目", "total_fen": "结清应付",
        "days": "各日金额", "repayment_account": "收款账户", "handler": "经办人",
    },
    records.BrokerageData: {
        "contract_number": "协议编号", "signing_date": "签署日期", "signing_place": "签署地点", "client": "委托人",
        "amount_fen": "拟融资金额", "purpose": "融资用途", "fee_rate": "服务费率", "fee_base": "服务费计算基数",
        "fee_days": "付费天数", "valid_from": "有效期起", "valid_to": "有效期止", "non_circumvention_months": "不得绕开的月数",
        "institutions": "拟推荐资金方", "account": "收费账户", "dispute": "争议解决方式", "dispute_body": "争议解决机构",
        "copies": "份数", "electronic": "电子签署",
    },
    records.AuthorizationData: {
        "contract_number": "授权书编号", "signing_date": "签署日期", "person": "授权人", "purpose": "授权目的",
        "valid_from": "授权期限起", "valid_to": "授权期限止", "recipients": "接收方", "categories": "信息种类", "account": "授权账户",
    },
    papers.SecurityData: {
        "contract_number": "合同编号", "signing_date": "签署日期", "signing_place": "签署地点", "guarantor": "担保人",
        "debtor": "债务人", "main_number": "主合同编号", "main_date": "主合同签署日期", "terms": "", "guarantee_kind": "保证方式",
        "guarantee_years": "保证期间（年）", "things": "抵押物", "dispute": "争议解决方式", "dispute_body": "争议解决机构",
        "copies": "份数", "electronic": "电子签署",
    },
    papers.PledgeData: {
        "contract_number": "合同编号", "signing_date": "签署日期", "signing_place": "签署地点", "guarantor": "担保人",
        "debtor": "债务人", "main_number": "主合同编号", "main_date": "主合同签署日期", "terms": "", "guarantee_kind": "保证方式",
        "guarantee_years": "保证期间（年）", "things": "质押财产", "dispute": "争议解决方式", "dispute_body": "争议解决机构",
        "copies": "份数", "electronic": "电子签署", "pledge_kind": "质押种类",
        "delivery_date": "交付或登记期限", "delivery_place": "交付地点", "keeper": "监管人", "registry": "登记机构",
    },
    papers.OverdueData: {
        "notice_number": "通知书编号", "contract_number": "合同编号", "loan_number": "借据号", "issue_date": "出具日期",
        "as_of": "计算截止日", "pay_by": "最迟还款日", "borrower": "借款人", "principal_fen": "借款金额",
        "overdue_since": "逾期起始日", "days_overdue": "逾期天数", "components": "逾期款项", "total_fen": "应还合计",
        "accelerated": "已提前到期", "repayment_account": "还款账户", "handler": "经办人", "handler_number": "工号",
    },
    papers.ExtensionData: {
        "agreement_number": "协议编号", "contract_number": "合同编号", "loan_number": "借据号", "signing_date": "签署日期",
        "signing_place": "签署地点", "borrower": "借款人", "guarantors": "担保人", "outstanding_fen": "展期本金",
        "old_end_date": "原到期日", "new_end_date": "新到期日", "months": "展期月数", "old_rate": "原年利率",
        "new_rate": "展期后年利率", "reason": "展期原因", "schedule": "展期后还款计划", "dispute_body": "争议解决机构", "copies": "份数",
    },
    papers.AssignmentData: {
        "notice_number": "通知书编号", "contract_number": "合同编号", "loan_number": "借据号", "issue_date": "出具日期",
        "borrower": "债务人", "assignee": "受让人", "agreement_date": "转让协议签署日", "base_date": "债权计算截止日",
        "principal_fen": "本金余额", "interest_fen": "利息及罚息", "total_fen": "债权合计", "account": "受让人收款账户",
    },
    records.QuotationData: {
        "quotation_number": "报价单编号", "issue_date": "报价日期", "valid_to": "有效期至", "customer": "客户", "adviser": "顾问",
        "adviser_phone": "顾问电话", "product": "产品", "institution": "资金方", "terms": "", "schedule": "还款计划",
        "costs": "息费项目", "first_payment_fen": "首期应还", "first_due_date": "首个应还日",
    },
}  # fmt: skip
"""What templates may be about, and the values of each."""

PAIRS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "components": (("label", "科目", "text"), ("fen", "金额", "money")),
    "paid": (("label", "科目", "text"), ("fen", "金额", "money")),
    "lines": (("label", "项目", "text"), ("note", "说明", "text"), ("fen", "金额", "money")),
    "days": (("day", "日期", "date"), ("fen", "金额", "money")),
}
"""Lists whose members are plain tuples: the names of their places."""
