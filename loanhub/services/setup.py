"""What every installation needs before its first user signs in: roles, the company, the default board."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.permissions import ROLES
from loanhub.domain.pipelines import DEFAULT_STAGES, FURTHER_BOARDS, StageSpec
from loanhub.models import Channel, Department, Pipeline, Role, SavedView, Stage

DEFAULT_PIPELINE = "default"

DEFAULT_CHANNELS: tuple[tuple[str, str], ...] = (
    ("douyin", "抖音信息流"),
    ("baidu_sem", "百度SEM"),
    ("wechat_moments", "微信朋友圈"),
    ("loan_market", "贷超"),
    ("website", "官网"),
    ("referral", "转介绍"),
    ("telesales", "电销"),
    ("field", "地推"),
    ("other", "其他"),
)
"""(code, label); what a lead of theirs costs, each company enters itself."""

CHANNEL_KINDS = {
    "douyin": "ads", "baidu_sem": "ads", "wechat_moments": "ads", "loan_market": "purchased", "website": "own",
    "referral": "referral", "telesales": "own", "field": "offline",
}  # fmt: skip
"""What sort of source each of them is; 其他 for the rest."""


DEFAULT_VIEWS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("boards", "我的在途", {"field": "owner_id", "op": "eq", "value": "me"}),
    ("boards", "本组在途", {"field": "owner_id", "op": "eq", "value": "my_team"}),
    (
        "boards",
        "停留超 3 天",
        {"field": "stage_entered_at", "op": "lt", "value": {"relative": "now", "hours": -72}},
    ),
    ("boards", "无下一步", {"field": "next_step", "op": "is_empty"}),
)
"""(page, name, criteria) of the views everybody finds."""


def install(
    db: Session, *, company_name: str, now: datetime, lead_prices: Mapping[str, int] | None = None
) -> None:
    """Write the reference rows that are missing; running it again changes nothing.

    ``lead_prices`` are agreed prices of one lead in fen by channel code; a channel without one costs nothing.
    """
    known = set(db.execute(sa.select(col(Role.code))).scalars())
    for spec in ROLES.values():
        if spec.code.value not in known:
            db.add(
                Role(
                    code=spec.code.value,
                    label=spec.code.label,
                    scope=int(spec.scope),
                    permissions=sorted(p.value for p in spec.permissions),
                )
            )
    if db.execute(sa.select(sa.func.count()).select_from(Department)).scalar_one() == 0:
        root = Department(name=company_name, kind="company")
        db.add(root)
        db.flush()
        root.path = f"/{root.id}/"
    if db.execute(sa.select(col(Pipeline.id)).where(col(Pipeline.code) == DEFAULT_PIPELINE)).first() is None:
        _add_board(db, DEFAULT_PIPELINE, "进件看板", "lead", DEFAULT_STAGES)
        for code, label, entity, stages in FURTHER_BOARDS:
            _add_board(db, code, label, entity.value, stages)
        # With the board, once: a view somebody deletes does not come back.
        for position, (page, name, criteria) in enumerate(DEFAULT_VIEWS):
            db.add(SavedView(page=page, name=name, criteria=criteria, sort=position, created_at=now))
    channels = set(db.execute(sa.select(col(Channel.code))).scalars())
    for position, (code, label) in enumerate(DEFAULT_CHANNELS):
        if code not in channels:
            cost = (lead_prices or {}).get(code, 0)
            kind, model = CHANNEL_KINDS.get(code, "other"), "per_lead" if cost else "free"
            db.add(
                Channel(
                    code=code, label=label, cost_per_lead_fen=cost, sort=position, kind=kind, cost_model=model
                )
            )
    db.flush()


def _add_board(db: Session, code: str, label: str, entity: str, stages: Iterable[StageSpec]) -> None:
    pipeline = Pipeline(code=code, label=label, entity=entity)
    db.add(pipeline)
    db.flush()
    for position, stage in enumerate(stages):
        db.add(
            Stage(
                pipeline_id=pipeline.id or 0,
                code=stage.code,
                label=stage.label,
                color=stage.color,
                sort=position,
                dwell_target_hours=stage.dwell_target_hours,
                wip_limit=stage.wip_limit,
                probability_percent=stage.probability_percent,
                required=list(stage.required),
                hard_gate=stage.hard_gate,
                next_codes=list(stage.next_codes),
                wip_hard=stage.wip_hard,
                documents=list(stage.documents),
                documents_hard=stage.documents_hard,
            )
        )
