"""Leads 线索: statuses and moves, temperature, why one is invalid or lost, numbering, 查重 and 撞单 rules.

A lead's status is finer than its board stage: several statuses fold into one stage (:data:`STAGE_STATUSES`).
Source: lending-domain.md §1.6, §5.1, §5.2, §5.6; product blueprint L3, L4, L7.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.pipelines import StageCode


class LeadStatus(Choice):
    """Where a lead stands 线索状态."""

    NEW = "new", "新线索"
    WAITING = "waiting", "待联系"
    NOT_REACHED = "not_reached", "未接通"
    CONTACTED = "contacted", "已联系"
    INTERESTED = "interested", "意向客户"
    INVITED = "invited", "已邀约"
    QUALIFYING = "qualifying", "资质审核"
    MATCHING = "matching", "方案匹配"
    SIGNED = "signed", "已签约"
    SUBMITTED = "submitted", "进件审批"
    APPROVED = "approved", "审批通过"
    AWAITING_DISBURSEMENT = "awaiting_disbursement", "待放款"
    FUNDED = "funded", "已放款"
    LOST = "lost", "已流失"
    INVALID = "invalid", "无效"


class LeadEvent(Choice):
    """What can happen to a lead."""

    ASSIGN = "assign", "分配"
    RELEASE = "release", "移入公海"
    MISS = "miss", "未接通"
    REACH = "reach", "接通"
    INTEREST = "interest", "判定有意向"
    INVITE = "invite", "邀约"
    QUALIFY = "qualify", "开始资质审核"
    MATCH = "match", "匹配方案"
    SIGN = "sign", "签约"
    SUBMIT = "submit", "进件"
    APPROVE = "approve", "批复"
    ACCEPT = "accept", "确认批复"
    FUND = "fund", "放款"
    STEP_BACK = "step_back", "退回上一步"
    LOSE = "lose", "标记流失"
    INVALIDATE = "invalidate", "标记无效"
    REOPEN = "reopen", "重新激活"


class Temperature(Choice):
    """How close a lead is to a deal 意向热度 (A, B high; C watch; D or an invalid code none)."""

    HIGH = "high", "高意向"
    WATCH = "watch", "待观察"
    INVALID = "invalid", "无效"


class IntentGrade(Choice):
    """意向等级 A–D."""

    A = "A", "A 3 天内可进件"
    B = "B", "B 一周内可进件"
    C = "C", "C 观望"
    D = "D", "D 无意向"


class InvalidReason(Choice):
    """Why a lead is invalid 无效原因; the ground for claiming the channel's price back 渠道退量."""

    DEAD_NUMBER = "dead_number", "空号"
    SUSPENDED = "suspended", "停机"
    WRONG_PERSON = "wrong_person", "非本人"
    PEER = "peer", "同行"
    DUPLICATE = "duplicate", "重复"
    NO_NEED = "no_need", "无需求"
    OUT_OF_AREA = "out_of_area", "地区不符"
    OUT_OF_AGE = "out_of_age", "年龄不符"
    MALICIOUS = "malicious", "恶意填写"


class LostReason(Choice):
    """Why a real customer was lost 流失原因."""

    CHOSE_OTHER = "chose_other", "选择他家"
    RATE_TOO_HIGH = "rate_too_high", "利率偏高"
    AMOUNT_TOO_LOW = "amount_too_low", "额度不够"
    NOT_QUALIFIED = "not_qualified", "资质不符"
    REJECTED = "rejected", "审批否决"
    NO_DOCUMENTS = "no_documents", "不愿提供资料"
    UNREACHABLE = "unreachable", "失联"
    POSTPONED = "postponed", "暂不需要"
    OTHER = "other", "其他"


class LeadOrigin(Choice):
    """How an owner came by a lead 数据来源类型."""

    NEW_DATA = "new_data", "新数据"
    REASSIGNED = "reassigned", "再分配"
    POOL_ASSIGNED = "pool_assigned", "公共池分配"
    POOL_CLAIMED = "pool_claimed", "公共池认领"
    OWN_ENTRY = "own_entry", "自己录入"
    REFERRAL = "referral", "转介绍"


class LeadDoor(Choice):
    """By which door a lead came in 进线方式."""

    MANUAL = "manual", "手工录入"
    IMPORT = "import", "名单导入"
    H5 = "h5", "H5 申请"
    API = "api", "接口"
    WEBHOOK = "webhook", "渠道推送"


_S, _E = LeadStatus, LeadEvent

WORKING_STATUSES: tuple[LeadStatus, ...] = (
    _S.WAITING,
    _S.NOT_REACHED,
    _S.CONTACTED,
    _S.INTERESTED,
    _S.INVITED,
    _S.QUALIFYING,
    _S.MATCHING,
    _S.SIGNED,
    _S.SUBMITTED,
    _S.APPROVED,
    _S.AWAITING_DISBURSEMENT,
)
"""The statuses of a lead somebody works on, in the order of the funnel."""

OPEN_STATUSES = frozenset({_S.NEW, *WORKING_STATUSES})
CLOSED_STATUSES = frozenset({_S.FUNDED, _S.LOST, _S.INVALID})
PROTECTED_STATUSES = frozenset({_S.SIGNED, _S.SUBMITTED, _S.APPROVED, _S.AWAITING_DISBURSEMENT})
"""已签约 … 待放款: never recycled into the public pool."""

REASON_REQUIRED = frozenset({_E.RELEASE, _E.STEP_BACK, _E.LOSE, _E.INVALIDATE, _E.REOPEN})
"""Events that need a written reason."""

_UNTALKED = (_S.WAITING, _S.NOT_REACHED)

MOVES: dict[tuple[LeadStatus, LeadEvent], LeadStatus] = {
    (_S.NEW, _E.ASSIGN): _S.WAITING,
    **{(s, _E.ASSIGN): s for s in WORKING_STATUSES},
    **{(s, _E.RELEASE): _S.NEW for s in WORKING_STATUSES if s not in PROTECTED_STATUSES},
    **{(s, _E.MISS): _S.NOT_REACHED for s in _UNTALKED},
    **{(s, _E.REACH): _S.CONTACTED for s in _UNTALKED},
    **{(s, _E.INTEREST): _S.INTERESTED for s in (*_UNTALKED, _S.CONTACTED)},
    **{(s, _E.INVITE): _S.INVITED for s in (_S.CONTACTED, _S.INTERESTED)},
    **{(s, _E.QUALIFY): _S.QUALIFYING for s in (_S.CONTACTED, _S.INTERESTED, _S.INVITED)},
    (_S.QUALIFYING, _E.MATCH): _S.MATCHING,
    (_S.MATCHING, _E.SIGN): _S.SIGNED,
    **{(s, _E.SUBMIT): _S.SUBMITTED for s in (_S.MATCHING, _S.SIGNED)},
    (_S.SUBMITTED, _E.APPROVE): _S.APPROVED,
    (_S.APPROVED, _E.ACCEPT): _S.AWAITING_DISBURSEMENT,
    **{(s, _E.FUND): _S.FUNDED for s in (_S.APPROVED, _S.AWAITING_DISBURSEMENT)},
    (_S.INTERESTED, _E.STEP_BACK): _S.CONTACTED,
    (_S.INVITED, _E.STEP_BACK): _S.INTERESTED,
    (_S.QUALIFYING, _E.STEP_BACK): _S.INTERESTED,
    (_S.MATCHING, _E.STEP_BACK): _S.QUALIFYING,
    (_S.SIGNED, _E.STEP_BACK): _S.MATCHING,
    (_S.SUBMITTED, _E.STEP_BACK): _S.MATCHING,
    (_S.APPROVED, _E.STEP_BACK): _S.SUBMITTED,
    (_S.AWAITING_DISBURSEMENT, _E.STEP_BACK): _S.APPROVED,
    **{(s, _E.LOSE): _S.LOST for s in OPEN_STATUSES},
    **{(s, _E.INVALIDATE): _S.INVALID for s in OPEN_STATUSES - PROTECTED_STATUSES},
    (_S.LOST, _E.REOPEN): _S.WAITING,
    (_S.INVALID, _E.REOPEN): _S.WAITING,
}
"""A row per legal move."""

STAGE_STATUSES: dict[str, tuple[LeadStatus, ...]] = {
    StageCode.LEAD: (_S.NEW, _S.WAITING, _S.NOT_REACHED),
    StageCode.INTENT: (_S.CONTACTED, _S.INTERESTED, _S.INVITED),
    StageCode.REVIEW: (_S.QUALIFYING,),
    StageCode.MATCH: (_S.MATCHING, _S.SIGNED),
    StageCode.VISIT: (_S.SUBMITTED,),
    StageCode.APPROVED: (_S.APPROVED, _S.AWAITING_DISBURSEMENT),
    StageCode.DISBURSED: (_S.FUNDED,),
}
"""The open statuses each default board stage folds; the first is the one a card takes on entering."""


class IllegalMove(Conflict):
    """The lead is not in a status from which this can happen."""

    def __init__(self, status: LeadStatus, event: LeadEvent) -> None:
        super().__init__(f"「{status.label}」的线索不能{event.label}")
        self.from_status, self.event = status, event


def move(status: LeadStatus, event: LeadEvent) -> LeadStatus:
    """Return the status after ``event``; raise IllegalMove when the table has no such row."""
    if (status, event) not in MOVES:
        raise IllegalMove(status, event)
    return MOVES[status, event]


def status_on_entering(stage_code: str, status: LeadStatus, *, owned: bool) -> LeadStatus:
    """Return the status of a card dropped on ``stage_code``.

    The status stays when it already belongs to the stage, or when the stage is one an administrator added.
    """
    statuses = STAGE_STATUSES.get(stage_code, ())
    if not statuses or status in statuses:
        return status
    return _S.WAITING if statuses[0] is _S.NEW and owned else statuses[0]


def temperature_of(grade: IntentGrade, invalid_reason: InvalidReason | None = None) -> Temperature:
    """Return the temperature shown for an intent grade: A, B high; C watch; D or an invalid code invalid."""
    if invalid_reason is not None or grade is IntentGrade.D:
        return Temperature.INVALID
    return Temperature.WATCH if grade is IntentGrade.C else Temperature.HIGH


_NUMBER = re.compile(r"L(\d{8})(\d{3,})", re.ASCII)


def lead_number(day: date, sequence: int) -> str:
    """Return the number 线索编号 of the ``sequence``-th lead of ``day`` (from 1): L20260520001.

    Three digits, widening past 999, so numbers of one day sort by length, then text.
    """
    if sequence < 1:
        raise ValueError("a sequence starts at 1")
    return f"L{day:%Y%m%d}{sequence:03d}"


def parse_lead_number(text: str) -> tuple[date, int]:
    """Return the day and the sequence in a lead number.

    Raises:
        InvalidInput: ``text`` is not a lead number.
    """
    matched = _NUMBER.fullmatch(text.strip().upper())
    try:
        if matched is None:
            raise ValueError(text)
        day = datetime.strptime(matched[1], "%Y%m%d").date()  # noqa: DTZ007 - only the day is taken
    except ValueError:
        raise InvalidInput("线索编号的格式是 L20260520001", fields={"number": "线索编号有误"}) from None
    return day, int(matched[2])


class DuplicateKey(Choice):
    """On what two records agree 查重依据, strongest evidence first."""

    ID_NUMBER = "id_number", "身份证号相同"
    USCC = "uscc", "统一社会信用代码相同"
    PHONE = "phone", "手机号相同"
    NAME_BIRTH = "name_birth", "姓名和出生日期相同"
    COMPANY_NAME = "company_name", "企业名称相同"

    @property
    def certain(self) -> bool:
        """Return whether this is the same party beyond doubt; a phone may be shared by spouses."""
        return self in (DuplicateKey.ID_NUMBER, DuplicateKey.USCC)


@dataclass(frozen=True, slots=True)
class PartyKeys:
    """What 查重 compares, each normalised (id_number as 18 characters); None or "" never matches.

    Blind indexes do as well as clear values: only equality is used.
    """

    phone: str | None = None
    id_number: str | None = None
    name: str | None = None
    birth_date: date | None = None
    uscc: str | None = None
    company_name: str | None = None


def find_duplicate_key(incoming: PartyKeys, known: PartyKeys) -> DuplicateKey | None:
    """Return the strongest key on which both agree, or None.

    Two different ID numbers (or company codes) are two parties, whatever else agrees: a couple may share a
    phone.
    """
    for key, mine, theirs in (
        (DuplicateKey.ID_NUMBER, incoming.id_number, known.id_number),
        (DuplicateKey.USCC, incoming.uscc, known.uscc),
    ):
        if mine and theirs:
            return key if mine == theirs else None
    if incoming.phone and incoming.phone == known.phone:
        return DuplicateKey.PHONE
    same_name = bool(incoming.name) and incoming.name == known.name
    if same_name and incoming.birth_date is not None and incoming.birth_date == known.birth_date:
        return DuplicateKey.NAME_BIRTH
    if incoming.company_name and incoming.company_name == known.company_name:
        return DuplicateKey.COMPANY_NAME
    return None


class DuplicateOutcome(Choice):
    """What happens to an enquiry of a known party 撞单处理."""

    APPEND_TOUCH = "append_touch", "记为重复进线，通知负责人"
    ASSIGN = "assign", "在公海，按规则分配"
    NEW_OPPORTUNITY = "new_opportunity", "流失已久，新建商机"


NEW_OPPORTUNITY_AFTER_DAYS = 90
PROTECTION_DAYS = 30


def decide_duplicate(
    *,
    status: LeadStatus,
    owned: bool,
    closed_at: datetime | None,
    now: datetime,
    after_days: int = NEW_OPPORTUNITY_AFTER_DAYS,
) -> DuplicateOutcome:
    """Return what an enquiry of the party behind a known lead becomes.

    Closed for more than ``after_days`` days: a new opportunity. Else owned: a touch on the lead, the owner is
    told. Else (in the pool): the known lead is assigned as usual. Source: lending-domain.md §5.6.
    """
    closed = status in CLOSED_STATUSES and closed_at is not None
    if closed and closed_at is not None and now - closed_at > timedelta(days=after_days):
        return DuplicateOutcome.NEW_OPPORTUNITY
    return DuplicateOutcome.APPEND_TOUCH if owned else DuplicateOutcome.ASSIGN


def protected_until(last_valid_follow_up_at: datetime, *, days: int = PROTECTION_DAYS) -> datetime:
    """Return until when (exclusive) the first owner keeps the customer in a dispute 保护期."""
    return last_valid_follow_up_at + timedelta(days=days)


def blind_notice(status: LeadStatus, *, in_pool: bool, team: str) -> str:
    """Return all that a duplicate check may tell about somebody else's lead: state and team, never who."""
    if in_pool:
        return "已存在，在公海"
    state = "跟进中" if status in OPEN_STATUSES else status.label
    return f"已存在，{state}" + (f"（{team}）" if team else "")
