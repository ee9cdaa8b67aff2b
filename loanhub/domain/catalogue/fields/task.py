"""Fields of a to-do 待办."""

from __future__ import annotations

from loanhub.domain.catalogue.choices import PRIORITIES, TaskKind
from loanhub.domain.catalogue.fields._build import at_most, describer
from loanhub.domain.catalogue.spec import EntitySpec, Related

_field, _system = describer("task", "tasks:edit")
_WHAT = "待办"

FIELDS = (
    _field("title", "标题", "text", _WHAT, required=True, in_table=True, width=240),
    _field("kind", "类型", "choice", _WHAT, choices=TaskKind, in_table=True, width=90),
    _field("note", "说明", "long_text", _WHAT, check=at_most(2000), in_filter=False),
    _field("owner_id", "负责人", "user", _WHAT, in_table=True, width=100),
    _field("priority", "优先级", "level", _WHAT, choices=PRIORITIES, in_table=True, width=80),
    _field("due_at", "截止时间", "datetime", _WHAT, in_table=True),
    _system("department_id", "所属部门", "department"),
    _system("lead_id", "线索", "relation", in_export=False),
    _system("customer_id", "客户", "relation", in_export=False),
    _system("application_id", "申请", "relation", in_export=False),
    _system("loan_id", "借据", "relation", in_export=False),
    _system("customer_segment_id", "客户分群", "segment", choices="segment", in_export=False, in_print=False),
    _system("snoozed_until", "稍后提醒至", "datetime"),
    _system("done_at", "完成时间", "datetime", in_table=True),
    _system("done_note", "完成说明", "text"),
    _system("escalated_at", "超时升级时间", "datetime"),
    _system("cancelled_at", "取消时间", "datetime"),
    _system("source", "来源", "text"),
    _system("created_by_id", "创建人", "user"),
    _system("created_at", "创建时间", "datetime"),
)

ENTITY = EntitySpec(
    "task",
    "待办",
    FIELDS,
    related=(
        Related("customer", "客户", "customer", "id", parent_column="customer_id", unit="位"),
        Related("lead", "线索", "lead", "id", parent_column="lead_id", unit="条"),
        Related("application", "申请", "application", "id", parent_column="application_id", unit="笔"),
        Related("loan", "借据", "loan", "id", parent_column="loan_id", unit="笔"),
    ),
    custom_allowed=False,
)
