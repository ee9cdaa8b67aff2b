"""An application's life 申请: drafted, submitted, decided in levels, and never by the person who submitted it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.identity import full_years
from loanhub.domain.money import format_wan


class ApplicationStatus(Choice):
    """Where an application stands."""

    DRAFT = "draft", "草稿"
    FIRST_REVIEW = "first_review", "初审中"
    SECOND_REVIEW = "second_review", "复审中"
    FINAL_REVIEW = "final_review", "终审中"
    RETURNED = "returned", "退回补充"
    APPROVED = "approved", "已通过"
    REJECTED = "rejected", "已拒绝"
    WITHDRAWN = "withdrawn", "已撤回"
    CONTRACTED = "contracted", "已出合同"
    FUNDED = "funded", "已放款"


class ApplicationEvent(Choice):
    """What can happen to an application."""

    SUBMIT = "submit", "提交"
    PASS_ON = "pass_on", "通过并送下一级"
    APPROVE = "approve", "通过"
    RETURN = "return", "退回"
    REJECT = "reject", "拒绝"
    WITHDRAW = "withdraw", "撤回"
    CONTRACT = "contract", "生成合同"
    VOID_CONTRACT = "void_contract", "作废合同"
    FUND = "fund", "放款"


class Decision(Choice):
    """What an approver may say."""

    APPROVE = "approve", "通过"
    RETURN = "return", "退回"
    REJECT = "reject", "拒绝"


class ApprovalLevel(Choice):
    """The three levels of review 审批层级."""

    FIRST = "first", "初审"
    SECOND = "second", "复审"
    FINAL = "final", "终审"


_S, _E = ApplicationStatus, ApplicationEvent

REVIEW_HOURS: dict[ApprovalLevel, int] = {
    ApprovalLevel.FIRST: 9,
    ApprovalLevel.SECOND: 4,
    ApprovalLevel.FINAL: 4,
}
"""Working hours each level has: the first one working day. Source: lending guide §5.1, mockup 07."""


class ReturnReason(Choice):
    """Why an application goes back 退回原因."""

    DOCUMENTS = "documents", "资料不全"
    UNCLEAR = "unclear", "资料不清晰"
    FLOW = "flow", "补近 6 个月流水"
    PURPOSE = "purpose", "用途需说明"
    SPOUSE = "spouse", "补配偶授权"
    TERMS = "terms", "方案需调整"


class RejectReason(Choice):
    """Why an application is refused 拒绝原因."""

    CREDIT = "credit", "征信不符"
    DEBT = "debt", "负债过高"
    INCOME = "income", "收入不足"
    FRAUD = "fraud", "资料不实"
    PURPOSE = "purpose", "用途不合规"
    COLLATERAL = "collateral", "担保不足"
    POLICY = "policy", "不符合产品准入"


class Condition(Choice):
    """Conditions an approval often carries 附加条件."""

    SPOUSE_SIGNS = "spouse_signs", "配偶共同签署"
    COUNTER_GUARANTEE = "counter_guarantee", "补充反担保"
    QUARTERLY_VISIT = "quarterly_visit", "贷后季度回访"
    PURPOSE_PROOF = "purpose_proof", "放款后 30 天内交用途证明"


LEVEL_OF: dict[ApplicationStatus, ApprovalLevel] = {
    _S.FIRST_REVIEW: ApprovalLevel.FIRST,
    _S.SECOND_REVIEW: ApprovalLevel.SECOND,
    _S.FINAL_REVIEW: ApprovalLevel.FINAL,
}

IN_REVIEW = tuple(LEVEL_OF)

EDITABLE = (_S.DRAFT, _S.RETURNED)

MOVES: dict[tuple[ApplicationStatus, ApplicationEvent], ApplicationStatus] = {
    (_S.DRAFT, _E.SUBMIT): _S.FIRST_REVIEW,
    (_S.RETURNED, _E.SUBMIT): _S.FIRST_REVIEW,
    (_S.FIRST_REVIEW, _E.PASS_ON): _S.SECOND_REVIEW,
    (_S.SECOND_REVIEW, _E.PASS_ON): _S.FINAL_REVIEW,
    **{(s, _E.APPROVE): _S.APPROVED for s in IN_REVIEW},
    **{(s, _E.RETURN): _S.RETURNED for s in IN_REVIEW},
    **{(s, _E.REJECT): _S.REJECTED for s in IN_REVIEW},
    **{(s, _E.WITHDRAW): _S.WITHDRAWN for s in (_S.DRAFT, _S.RETURNED, *IN_REVIEW)},
    (_S.APPROVED, _E.CONTRACT): _S.CONTRACTED,
    (_S.CONTRACTED, _E.VOID_CONTRACT): _S.APPROVED,
    (_S.CONTRACTED, _E.FUND): _S.FUNDED,
}


class IllegalMove(Conflict):
    """The application is not in a state from which this may happen."""

    def __init__(self, status: ApplicationStatus, event: ApplicationEvent) -> None:
        super().__init__(f"申请现在是「{status.label}」，不能{event.label}")
        self.from_status, self.event = status, event


class ApprovingOwnSubmission(NotPermitted):
    """Four eyes 双人复核: who submitted or owns an application may not decide it."""

    def __init__(self) -> None:
        super().__init__("这是你自己经办的申请，需由他人审批")


class ApprovingTwice(NotPermitted):
    """One person may not stand on two levels of the same round."""

    def __init__(self) -> None:
        super().__init__("你已审过这一轮的上一级，需由他人审批")


def move(status: ApplicationStatus, event: ApplicationEvent) -> ApplicationStatus:
    """Return the status after ``event``; raise IllegalMove when the table has no such row."""
    try:
        return MOVES[status, event]
    except KeyError:
        raise IllegalMove(status, event) from None


@dataclass(frozen=True)
class AmountAuthority:
    """Up to which amount a level may decide finally 审批权限 (inclusive, in fen)."""

    first_fen: int = 20_000_000
    second_fen: int = 100_000_000

    def decides(self, level: ApprovalLevel, amount_fen: int) -> bool:
        """Return whether ``level`` may approve ``amount_fen`` without the next one."""
        limit = {ApprovalLevel.FIRST: self.first_fen, ApprovalLevel.SECOND: self.second_fen}
        return amount_fen <= limit.get(level, amount_fen)

    def path(self, amount_fen: int) -> tuple[ApprovalLevel, ...]:
        """Return the levels an application of ``amount_fen`` passes, in order."""
        levels: list[ApprovalLevel] = []
        for level in ApprovalLevel:
            levels.append(level)
            if self.decides(level, amount_fen):
                break
        return tuple(levels)


def check_four_eyes(*, approver_id: int, involved: set[int | None], decided_before: set[int | None]) -> None:
    """Raise unless the approver is a different person from those ``involved`` and the earlier deciders."""
    if approver_id in involved:
        raise ApprovingOwnSubmission
    if approver_id in decided_before:
        raise ApprovingTwice


def event_for(
    decision: Decision, status: ApplicationStatus, *, amount_fen: int, authority: AmountAuthority
) -> ApplicationEvent:
    """Return what ``decision`` means at this level: an approval above the level's authority passes on."""
    if decision is Decision.RETURN:
        return ApplicationEvent.RETURN
    if decision is Decision.REJECT:
        return ApplicationEvent.REJECT
    level = LEVEL_OF.get(status)
    if level is None:
        raise IllegalMove(status, ApplicationEvent.APPROVE)
    return ApplicationEvent.APPROVE if authority.decides(level, amount_fen) else ApplicationEvent.PASS_ON


def check_decision(
    decision: Decision,
    *,
    opinion: str,
    amount_fen: int | None,
    applied_fen: int,
    max_fen: int | None,
    min_fen: int = 0,
) -> None:
    """Raise InvalidInput unless the decision is complete.

    An opinion of at least 4 characters is always needed; an approved amount must be above zero, at most what
    was applied for, and within the product.
    """
    errors: dict[str, str] = {}
    if len(opinion.strip()) < 4:
        errors["opinion"] = "写一句审批意见，至少 4 个字"
    if decision is Decision.APPROVE:
        if not amount_fen or amount_fen <= 0:
            errors["amount_fen"] = "批复金额要大于 0"
        elif amount_fen > applied_fen:
            errors["amount_fen"] = f"批复金额不能超过申请的 {format_wan(applied_fen)}"
        elif max_fen and amount_fen > max_fen:
            errors["amount_fen"] = f"超过本产品上限 {format_wan(max_fen)}"
        elif amount_fen < min_fen:
            errors["amount_fen"] = f"低于本产品下限 {format_wan(min_fen)}"
    if errors:
        raise InvalidInput(fields=errors)


@dataclass(frozen=True)
class Admission:
    """Whom a product admits, by age in full years, ends inclusive; 0 sets no limit but the legal 18."""

    min_age: int = 18
    max_age: int = 0
    max_age_at_maturity: int = 0

    @classmethod
    def parse(cls, stored: Mapping[str, object]) -> Admission:
        """Return the admission of a product from its JSON; other criteria in it are left to the matching."""
        given = {
            k: int(str(v)) for k, v in stored.items() if k in ("min_age", "max_age", "max_age_at_maturity")
        }
        return cls(**given)

    def refusal(self, *, birth_date: date, term_months: int, today: date) -> str:
        """Return why somebody of this age may not apply, or an empty text."""
        age = full_years(birth_date, today)
        youngest = max(self.min_age, 18)
        if age < youngest or (self.max_age and age > self.max_age):
            span = f"{youngest}–{self.max_age} 岁" if self.max_age else f"满 {youngest} 岁"
            return f"客户 {age} 岁，本产品要求 {span}"
        if self.max_age_at_maturity and age * 12 + term_months > self.max_age_at_maturity * 12:
            return f"到期时客户超过 {self.max_age_at_maturity} 岁，可缩短期限"
        return ""


def next_sentence(
    decision: Decision, status: ApplicationStatus, *, amount_fen: int, authority: AmountAuthority
) -> str:
    """Return what happens after a decision 接下来给谁, without names."""
    if decision is Decision.RETURN:
        return "退回给提交人补充，补齐后重新从初审开始"
    if decision is Decision.REJECT:
        return "申请到此结束，将告知提交人"
    level = LEVEL_OF.get(status)
    if level is None:
        raise IllegalMove(status, ApplicationEvent.APPROVE)
    if authority.decides(level, amount_fen):
        return "在本级权限内，批复后由合同岗生成合同"
    limit = authority.first_fen if level is ApprovalLevel.FIRST else authority.second_fen
    following = list(ApprovalLevel)[list(ApprovalLevel).index(level) + 1]
    return f"金额超过 {format_wan(limit)}，将送{following.label}（时限 {REVIEW_HOURS[following]} 工作时）"
