"""Boards and their stages 看板与阶段: the seven default stages, gates, dwell targets, allowed moves.

Stages are data, edited by an administrator per business line; what stands here is the default and the pure
rules about any stage: may a card enter, what is missing, how old is it.
Source: product blueprint K1; lending guide §5.1 (the seven board stages fold the finer statuses).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict


class StageCode(Choice):
    """The seven default stages 七节通路."""

    LEAD = "lead", "线索接入"
    INTENT = "intent", "初步沟通"
    REVIEW = "review", "资质审核"
    MATCH = "match", "方案匹配"
    VISIT = "visit", "银行面签"
    APPROVED = "approved", "审批放款"
    DISBURSED = "disbursed", "贷后管理"


class AgeState(Choice):
    """Where a card stands against its stage's dwell target 龄期."""

    HEALTHY = "healthy", "健康"
    NEAR = "near", "临期"
    OVER = "over", "超时"


@dataclass(frozen=True)
class StageSpec:
    """A stage as the rules see it.

    ``required`` lists catalogue keys that must be filled before a card may enter; ``wip_limit`` of 0 means
    none; ``dwell_target_hours`` is the time a card should stay at most (0: no target); ``probability`` weighs
    the column's amount, 0 to 1 in hundredths. ``next_codes`` are the stages a card may go to from here, none
    meaning any; ``wip_hard`` refuses a card beyond ``wip_limit`` instead of coloring the count. ``documents``
    are the kinds that ought to be there by the end of the stage, where the product asks for them; ``documents_hard``
    keeps a card that lacks one of them from going beyond the stage.
    """

    code: str
    label: str
    color: str
    dwell_target_hours: int = 0
    wip_limit: int = 0
    probability_percent: int = 0
    required: tuple[str, ...] = field(default=())
    hard_gate: str = ""
    next_codes: tuple[str, ...] = ()
    wip_hard: bool = False
    documents: tuple[str, ...] = ()
    documents_hard: bool = False


DEFAULT_STAGES: tuple[StageSpec, ...] = (
    StageSpec(StageCode.LEAD, StageCode.LEAD.label, "lead", 24, 0, 5),
    StageSpec(StageCode.INTENT, StageCode.INTENT.label, "intent", 72, 0, 15, ("name",)),
    StageSpec(
        StageCode.REVIEW, StageCode.REVIEW.label, "review", 48, 0, 30, ("name", "amount_fen", "city"),
        documents=("id_front", "id_back", "business_license", "credit_authorization"),
    ),
    StageSpec(
        StageCode.MATCH, StageCode.MATCH.label, "match", 48, 0, 45,
        ("name", "amount_fen", "city", "id_number", "purpose"),
        documents=("income", "bank_flow", "tax", "credit_report"),
    ),
    StageSpec(
        StageCode.VISIT, StageCode.VISIT.label, "visit", 72, 0, 60,
        ("name", "amount_fen", "id_number", "product_code"), "application_open",
        documents=("spouse_id", "household", "marriage", "property", "vehicle", "purpose"),
    ),
    StageSpec(
        StageCode.APPROVED, StageCode.APPROVED.label, "approved", 48, 0, 80,
        ("amount_fen", "id_number", "product_code"), "application_approved",
        documents=("guarantor", "visit_photo"),
    ),
    StageSpec(StageCode.DISBURSED, StageCode.DISBURSED.label, "disbursed", 0, 0, 100, (), "loan_disbursed"),
)  # fmt: skip
"""The default board, in order. ``hard_gate`` names a fact that no side sheet can supply."""


class BoardEntity(Choice):
    """What a board's cards are."""

    LEAD = "lead", "线索"
    APPLICATION = "application", "申请"
    TASK = "task", "待办"
    COLLECTION_CASE = "collection_case", "催收案件"


class TaskStage(Choice):
    """The columns of the board of to-dos; ``done`` follows from the to-do's completion."""

    TODO = "todo", "待办"
    DOING = "doing", "进行中"
    WAITING = "waiting", "等待"
    DONE = "done", "完成"


APPLICATION_BOARD = "applications"
TASK_BOARD = "tasks"
COLLECTION_BOARD = "collections"

APPLICATION_STAGES: tuple[StageSpec, ...] = (
    StageSpec("draft", "草稿", "lead", 72, 0, 20),
    StageSpec("returned", "退回补充", "intent", 48, 0, 30),
    StageSpec("first_review", "初审", "review", 24, 0, 50),
    StageSpec("second_review", "复审", "match", 24, 0, 60),
    StageSpec("final_review", "终审", "visit", 24, 0, 70),
    StageSpec("approved", "已通过", "approved", 72, 0, 90),
    StageSpec("contracted", "已出合同", "approved", 72, 0, 95),
    StageSpec("funded", "已放款", "disbursed", 0, 0, 100),
)
"""The board of applications: its stages are the statuses of ``domain.applications``, by the same codes."""

TASK_STAGES: tuple[StageSpec, ...] = (
    StageSpec(TaskStage.TODO, TaskStage.TODO.label, "lead", 72),
    StageSpec(TaskStage.DOING, TaskStage.DOING.label, "review", 48),
    StageSpec(TaskStage.WAITING, TaskStage.WAITING.label, "visit", 120),
    StageSpec(TaskStage.DONE, TaskStage.DONE.label, "disbursed"),
)

COLLECTION_STAGES: tuple[StageSpec, ...] = (
    StageSpec("todo", "待联系", "lead", 24),
    StageSpec("contacting", "联系中", "intent", 72),
    StageSpec("promised", "承诺还款", "match"),
    StageSpec("visit", "外访", "visit", 168),
    StageSpec("legal", "法务", "review"),
    StageSpec("closed", "已结案", "disbursed"),
)
"""The board of collection cases: its stages are those of ``domain.collections``, by the same codes."""

FURTHER_BOARDS: tuple[tuple[str, str, BoardEntity, tuple[StageSpec, ...]], ...] = (
    (APPLICATION_BOARD, "申请看板", BoardEntity.APPLICATION, APPLICATION_STAGES),
    (TASK_BOARD, "待办看板", BoardEntity.TASK, TASK_STAGES),
    (COLLECTION_BOARD, "催收看板", BoardEntity.COLLECTION_CASE, COLLECTION_STAGES),
)
"""Boards every firm has besides the one of leads: code, name, entity, stages."""

GATE_SENTENCES: Mapping[str, str] = {
    "application_open": "需要先发起贷款申请",
    "application_approved": "需要风控审批通过",
    "loan_disbursed": "需要财务完成放款",
}
"""What a card still lacks, by hard gate."""


class MoveRefused(Conflict):
    """The flow forbids this move; a side sheet could supply ``missing``, catalogue keys, and ``papers``, kinds of documents."""

    def __init__(self, sentence: str, *, missing: tuple[str, ...] = (), papers: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.missing, self.papers = missing, papers


@dataclass(frozen=True)
class Gate:
    """What a card meets and lacks for entering a stage 移入条件; ``papers`` are kinds of documents still to be handed in."""

    stage: str
    met: tuple[str, ...]
    missing: tuple[str, ...]
    blocked: str = ""
    papers: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Return whether the card may enter now."""
        return not self.missing and not self.papers and not self.blocked


def check_gate(stage: StageSpec, filled: Mapping[str, object], facts: Iterable[str]) -> Gate:
    """Return what a card with these ``filled`` values and ``facts`` meets and lacks for ``stage``.

    A value counts as filled when it is neither None nor an empty string. ``facts`` are the hard-gate codes
    that hold for the card.
    """
    present = tuple(k for k in stage.required if filled.get(k) not in (None, ""))
    missing = tuple(k for k in stage.required if k not in present)
    blocked = ""
    if stage.hard_gate and stage.hard_gate not in set(facts):
        blocked = GATE_SENTENCES.get(stage.hard_gate, "还不满足移入条件")
    return Gate(stage.code, present, missing, blocked)


def documents_due(stages: Iterable[StageSpec], target: str) -> frozenset[str]:
    """Return the kinds of documents without which no card enters ``target``: those of every strict stage before it."""
    due: set[str] = set()
    for stage in stages:
        if stage.code == target:
            break
        if stage.documents_hard:
            due |= set(stage.documents)
    return frozenset(due)


def refusal(source: StageSpec | None, target: StageSpec, *, count: int = 0) -> str:
    """Return why the board's own rules keep a card of ``source`` out of ``target``, or an empty text.

    ``count`` is how many cards stand in the target now, asked only when its limit is hard.
    """
    if source is not None and source.next_codes and target.code not in source.next_codes:
        return f"「{source.label}」不能直接移至「{target.label}」"
    if target.wip_hard and target.wip_limit and count >= target.wip_limit:
        return f"「{target.label}」已满 {count}/{target.wip_limit}，先移出一张"
    return ""


def age_state(entered_at: datetime, now: datetime, dwell_target_hours: int) -> AgeState:
    """Return healthy, near (at most a quarter of the target left) or over 龄期; no target is healthy."""
    if not dwell_target_hours:
        return AgeState.HEALTHY
    target = timedelta(hours=dwell_target_hours)
    spent = now - entered_at
    if spent > target:
        return AgeState.OVER
    return AgeState.NEAR if spent * 4 >= target * 3 else AgeState.HEALTHY
