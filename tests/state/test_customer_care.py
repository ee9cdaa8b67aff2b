"""The newer handlers of customer 360 and of the list: grade, manager, checklist, export, segments' chip, failing sections."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from loanhub.domain.permissions import RoleCode
from loanhub.services import documents, exports, files, segments
from loanhub.state._clock import utc_now
from loanhub.state.customer import CustomerState
from loanhub.state.customer_care import CustomerCareState
from loanhub.state.customer_documents import CustomerDocumentsState
from loanhub.state.customer_sections import CustomerSectionsState
from loanhub.state.customers import CustomersState
from tests.builders import make_user
from tests.state.test_daily_work import company, do, make_customer, visit  # noqa: F401


def photo() -> io.BytesIO:
    target = io.BytesIO()
    Image.effect_noise((32, 24), 50).convert("RGB").save(target, "JPEG")
    target.seek(0)
    return target


def opened(visit: Any, actor: Any, customer_id: int, **query: str) -> Any:  # noqa: F811
    page = visit(CustomerState, actor, f"/customers/{customer_id}/", **query)
    do(CustomerState.load, page)
    return page


def sibling(page: Any, other: Any) -> Any:
    """Return another State of the same browser."""
    root = page
    while root.parent_state is not None:
        root = root.parent_state
    return root.get_substate(other.get_full_name().split(".")[1:])


class TestCare:
    def test_shows_the_segments_with_why_and_where(self, visit: Any) -> None:  # noqa: F811
        lead = make_user(RoleCode.TEAM_LEAD)
        condition = {"all": [{"field": "city", "op": "eq", "value": "上海"}]}
        number = segments.create(lead, name="上海客户", raw_criteria=condition, shared="all", now=utc_now())
        made = make_customer(lead, city="上海")
        care = sibling(opened(visit, lead, made), CustomerCareState)
        do(CustomerCareState.load, care)
        assert care.segments == [
            {"name": "上海客户", "sentence": "所在城市是「上海」", "href": f"/segments/{number}"}
        ]
        assert care.read == made

    def test_sets_the_grade_and_gives_it_back(self, visit: Any) -> None:  # noqa: F811
        credit = make_user(RoleCode.CREDIT)
        made = make_customer(make_user(RoleCode.SALES))
        page = opened(visit, credit, made)
        care = sibling(page, CustomerCareState)
        do(CustomerCareState.load, care)
        do(CustomerCareState.set_grade, care, {"grade": "4", "reason": "流水与收入不符"})
        assert (page.head.risk, page.head.risk_note) == (4, "人工定级，系统算得未评级")
        do(CustomerCareState.set_grade, care, {"grade": "computed", "reason": "材料已补齐"})
        assert (page.head.risk, care.grade.manual) == (0, False)
        do(CustomerCareState.set_grade, care, {"grade": "9", "reason": "没有这一级"})
        assert "grade" in care.field_errors and page.head.risk == 0

    def test_names_a_dedicated_manager(self, visit: Any) -> None:  # noqa: F811
        lead, rep = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES)
        page = opened(visit, lead, make_customer(rep))
        care = sibling(page, CustomerCareState)
        do(CustomerCareState.load, care)
        do(CustomerCareState.show_manager, care, True)
        assert str(rep.user_id) in [one["value"] for one in care.managers]
        do(CustomerCareState.set_manager, care, {"manager_id": str(rep.user_id), "reason": ""})
        assert page.head.manager == rep.name
        do(CustomerCareState.set_manager, care, {"manager_id": "", "reason": ""})
        assert page.head.manager == ""


class TestDocuments:
    def test_the_checklist_names_what_is_missing_and_takes_an_upload_in_place(self, visit: Any) -> None:  # noqa: F811
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)
        page = opened(visit, rep, made, tab="documents")
        papers = sibling(page, CustomerDocumentsState)
        do(CustomerDocumentsState.load, papers)
        assert (papers.done_text, papers.missing[0]["label"]) == ("0 / 5", "身份证正面")
        assert (papers.asking, papers.there, papers.chosen.id) == (0, False, 0), "no application, no file"
        file = files.upload(rep, source=photo(), file_name="a.jpg", kind="other", now=utc_now())
        do(CustomerDocumentsState.uploaded, papers, "id_front", [{"id": file.id, "name": "a.jpg"}])
        assert papers.done_text == "1 / 5" and papers.chosen.id == file.id
        assert papers.there and papers.packing == f"/archive?q={page.head.number}"
        do(CustomerDocumentsState.relabel, papers, {"kind": "id_front", "label": "", "expires": "2020-01-01"})
        assert (papers.done_text, papers.missing[0]["note"]) == ("0 / 5", "2020-01-01 已过期")
        assert [look["what"] for look in papers.looks]
        do(CustomerDocumentsState.relabel, papers, {"kind": "id_front", "label": "", "expires": "明天"})
        assert "expires" in papers.field_errors


class TestFailing:
    def test_a_section_that_breaks_says_so_alone_and_tries_again(
        self, visit: Any, monkeypatch: pytest.MonkeyPatch  # noqa: F811
    ) -> None:  # fmt: skip
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)
        page = opened(visit, rep, made, tab="documents")
        papers = sibling(page, CustomerDocumentsState)

        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("disk gone")

        with monkeypatch.context() as patch:
            patch.setattr(documents, "checklist", broken)
            do(CustomerDocumentsState.load, papers)
        assert len(papers.failed) == 8 and page.head.id == made
        do(CustomerDocumentsState.load, papers)
        assert (papers.failed, papers.done_text) == ("", "0 / 5")
        sections = sibling(page, CustomerSectionsState)
        do(CustomerSectionsState.load, sections)
        assert sections.read == made


class TestList:
    def test_the_chip_of_segments_filters_and_clears(self, visit: Any) -> None:  # noqa: F811
        lead = make_user(RoleCode.TEAM_LEAD)
        condition = {"all": [{"field": "city", "op": "eq", "value": "上海"}]}
        number = segments.create(lead, name="上海客户", raw_criteria=condition, shared="all", now=utc_now())
        make_customer(lead, city="上海")
        make_customer(lead, name="李小娟", city="无锡")
        state = visit(CustomersState, lead, "/customers", view="all")
        do(CustomersState.load, state)
        assert {"value": str(number), "label": "上海客户"} in state.segment_options
        do(CustomersState.set_quick, state, "segment_id", str(number))
        assert (state.total, state.segment_name, state.chips) == (1, "上海客户", [])
        do(CustomersState.set_quick, state, "segment_id", "")
        assert (state.total, state.segment_name) == (2, "")

    def test_export_checks_first_and_hands_the_file_over(self, visit: Any) -> None:  # noqa: F811
        lead = make_user(RoleCode.TEAM_LEAD)
        made = make_customer(lead, city="上海")
        state = visit(CustomersState, lead, "/customers", view="all")
        do(CustomersState.load, state)
        do(CustomersState.toggle, state, str(made))
        do(CustomersState.ask_export, state, True, True)
        do(CustomersState.export, state, {"format": "xlsx", "reason": ""})
        assert "reason" in state.field_errors and state.asking_export
        answer = do(CustomersState.export, state, {"format": "csv", "reason": "季度客户盘点"})
        assert "/api/files/" in str(answer) and not state.asking_export
        (made,) = exports.list_exports(lead, now=utc_now())
        assert made.file_name.endswith(".csv")
