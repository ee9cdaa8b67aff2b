"""Rules of the archive 资料档案: who may do what with a kind of document, how long it is kept, what forbids deleting.

Source: 民法典 and 反洗钱法 34 as read in docs (loan files ten years after the relation ends), PIPL 19 and 47
(shortest retention, delete when the purpose is gone), 电子签名法 5 and 6 (kept complete and unchanged).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from loanhub.domain.choice import Choice
from loanhub.domain.documents import EXPIRY_WARNING_DAYS, LIFE_DAYS, DocumentKind

RETENTION_YEARS = 10
"""How long a file is kept after the relation with its customer has ended, unless its kind says otherwise."""
LONGEST_RETENTION_YEARS = 50
SHORTEST_RETENTION_YEARS = 1
TRASH_DAYS = 30
"""How long a removed file can be brought back before its content may go, whatever the retention says."""

SINGLE = frozenset(
    {
        DocumentKind.ID_FRONT, DocumentKind.ID_BACK, DocumentKind.SPOUSE_ID, DocumentKind.HOUSEHOLD,
        DocumentKind.MARRIAGE, DocumentKind.BUSINESS_LICENSE, DocumentKind.CREDIT_AUTHORIZATION,
        DocumentKind.CREDIT_REPORT,
    }
)  # fmt: skip
"""Kinds a customer has one of: another one handed in is the next version of it. The others may be several."""

KEPT_KINDS = {
    "contract": "合同是法律文件，只能作废，不能移除",
    "import": "导入用的文件随导入记录保留，不能在这里移除",
    "statement": "银行流水文件随对账记录保留，不能在这里移除",
    "evidence": "签署证据不能移除",
}
"""Kinds of files that are never removed, with the sentence that says so."""


class Verb(Choice):
    """What may be allowed for a kind of document."""

    READ = "read", "查看"
    UPLOAD = "upload", "上传"
    TAKE = "take", "下载与打印"


@dataclass(frozen=True)
class Rule:
    """What holds for a kind of document; an empty set of roles leaves the verb to the general permission.

    ``life_days``: how long a document counts after it was handed in, 0 for one that does not age.
    ``remind_days``: how long before its end its keeper is told. ``retention_years``: after the relation's end.
    """

    kind: str
    read_roles: frozenset[str] = frozenset()
    upload_roles: frozenset[str] = frozenset()
    take_roles: frozenset[str] = frozenset()
    life_days: int = 0
    remind_days: int = EXPIRY_WARNING_DAYS
    retention_years: int = RETENTION_YEARS

    def allows(self, verb: Verb, roles: Collection[str]) -> bool:
        """Return whether somebody of these roles may do it; the general permission is asked separately."""
        named = {Verb.READ: self.read_roles, Verb.UPLOAD: self.upload_roles, Verb.TAKE: self.take_roles}[verb]
        return not named or bool(named & set(roles))


def shipped(kind: str) -> Rule:
    """Return the rule a kind has as long as the firm decides nothing else.

    A credit report is taken out by those who judge it or keep it only (征信业管理条例 20: for the agreed purpose).
    """
    found = DocumentKind.find(kind)
    take = (
        frozenset({"credit", "contracts", "manager", "auditor"})
        if kind == DocumentKind.CREDIT_REPORT
        else frozenset()
    )
    return Rule(kind, take_roles=take, life_days=LIFE_DAYS.get(found, 0) if found is not None else 0)  # fmt: skip


def refuse_removal(kind: str, *, held: str = "") -> str | None:
    """Return why a file may not be removed, None when it may; ``held`` is the reason of a hold in force."""
    if held:
        return f"这份资料正在法律保留（{held}），解除保留后才能移除"
    return KEPT_KINDS.get(kind)


def kept_until(*, ended: date | None, open_relation: bool, handed_in: date, years: int) -> date | None:
    """Return the last day a file must be kept, None while the relation with its customer goes on.

    ``ended`` is the day the last loan or application of the customer ended; without any the day of handing in counts.
    """
    if open_relation:
        return None
    start = max(handed_in, ended) if ended is not None else handed_in
    try:
        return start.replace(year=start.year + years)
    except ValueError:  # 29 February
        return start.replace(year=start.year + years, day=28)


def refuse_purge(
    *, today: date, removed_on: date | None, keep: date | None, open_relation: bool, held: str
) -> str | None:
    """Return why the content of a file may not be destroyed yet, None when it may."""
    if held:
        return f"这份资料正在法律保留（{held}）"
    if open_relation:
        return "客户还有未结束的申请或贷款"
    if keep is not None and today <= keep:
        return f"保存期到 {keep:%Y-%m-%d}"
    if removed_on is not None and (today - removed_on).days < TRASH_DAYS:
        return f"移除后 {TRASH_DAYS} 天内可以找回"
    return None
