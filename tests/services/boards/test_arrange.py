"""How a board is arranged: lanes, orders, what the cards say, whose views open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Lead, SavedView
from loanhub.services import boards, leads, saved_views
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, make_company, make_phone, make_product, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def make_card(actor: Actor, name: str = "孙立", *, minutes: int = 0, **fields: str) -> int:
    when = NOON + timedelta(minutes=minutes)
    return leads.create(actor, {"name": name, "phone": make_phone(), **fields}, now=when).lead_id or 0


def look(actor: Actor, **asked: object) -> boards.BoardView:
    return boards.look(actor, boards.Question(**asked), now=NOON)  # type: ignore[arg-type]


class TestLanes:
    def test_group_the_cards_of_each_column_by_their_owner(self) -> None:
        manager = make_user(RoleCode.MANAGER)
        lin, zhou = make_user(RoleCode.SALES, name="林若溪"), make_user(RoleCode.SALES, name="周子昂")
        first = make_card(lin, "甲先", amount_fen="10万")
        second = make_card(lin, "乙先", amount_fen="20万")
        third = make_card(zhou, "丙先", amount_fen="5万")
        boards.move(zhou, lead_id=third, to="intent", expected_version=1, now=NOON)

        shown = look(manager, lane="owner")

        mine, theirs = str(lin.user_id), str(zhou.user_id)
        assert [(one["key"], one["label"], one["count"], one["amount_text"]) for one in shown.lanes] == [
            (mine, "林若溪", 2, "¥30.0 万"),
            (theirs, "周子昂", 1, "¥5.0 万"),
        ]
        assert shown.order["lead"] == [str(second), str(first)]
        assert {shown.cards[str(card)]["lane"] for card in (first, second)} == {mine}
        cells = {column["code"]: column["cells"] for column in shown.columns}
        assert (cells["lead"], cells["intent"], cells["review"]) == ({mine: 2}, {theirs: 1}, {})

    def test_cards_without_a_value_come_last_under_a_name_of_their_own(self) -> None:
        rep = make_user(RoleCode.SALES)
        make_product("salary", label="工薪贷", lender="江南农商")
        make_card(rep, "甲先")
        make_card(rep, "乙先")
        make_card(rep, "丙先", product_code="salary")

        shown = look(rep, lane="product")

        assert [(one["key"], one["label"], one["count"]) for one in shown.lanes] == [
            ("salary", "工薪贷 · 江南农商", 1),
            ("-", "未选产品", 2),
        ]

    def test_each_lane_has_its_own_first_cards(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(boards.lanes, "CARDS_PER_COLUMN", 4)
        manager = make_user(RoleCode.MANAGER)
        lin, zhou = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        for _ in range(5):
            make_card(lin)
        for _ in range(3):
            make_card(zhou)

        shown = look(manager, lane="owner")
        more = look(manager, lane="owner", limits={f"lead|{lin.user_id}": 20})

        assert len(shown.order["lead"]) == 4
        lanes_ = [more.cards[one]["lane"] for one in more.order["lead"]]
        assert (lanes_.count(str(lin.user_id)), lanes_.count(str(zhou.user_id))) == (5, 2)
        kept = [one for one in more.order["lead"] if one in shown.order["lead"]]
        assert kept == shown.order["lead"], "what was on the screen stays in its order"
        assert shown.columns[0]["cells"] == {str(lin.user_id): 5, str(zhou.user_id): 3}

    def test_many_small_lanes_become_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(boards.lanes, "LANES_SHOWN", 1)
        manager, big = make_user(RoleCode.MANAGER), make_user(RoleCode.SALES)
        small = [make_user(RoleCode.SALES) for _ in range(2)]
        for owner in (big, big, *small):
            make_card(owner)

        shown = look(manager, lane="owner")

        assert [(one["key"], one["label"], one["count"]) for one in shown.lanes] == [
            (str(big.user_id), big.name, 2),
            ("~", "其余 2 组", 2),
        ]
        assert shown.columns[0]["cells"] == {str(big.user_id): 2, "~": 2}
        assert sorted(card["lane"] for card in shown.cards.values()) == [
            str(big.user_id),
            str(big.user_id),
            "~",
            "~",
        ]

    def test_an_unknown_code_means_no_lanes(self) -> None:
        rep = make_user(RoleCode.SALES)
        make_card(rep)

        assert look(rep, lane="phone").lanes == []

    def test_stand_on_the_other_boards_too(self) -> None:
        manager = make_user(RoleCode.MANAGER)

        assert look(manager, pipeline="applications", lane="risk").lanes == []
        assert look(manager, pipeline="tasks", lane="kind", order="priority").lanes == []


class TestOrders:
    def test_by_amount_and_by_stay(self) -> None:
        rep = make_user(RoleCode.SALES)
        small, none, large = (
            make_card(rep, amount_fen="5万"), make_card(rep, minutes=-60), make_card(rep, amount_fen="90万", minutes=-30)
        )  # fmt: skip

        assert look(rep, order="amount").order["lead"] == [str(large), str(small), str(none)]
        assert look(rep, order="stay").order["lead"] == [str(none), str(large), str(small)]
        assert look(rep, order="rank").order == look(rep).order == look(rep, order="nonsense").order

    @pytest.mark.parametrize("board", ["default", "applications", "tasks"])
    def test_every_order_offered_is_one_the_database_knows(self, board: str) -> None:
        manager = make_user(RoleCode.MANAGER)

        for code, _ in boards.display_of(manager, board=board).order_choices:
            assert boards.look(manager, boards.Question(pipeline=board, order=code), now=NOON).total == 0


class TestFacts:
    def test_a_card_says_what_was_chosen(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = str(make_card(rep, amount_fen="40万", city="苏州", note="急用"))

        shown = look(rep, facts=("amount_fen", "city", "note")).cards[card]

        assert (shown["amount_text"], shown["owner_name"], shown["stay_text"]) == ("40.0 万", "", "")
        assert shown["facts"] == [{"label": "城市", "text": "苏州"}, {"label": "备注", "text": "急用"}]
        assert shown["plain"] == ["next", "owner", "risk"]

    def test_protected_fields_stay_masked_or_away(self) -> None:
        rep = make_user(RoleCode.SALES)
        card = str(make_card(rep))

        shown = look(rep, facts=("phone", "id_number")).cards[card]["facts"]

        assert "****" in shown[0]["text"] and shown[1]["text"] == "—"

    def test_are_kept_for_the_person_and_brought_back(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)

        boards.choose_facts(rep, board="default", keys=["city", "amount_fen"], now=NOON)

        assert boards.display_of(rep, board="default").facts == ("city", "amount_fen")
        assert boards.display_of(rep, board="tasks").facts is None
        assert boards.display_of(other, board="default").facts is None
        boards.choose_facts(rep, board="default", keys=None, now=NOON)
        assert boards.display_of(rep, board="default").facts is None

    def test_are_kept_with_a_view_by_who_may_change_it(self) -> None:
        rep, lead = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
        view_id = save(lead, "大额", share_with="all")

        with pytest.raises(NotPermitted):
            boards.choose_facts(rep, board="default", keys=["city"], view_id=view_id, now=NOON)
        boards.choose_facts(lead, board="default", keys=["city"], view_id=view_id, now=NOON)

        with reading() as db:
            view = db.get(SavedView, view_id)
            assert view is not None and boards.facts_in(view.settings) == ("city",)
        assert boards.display_of(lead, board="default").facts is None

    @pytest.mark.parametrize(
        ("keys", "said"),
        [
            ([], "至少"),
            (["city", "gender", "purpose", "industry", "campaign", "note"], "最多选 5"),
            (["password_hash"], "看不到"),
        ],
    )
    def test_bad_choices_are_refused(self, keys: list[str], said: str) -> None:
        rep = make_user(RoleCode.SALES)

        with pytest.raises(InvalidInput) as refusal:
            boards.choose_facts(rep, board="default", keys=keys, now=NOON)

        assert said in refusal.value.fields["facts"]
        assert boards.display_of(rep, board="default").facts is None


def save(actor: Actor, name: str, share_with: str = "") -> int:
    return saved_views.save_view(
        actor, "boards", "lead", name=name, raw_criteria={}, settings={}, share_with=share_with, now=NOON
    )


def names(actor: Actor) -> set[str]:
    return {one.name for one in saved_views.views(actor, "boards", "lead", now=NOON)}


class TestViews:
    def test_are_found_by_the_people_they_are_for(self) -> None:
        boss = make_user(RoleCode.MANAGER)
        first = make_user(RoleCode.SALES, team="华东一组")
        second = make_user(RoleCode.SALES, team="华东二组")
        everywhere = dict(saved_views.sharing_options(boss))
        team = next(code for code, label in everywhere.items() if label == "部门：华东一组")
        branch = next(code for code, label in everywhere.items() if label == "部门：上海分公司")
        save(boss, "一组的", team)
        save(boss, "分公司的", branch)
        save(boss, "客户经理的", "role:sales")
        save(boss, "大家的", "all")
        save(boss, "自己的")

        assert {"一组的", "分公司的", "客户经理的", "大家的"} <= names(first)
        assert {"分公司的", "客户经理的", "大家的"} <= names(second) and "一组的" not in names(second)
        assert "自己的" not in names(first) and "自己的" in names(boss)

    def test_sharing_is_for_who_may(self) -> None:
        rep = make_user(RoleCode.SALES)

        assert saved_views.sharing_options(rep) == [("me", "仅自己")]
        with pytest.raises(NotPermitted):
            save(rep, "大家的", "all")
        with pytest.raises(InvalidInput) as refusal:
            save(make_user(RoleCode.MANAGER), "不存在的", "role:nobody")
        assert "share_with" in refusal.value.fields

    def test_one_opens_first_for_each_person(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        view_id, foreign = save(rep, "大额"), save(other, "别人的")

        assert boards.choose_first_view(rep, board="default", view_id=view_id, now=NOON) == "大额"
        assert boards.display_of(rep, board="default").view == view_id
        assert boards.display_of(other, board="default").view == 0
        with pytest.raises(NotFound):
            boards.choose_first_view(rep, board="default", view_id=foreign, now=NOON)
        boards.choose_first_view(rep, board="default", view_id=0, now=NOON)
        assert boards.display_of(rep, board="default").view == 0


def test_a_deferred_field_is_loaded_only_where_a_card_shows_it() -> None:
    rep = make_user(RoleCode.SALES)
    card = make_card(rep)
    with transaction() as db:
        lead = db.get(Lead, card)
        assert lead is not None
        lead.custom = {"tags": ["重点"]}

    assert look(rep, facts=("tags",)).cards[str(card)]["facts"][0]["label"] == "标签"
    assert "facts" not in look(rep).cards[str(card)]
