"""Fields of a submission 进件 and of an approval 审批记录, for criteria over an application's history."""

from __future__ import annotations

from loanhub.domain.applications import ApprovalLevel, Decision
from loanhub.domain.catalogue.fields._build import describer
from loanhub.domain.catalogue.spec import EntitySpec

_, _submission = describer("submission", "")
SUBMISSION = EntitySpec(
    "submission",
    "进件",
    (
        _submission("lender", "资方", "text", "进件", in_table=True),
        _submission("status", "状态", "choice", "进件", choices="submission_status", in_table=True),
        _submission("external_number", "进件号", "text", "进件", in_table=True),
        _submission("amount_fen", "进件金额", "money", "进件", in_table=True),
        _submission("approved_amount_fen", "批复金额", "money", "进件", in_table=True),
        _submission("approved_rate", "批复年利率", "percent", "进件"),
        _submission("submitted_at", "进件时间", "datetime", "进件", in_table=True),
        _submission("decided_at", "批复时间", "datetime", "进件"),
        _submission("note", "备注", "text", "进件"),
    ),
    custom_allowed=False,
)

_, _approval = describer("approval", "")
APPROVAL = EntitySpec(
    "approval",
    "审批记录",
    (
        _approval("round", "轮次", "integer", "审批"),
        _approval("level", "层级", "choice", "审批", choices=ApprovalLevel, in_table=True),
        _approval("decision", "结论", "choice", "审批", choices=Decision, in_table=True),
        _approval("opinion", "意见", "text", "审批", in_table=True),
        _approval("amount_fen", "批复金额", "money", "审批", in_table=True),
        _approval("term_months", "批复期限", "integer", "审批", unit="个月"),
        _approval("annual_rate", "批复年利率", "percent", "审批"),
        _approval("by_id", "审批人", "user", "审批", in_table=True),
        _approval("received_at", "到达时间", "datetime", "审批"),
        _approval("at", "审批时间", "datetime", "审批", in_table=True),
    ),
    custom_allowed=False,
)
