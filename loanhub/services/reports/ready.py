"""Ready reports 现成报表: what a lender asks every week; shipped with the program, changed as copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ready:
    """A report that lives in code; ``definition`` is JSON of a definition."""

    code: str
    name: str
    note: str
    definition: Mapping[str, Any]


def _month(*measures: str, **parts: Any) -> dict[str, Any]:
    return {"measures": list(measures), "period": {"code": "month"}, **parts}


READY: dict[str, Ready] = {
    one.code: one
    for one in (
        Ready(
            "channel_quality", "渠道质量", "各渠道近 90 天的线索：量、有效率、成本与至今的转化；成本高而转化低的先谈价",
            {"measures": ["new_leads", "valid_lead_rate", "lead_conversion", "channel_cost", "cost_per_lead", "channel_roi"],
             "rows": ["channel"], "period": {"code": "last_90_days"}, "chart": "bar"},
        ),
        Ready(
            "staff_results", "员工业绩", "本月每人放款、单数与件均，和上月同期比",
            _month("disbursed_amount", "disbursed_count", "average_ticket", rows=["department", "owner"], compare="before",
                   sort={"by": "disbursed_amount", "descending": True}, chart="bar"),
        ),
        Ready(
            "monthly_lending", "放款月报", "近 12 个月放款金额、笔数与件均",
            {"measures": ["disbursed_amount", "disbursed_count", "average_ticket"], "rows": ["month"],
             "period": {"code": "last_12_months"}, "chart": "line"},
        ),
        Ready(
            "product_mix", "产品放款构成", "近 12 个月各产品放款，看结构怎样变",
            {"measures": ["disbursed_amount"], "rows": ["month"], "columns": ["product"],
             "period": {"code": "last_12_months"}, "chart": "stacked"},
        ),
        Ready(
            "stage_conversion", "阶段停留", "近 90 天每个阶段离开的线索停留多久，按渠道对照",
            {"measures": ["stage_hours"], "rows": ["stage"], "columns": ["channel"], "period": {"code": "last_90_days"},
             "sort": {"by": "stage", "descending": False}, "chart": "heat"},
        ),
        Ready(
            "lead_to_loan", "渠道转化走势", "近 6 个月每月进线的线索至今有多少放了款，按渠道；新月份还没熟，会低",
            {"measures": ["lead_conversion"], "rows": ["month"], "columns": ["channel"],
             "period": {"code": "last_6_months"}, "chart": "heat"},
        ),
        Ready(
            "approval", "审批效率", "本月按产品的进件、通过率与审批时长，和上月同期比",
            _month("application_count", "approval_rate", "approval_hours", "approval_hours_median", rows=["product"],
                   compare="before", chart="bar"),
        ),
        Ready(
            "overdue_spread", "逾期分布", "当前在贷余额按逾期阶段和产品分布",
            {"measures": ["outstanding_principal"], "rows": ["bucket"], "columns": ["product"],
             "sort": {"by": "bucket", "descending": False}, "chart": "heat"},
        ),
        Ready(
            "collection_results", "催收成效", "本月每位催收员的在催、结案、联系与承诺兑现，和上月同期比",
            _month("cases_opened", "cases_closed", "collection_contacts", "promises_kept_rate", rows=["owner"],
                   compare="before", chart="bar"),
        ),
        Ready(
            "region", "客户地域", "近 12 个月放款前十的城市，其余合为其他",
            {"measures": ["disbursed_amount", "disbursed_count", "average_ticket"], "rows": ["city"],
             "period": {"code": "last_12_months"}, "top": 10, "chart": "bar"},
        ),
    )
}  # fmt: skip
"""By code, in the order they are shown."""
