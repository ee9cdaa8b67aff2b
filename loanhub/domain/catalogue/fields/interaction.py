"""Fields of an interaction 跟进: once recorded it stays as it is."""

from __future__ import annotations

from loanhub.domain.catalogue.choices import InteractionKind
from loanhub.domain.catalogue.fields._build import PERSONAL, at_most, between, describer
from loanhub.domain.catalogue.spec import EntitySpec

_field, _system = describer("interaction", "interactions:create")
_WHAT = "跟进"

FIELDS = (
    _field("kind", "跟进方式", "choice", _WHAT, choices=InteractionKind, required=True, in_table=True,
           width=90),
    _field("outcome", "跟进结果", "choice", _WHAT, choices="interaction_outcome", in_table=True, width=110),
    _field("text", "跟进内容", "long_text", _WHAT, check=at_most(2000), in_table=True, sensitivity=PERSONAL,
           mask="secret", width=320),
    _field("duration_seconds", "通话时长", "integer", _WHAT, unit="秒", check=between(0, 86_400), width=90),
    _field("next_step", "下一步", "text", _WHAT, check=at_most(200)),
    _field("next_step_at", "下次跟进时间", "datetime", _WHAT),
    _system("lead_id", "线索", "relation", in_export=False),
    _system("customer_id", "客户", "relation", in_export=False),
    _system("at", "跟进时间", "datetime", in_table=True),
    _system("by_id", "跟进人", "user", in_table=True, width=100),
    _system("created_at", "登记时间", "datetime"),
)  # fmt: skip

ENTITY = EntitySpec("interaction", "跟进", FIELDS, custom_allowed=False)
