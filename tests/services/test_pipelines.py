from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.pipelines import MoveRefused
from loanhub.models import Event, Lead
from loanhub.services import boards, pipelines
from loanhub.services._transaction import reading
from loanhub.services.leads import create as lead_create
from loanhub.services.pipelines import StageForm
from tests.builders import NOON, bare_actor, make_company, make_phone, make_user

ADMIN = bare_actor(RoleCode.ADMIN)


@pytest.fixture
def board(database: Engine) -> pipelines.BoardView:
    make_company()
    return pipelines.view(ADMIN, pipeline_id=pipelines.list_boards(ADMIN)[0][0], now=NOON)


def _forms(board: pipelines.BoardView) -> list[StageForm]:
    return [
        StageForm(
            s.code,
            s.label,
            s.dwell_target_hours,
            s.wip_limit,
            s.probability_percent,
            s.required,
            documents=s.documents,
        )
        for s in board.stages
    ]


def _save(board: pipelines.BoardView, forms: list[StageForm], *, version: int | None = None) -> None:
    pipelines.save(
        ADMIN,
        pipeline_id=board.id,
        version=version or board.version,
        label=board.label,
        stages=forms,
        now=NOON,
    )


class TestSave:
    def test_changes_names_targets_limits_and_records_each(self, board: pipelines.BoardView) -> None:
        forms = _forms(board)
        forms[1] = replace(
            forms[1], label="深度沟通", dwell_target_hours=36, wip_limit=20, probability_percent=25
        )

        _save(board, forms)

        stage = pipelines.view(ADMIN, pipeline_id=board.id, now=NOON).stages[1]
        assert (stage.label, stage.dwell_target_hours, stage.wip_limit, stage.probability_percent) == (
            "深度沟通",
            36,
            20,
            25,
        )
        with reading() as db:
            event = db.execute(sa.select(Event).where(col(Event.type) == "pipeline.edited")).scalar_one()
        assert (
            event.before["初步沟通 · 停留目标"] == "3 天" and event.after["初步沟通 · 停留目标"] == "36 小时"
        )

    def test_a_required_field_closes_the_gate_at_once(self, board: pipelines.BoardView) -> None:
        sales = make_user(RoleCode.SALES)
        raw = {"name": "孙立", "phone": make_phone(), "channel_code": "referral"}
        lead_id = lead_create(sales, raw, now=NOON).lead_id
        forms = _forms(board)
        forms[1] = replace(forms[1], required=("name", "city"))

        _save(board, forms)

        with reading() as db:
            lead = db.get(Lead, lead_id)
            assert lead is not None
            version = lead.version
        with pytest.raises(MoveRefused, match="城市"):
            boards.move(sales, lead_id=lead_id, to="intent", expected_version=version, now=NOON)

    def test_the_order_of_boxes_is_no_change(self, board: pipelines.BoardView) -> None:
        forms = [replace(form, required=tuple(reversed(form.required))) for form in _forms(board)]

        _save(board, forms)

        assert pipelines.view(ADMIN, pipeline_id=board.id, now=NOON).version == board.version

    def test_reorders_the_free_stages(self, board: pipelines.BoardView) -> None:
        forms = _forms(board)
        forms[2], forms[3] = forms[3], forms[2]

        _save(board, forms)

        codes = [s.code for s in pipelines.view(ADMIN, pipeline_id=board.id, now=NOON).stages]
        assert codes[:4] == ["lead", "intent", "match", "review"]

    def test_keeps_the_entry_first_and_the_gated_in_sequence(self, board: pipelines.BoardView) -> None:
        for first, second in ((0, 1), (4, 5), (5, 6), (3, 6)):
            forms = _forms(board)
            forms[first], forms[second] = forms[second], forms[first]
            with pytest.raises(InvalidInput) as refused:
                _save(board, forms)
            assert list(refused.value.fields) == ["stages"]
        with pytest.raises(InvalidInput):
            _save(board, _forms(board)[:-1])

    @pytest.mark.parametrize(
        ("key", "changes"),
        [
            ("label", {"label": " "}),
            ("label", {"label": "线索接入"}),
            ("dwell_target_hours", {"dwell_target_hours": -1}),
            ("wip_limit", {"wip_limit": 10_000}),
            ("probability_percent", {"probability_percent": 101}),
            ("required", {"required": ("password_hash",)}),
        ],
    )
    def test_names_the_fault(self, board: pipelines.BoardView, key: str, changes: dict[str, object]) -> None:
        forms = _forms(board)
        forms[1] = replace(forms[1], **changes)  # type: ignore[arg-type]

        with pytest.raises(InvalidInput) as refused:
            _save(board, forms)

        assert list(refused.value.fields) == [f"intent.{key}"]

    def test_refuses_a_stale_form_an_unknown_board_and_others(self, board: pipelines.BoardView) -> None:
        forms = _forms(board)
        with pytest.raises(pipelines.StaleBoard):
            _save(board, forms, version=9)
        with pytest.raises(NotFound):
            pipelines.view(ADMIN, pipeline_id=99, now=NOON)
        for role in set(RoleCode) - {RoleCode.ADMIN}:
            with pytest.raises(NotPermitted):
                pipelines.save(
                    bare_actor(role), pipeline_id=board.id, version=1, label="x", stages=forms, now=NOON
                )
            with pytest.raises(NotPermitted):
                pipelines.view(bare_actor(role), pipeline_id=board.id, now=NOON)
            with pytest.raises(NotPermitted):
                pipelines.list_boards(bare_actor(role))


class TestDocuments:
    def test_are_chosen_for_a_stage_and_said_in_the_log(self, board: pipelines.BoardView) -> None:
        forms = _forms(board)
        forms[1] = replace(forms[1], documents=("tax", "id_front"), documents_hard=True)
        _save(board, forms)

        stage = pipelines.view(ADMIN, pipeline_id=board.id, now=NOON).stages[1]
        assert (stage.documents, stage.document_labels) == (("id_front", "tax"), ("身份证正面", "纳税证明"))
        assert stage.documents_hard
        with reading() as db:
            event = db.execute(sa.select(Event).where(col(Event.type) == "pipeline.edited")).scalar_one()
        assert event.after == {"初步沟通 · 应交资料": "身份证正面、纳税证明", "初步沟通 · 资料没齐": "拦住"}

    @pytest.mark.parametrize(
        ("documents", "hard", "said"),
        [(("gold",), False, "不存在"), ((), True, "先勾选")],
        ids=["unknown", "none"],
    )
    def test_are_refused_beside_the_stage(
        self, board: pipelines.BoardView, documents: tuple[str, ...], hard: bool, said: str
    ) -> None:
        forms = _forms(board)
        forms[1] = replace(forms[1], documents=documents, documents_hard=hard)

        with pytest.raises(InvalidInput) as fault:
            _save(board, forms)
        assert said in fault.value.fields[f"{forms[1].code}.documents"]

    def test_are_for_leads_alone(self, board: pipelines.BoardView) -> None:
        tasks = next(key for key, label in pipelines.list_boards(ADMIN) if label == "待办看板")
        found = pipelines.view(ADMIN, pipeline_id=tasks, now=NOON)
        forms = _forms(found)
        forms[0] = replace(forms[0], documents=("tax",))

        with pytest.raises(InvalidInput) as fault:
            _save(found, forms)
        assert fault.value.fields == {f"{forms[0].code}.documents": "只有线索看板可以按阶段要资料"}
