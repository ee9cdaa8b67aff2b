"""What became of a bank line 流水状态, and the tabs the page shows them under."""

from __future__ import annotations

from loanhub.domain.choice import Choice


class LineStatus(Choice):
    """The state of a line; money is posted at most once from it."""

    UNMATCHED = "unmatched", "待认领"
    MATCHED = "matched", "已入账"
    BOOKED = "booked", "已有账"
    IGNORED = "ignored", "无关"


class LineTab(Choice):
    """The tabs of the page; a suggested line is an unmatched one that names its loan."""

    UNCLAIMED = "unclaimed", "待认领"
    SUGGESTED = "suggested", "建议"
    DONE = "done", "已入账"
    IGNORED = "ignored", "无关"
