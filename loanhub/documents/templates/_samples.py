"""Data for previews and base fonts: a loan of ours that never was. Names are the plainest there are."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from loanhub.documents.data import (
    BankAccount,
    ContractData,
    CostItem,
    Guarantee,
    LoanTerms,
    Party,
    ScheduleRow,
)

PERSON = Party(
    name="张三",
    id_number="310000199003070017",
    phone="13800000000",
    address="上海市浦东新区示范路2号",
)

ISSUED_AT = datetime(2026, 1, 15, 2, 0, tzinfo=UTC)

TERMS = LoanTerms(
    principal_fen=10_000_000,
    annual_rate=Decimal("0.144"),
    day_count="按月计息，每月按30日、每年按360日计算，不足一月的按实际天数计算",
    periods=3,
    start_date=date(2026, 1, 15),
    end_date=date(2026, 4, 15),
    method="等额本息",
    repayment_day=15,
    purpose="购买原材料",
    simple_cost_rate=Decimal("0.1632"),
    compound_cost_rate=Decimal("0.1760"),
    allocation=("费用", "罚息", "复利", "利息", "本金"),
    grace_days=3,
    compound_interest=True,
    prepayment_fee_rate=Decimal("0.01"),
    prepayment_free_after=6,
)

ACCOUNT = BankAccount(holder="张三", bank="示范银行上海分行", number="6222000000000000000")

SCHEDULE = (
    ScheduleRow(number=1, due_date=date(2026, 2, 15), principal_fen=3_293_638, interest_fen=120_000,
                closing_fen=6_706_362),
    ScheduleRow(number=2, due_date=date(2026, 3, 15), principal_fen=3_333_162, interest_fen=80_476,
                closing_fen=3_373_200),
    ScheduleRow(number=3, due_date=date(2026, 4, 15), principal_fen=3_373_200, interest_fen=40_478),
)  # fmt: skip

COSTS = (
    CostItem(label="利息", method="按期收取", standard="年利率14.40%", payee="示范小额贷款有限公司",
             annual_rate=Decimal("0.144"), refund="不适用"),
    CostItem(label="服务费", method="放款后一次性收取", standard="贷款本金的1%", payee="示范小额贷款有限公司",
             annual_rate=Decimal("0.0192"), amount_fen=100_000, refund="不予退还"),
)  # fmt: skip

CONTINGENT = (
    CostItem(label="罚息", method="逾期时按日计收", standard="年利率21.60%", payee="示范小额贷款有限公司"),
    CostItem(label="提前还款违约金", method="提前还款时收取", standard="提前还款本金的1%",
             payee="示范小额贷款有限公司"),
)  # fmt: skip

CONTRACT = ContractData(
    contract_number="DT-JK-20260115-0001",
    loan_number="DT-JK-20260115-0001-01",
    issued_at=ISSUED_AT,
    signing_date=date(2026, 1, 15),
    signing_place="上海市",
    borrower=PERSON,
    co_borrowers=(replace(PERSON, name="李四"),),
    terms=TERMS,
    schedule=SCHEDULE,
    costs=COSTS,
    contingent_costs=CONTINGENT,
    guarantees=(
        Guarantee(kind="抵押", guarantor="张三", subject="住宅房屋", certificate="沪房地浦字第000001号",
                  value_fen=300_000_000),
        Guarantee(kind="保证", guarantor="李四"),
    ),
    disbursement_account=ACCOUNT,
    repayment_account=BankAccount(
        holder="示范小额贷款有限公司", bank="示范银行上海分行", number="310000000000000"
    ),
    conditions=("抵押登记已经办妥并由甲方取得登记证明",),
    dispute_body="甲方住所地有管辖权的人民法院",
    quote_version="1",
)  # fmt: skip
