"""A second board of leads in the demo company: car loans, entered by condition, and views shared with others."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.demo.company import Company
from loanhub.domain.errors import LoanHubError
from loanhub.domain.permissions import RoleCode
from loanhub.models import Lead, Pipeline
from loanhub.services import boards, pipeline_boards, pipelines, saved_views
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.setup import DEFAULT_PIPELINE

NAME = "车贷看板"
CAR = {"field": "product_code", "op": "eq", "value": "car"}


def build(company: Company, *, now: datetime) -> int:
    """Make the board, bring the car leads in work to it, share three views; return how many leads came."""
    admin, chief = company.staff[RoleCode.ADMIN][0], company.team_leads[0]
    before = now - timedelta(days=12)
    first = pipelines.list_boards(admin)[0][0]
    board = pipeline_boards.create_board(admin, label=NAME, copy_of=first, now=before)
    code = _code_of(board)
    with reading() as db:
        product = str(CAR["value"])
        known = db.execute(
            sa.select(col(Lead.id), col(Lead.stage_code), col(Lead.version), col(Lead.owner_id))
            .join(Pipeline, col(Pipeline.id) == col(Lead.pipeline_id))
            .where(
                col(Pipeline.code) == DEFAULT_PIPELINE, col(Lead.product_code) == product,
                col(Lead.deleted_at).is_(None), col(Lead.closed_at).is_(None), col(Lead.owner_id).is_not(None),
            )
            .order_by(col(Lead.id))
        ).all()  # fmt: skip
    pipeline_boards.set_entry(admin, pipeline_id=board, version=1, conditions=[CAR], now=before)
    owners = {one.user_id: one for one in company.sales}
    moved = 0
    for lead_id, stage, version, owner_id in known:
        owner = owners.get(owner_id)
        if owner is not None:
            moved += _bring(owner, int(lead_id), code, str(stage), int(version), now=now)
    _views(chief, code, now=now)
    return moved


def _code_of(board: int) -> str:
    with reading() as db:
        found = db.get(Pipeline, board)
        assert found is not None
        return found.code


def _bring(owner: Actor, lead_id: int, board: str, stage: str, version: int, *, now: datetime) -> int:
    try:
        boards.transfer(owner, lead_id=lead_id, board=board, to=stage, expected_version=version, now=now)
    except LoanHubError:
        return 0  # a gate of that stage is closed to it: it stays where it is
    return 1


def _views(chief: Actor, board: str, *, now: datetime) -> None:
    place, department = boards.page_of(board), f"department:{chief.department_id}"
    large = {"field": "amount_fen", "op": "gte", "value": 20_000_000}
    soon = {"field": "next_step_at", "op": "in_period", "value": {"relative": "today"}}
    for page, name, criteria, settings, whom in (
        (place, "本组大额车贷", large, {"lane": "owner", "sort": "amount"}, department),
        (place, "今天要跟进", soon, {"lane": "", "sort": "next_step"}, "role:sales"),
        (boards.page_of(DEFAULT_PIPELINE), "20 万以上", large, {"lane": "product", "sort": "amount"}, "all"),
    ):
        saved_views.save_view(
            chief, page, "lead", name=name, raw_criteria=criteria, settings=settings, share_with=whom, now=now
        )
