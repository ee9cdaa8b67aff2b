"""The palette: recent ones first, then what is found, what can be begun, where to go."""

from __future__ import annotations

import asyncio

import pytest
import reflex as rx

from loanhub.domain.permissions import RoleCode
from loanhub.services import customers, search
from loanhub.services._actor import Actor
from loanhub.services.search import Hit
from loanhub.state import _nav
from loanhub.state._base import SessionState
from loanhub.state.palette import PaletteState, _about, _line, _means
from tests.builders import NOON, bare_actor, make_company, make_user


@pytest.fixture
def rep(sqlite_database: object) -> Actor:
    make_company()
    return make_user(RoleCode.SALES)


def _first(actor: Actor, text: str) -> Hit:
    return search.find(actor, text)[0]


def test_the_found_letters_are_cut_out_of_the_title(rep: Actor) -> None:
    customers.create(rep, {"name": "钱国华", "phone": "15400008830"}, now=NOON)
    line = _line(_first(rep, "guo"), 0)
    assert (line["text"], line["hit"], line["rest"]) == ("钱", "国", "华")
    assert "15400008830" not in str(line)


def test_a_clear_match_offers_what_can_be_done_with_it(rep: Actor) -> None:
    made = customers.create(rep, {"name": "钱国华", "phone": "15400008830"}, now=NOON)
    (group,) = _about(_first(rep, "钱国华"), "钱国华", rep)
    assert group["label"] == "对「钱国华」"
    assert [item["href"] for item in group["items"]] == [
        f"/customers/{made}?do={code}" for code in ("call", "note", "plan", "move")
    ]
    assert _about(_first(rep, "华"), "华", rep) == []


def test_a_role_is_offered_only_what_it_may_begin(rep: Actor) -> None:
    manager = make_user(RoleCode.MANAGER)
    offered = {act.href for act in _nav.acts_of(manager)}
    assert "/leads?new=1" in {act.href for act in _nav.acts_of(rep)}
    assert "/leads?new=1" not in offered
    assert "/leads/import" not in offered


@pytest.mark.parametrize(
    ("role", "text", "href"),
    [
        (RoleCode.TEAM_LEAD, "大屏", "/wall"), (RoleCode.CONTRACTS, "批量打印", "/contracts/batches"),
        (RoleCode.CONTRACTS, "plcj", "/contracts/batches"), (RoleCode.SALES, "撞单", "/duplicates"),
        (RoleCode.SALES, "huishouzhan", "/recycle"), (RoleCode.SALES, "任务", "/tasks"),
        (RoleCode.SALES, "档案", "/archive"), (RoleCode.SALES, "免打扰", "/account/notices"),
        (RoleCode.TEAM_LEAD, "报表", "/cockpit"), (RoleCode.ADMIN, "lzjj", "/settings/handover"),
    ],
)  # fmt: skip
def test_every_page_one_may_open_is_found_by_what_it_is_called(
    sqlite_database: object, role: RoleCode, text: str, href: str
) -> None:
    make_company()
    actor = make_user(role)
    state = PaletteState(_reflex_internal_init=True)  # type: ignore[call-arg]
    state.nav = _nav.menu_of(actor)
    found = [item["href"] for group in state._pages(text, actor) for item in group["items"]]
    assert href in found


def test_an_emptied_question_shows_again_what_was_there_at_first(
    rep: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def found(_self: object) -> Actor:
        return rep

    monkeypatch.setattr(SessionState, "_actor", found)
    root = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]
    state = root.get_substate(PaletteState.get_full_name().split(".")[1:])
    asyncio.run(PaletteState.search.fn(state, "钱"))  # type: ignore[attr-defined]
    asyncio.run(PaletteState.search.fn(state, " "))  # type: ignore[attr-defined]
    assert next(group["label"] for group in state.groups) == "动作"


def test_no_page_is_offered_that_one_may_not_open(sqlite_database: object) -> None:
    make_company()
    rep = make_user(RoleCode.SALES)
    offered = {item.href for item in _nav.places_of(rep)}
    assert "/settings/handover" not in offered and "/wall" not in offered and "/handbook" in offered


@pytest.mark.parametrize("text", ["", "看板", "kanban", "kb", "jjkb", "进件"])
def test_pages_are_found_by_name_pinyin_and_initials(text: str) -> None:
    assert _means("进件看板", text)
    assert not _means("进件看板", "合同")


@pytest.mark.parametrize(
    ("role", "places"),
    [
        (RoleCode.ADMIN, ["工作台", "员工", "产品", "参数", "消息"]),
        (RoleCode.SECURITY_ADMIN, ["工作台", "员工", "角色", "密钥", "消息"]),
        (RoleCode.AUDITOR, ["驾驶舱", "贷款", "总账", "审计", "消息"]),
        (RoleCode.SALES, ["工作台", "看板", "新建线索", "客户", "消息"]),
    ],
)  # fmt: skip
def test_the_phones_bar_is_what_a_role_works_with(role: RoleCode, places: list[str]) -> None:
    bar = _nav.mobile_menu_of(bare_actor(role))
    assert [item.label for item in bar] == places
    assert [item.label for item in bar if item.plus] == (["新建线索"] if role is RoleCode.SALES else [])
