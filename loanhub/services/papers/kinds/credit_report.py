"""征信查询授权书: written consent before anybody's credit report is asked for (征信业管理条例 18)."""

from __future__ import annotations

from loanhub.services.papers._kind import Fit, PaperKind, Subject
from loanhub.services.papers.kinds._letters import ASKS, begin_with, letter, signers

PAPER = PaperKind(
    "credit_report_authorization", "SQ", lambda db, case, now: Fit((Subject(),)),
    lambda db, case, subject, making: letter(case, making), ASKS,
    lambda db, case, subject, now: begin_with("审核本人的贷款申请", now, 6), signers=signers,
    links={"person": "customer"},
)  # fmt: skip
