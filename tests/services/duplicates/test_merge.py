"""Two records become one and two again: nothing lost, nothing half done, one winner."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine
from sqlmodel import SQLModel, col

from loanhub.domain.errors import Conflict, InvalidInput, LoanHubError, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer, DuplicatePair, Event, Lead, LeadTouch, RecordMerge, Task
from loanhub.services import customers, interactions, leads, search, tasks
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.customers import timeline
from loanhub.services.duplicates import _places, compare, merge, watch
from tests.builders import NOON, make_company, make_id_number, make_phone, make_product, make_user
from tests.services.customers.making import make_application, make_loan


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def two_leads(actor: Actor, **raw: object) -> tuple[int, int]:
    """Return an older lead with everything hanging on it and a newer, fuller one."""
    one = leads.create(
        actor, {"name": "张晓明", "phone": make_phone(), "channel_code": "douyin", **raw}, now=NOON
    )
    two = leads.create(
        actor,
        {"name": "章小明", "phone": make_phone(), "city": "上海", "channel_code": "website"},
        now=NOON + timedelta(hours=1),
    )
    assert one.lead_id and two.lead_id
    for lead_id in (one.lead_id, two.lead_id):
        interactions.record(actor, lead_id=lead_id, kind="note", text="谈了四十万的方案，下周再约", now=NOON)
        tasks.create(actor, title="回电", due_at=NOON + timedelta(hours=3), lead_id=lead_id, now=NOON)
    return one.lead_id, two.lead_id


def two_customers(actor: Actor, **raw: object) -> tuple[int, int]:
    """Return two customers of one party, with tasks, a lead, an application and a loan on the second."""
    one = customers.create(actor, {"name": "张晓明", "phone": make_phone(), "city": "上海"}, now=NOON)
    two = customers.create(
        actor, {"name": "章小明", "phone": make_phone(), "occupation": "司机", **raw}, now=NOON
    )
    for customer_id in (one, two):
        tasks.create(actor, title="回电", due_at=NOON + timedelta(hours=3), customer_id=customer_id, now=NOON)
    product = make_product()
    make_loan(two, product)
    return one, two


def row(model: Any, row_id: int) -> Any:
    with reading() as db:
        found = db.get(model, row_id)
        assert found is not None
        return found


def do(actor: Actor, entity: str, survivor: int, merged: int, **more: Any) -> merge.Merged:
    model = Lead if entity == "lead" else Customer
    versions = {
        "survivor_version": row(model, survivor).version,
        "merged_version": row(model, merged).version,
    }
    return merge.merge(
        actor, entity=entity, survivor_id=survivor, merged_id=merged,
        **{"choices": {}, "now": NOON + timedelta(days=1), **versions, **more},
    )  # fmt: skip


GROWS = {
    "event", "record_merge", "merge_move", "duplicate_pair", "notification", "number_sequence", "idempotency_key",
    "job_run",
}  # fmt: skip
MOVES_ON = {"version", "updated_at"}


def everything(but: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return every row of every table that is not append-only, clear values and stored bytes alike."""
    found: dict[str, Any] = {}
    with reading() as db:
        for table in SQLModel.metadata.sorted_tables:
            if table.name in GROWS | but:
                continue
            columns = [column for column in table.columns if column.name not in MOVES_ON]
            found[table.name] = sorted(repr(tuple(one)) for one in db.execute(sa.select(*columns)))
    return found


class TestMergeOfLeads:
    def test_carries_everything_and_leaves_a_tombstone_that_leads_on(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_leads(boss)

        done = do(boss, "lead", one, two)

        kept, gone = row(Lead, one), row(Lead, two)
        assert (gone.merged_into_id, gone.deleted_at is not None) == (one, True)
        assert kept.city == "上海"
        assert dict(done.carried) == {"跟进": 1, "待办": 1}
        with reading() as db:
            assert not db.execute(sa.select(Task).where(col(Task.lead_id) == two)).all()
        assert merge.survivor_of(boss, "lead", two) == one
        assert merge.survivor_of(boss, "lead", one) == 0
        with pytest.raises(NotFound):
            leads.edit(boss, lead_id=two, raw={"city": "北京"}, expected_version=None, now=NOON)

    def test_the_timeline_shows_both_and_the_old_name_finds_the_survivor(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_leads(boss)
        do(boss, "lead", one, two, choices={"name": "survivor"})

        from loanhub.services.leads import view

        told = [event.label for event in view.open_lead(boss, lead_id=one, now=NOON).timeline]
        assert told.count("新建线索") == 2 and told[0] == "合并线索"
        hits = [hit.link for hit in search.find(boss, "章小明", now=NOON) if hit.entity == "lead"]
        assert hits == [f"/leads?lead={one}"]

    def test_credits_both_channels_and_adds_up_what_they_cost(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_leads(boss)
        with transaction() as db:
            db.execute(sa.update(Lead).where(col(Lead.id) == one).values(cost_fen=8_000))
            db.execute(sa.update(Lead).where(col(Lead.id) == two).values(cost_fen=3_000))

        do(boss, "lead", one, two, choices={"channel_code": "survivor"})

        assert (row(Lead, one).cost_fen, row(Lead, one).channel_code) == (11_000, "douyin")
        with reading() as db:
            assert db.execute(sa.select(col(LeadTouch.channel_code))).scalars().all() == ["website"]

    def test_takes_what_was_chosen_field_by_field(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_leads(boss)
        phone = row(Lead, two).phone

        do(boss, "lead", one, two, choices={"name": "survivor", "phone": "merged"})

        kept = row(Lead, one)
        assert (kept.name, kept.phone, kept.phone_index) == ("张晓明", phone, row(Lead, two).phone_index)

    def test_is_one_event_with_masked_values(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_leads(boss)
        before = row(Lead, two).phone

        do(boss, "lead", one, two, choices={"phone": "merged"}, reason="同一个人")

        with reading() as db:
            (event,) = db.execute(sa.select(Event).where(col(Event.type) == "lead.merged")).scalars().all()
        assert event.reason == "同一个人" and before.removeprefix("+86") not in str(event.after)


class TestMergeOfCustomers:
    def test_moves_loans_contracts_and_applications(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_customers(boss)

        done = do(boss, "customer", one, two)

        assert {label for label, _ in done.carried} >= {"贷款", "合同", "申请", "待办"}
        assert row(Customer, one).occupation == "司机"
        told = [item.what for item in timeline.timeline(boss, customer_id=one, now=NOON).items]
        assert told.count("新建客户") == 2

    def test_every_table_that_points_at_a_party_is_carried_or_named(self) -> None:
        for entity in ("lead", "customer"):
            names = {place.name for place in _places.places(entity)}
            for table in SQLModel.metadata.sorted_tables:
                for column in table.columns:
                    keyed = column.primary_key  # one row a record, such as its score
                    if not keyed and any(
                        key.target_fullname == f"{entity}.id" for key in column.foreign_keys
                    ):
                        assert "id" in table.c
                        assert f"{table.name}.{column.name}" in names | set(_places.STAYS)


class TestRefusals:
    def test_needs_the_permission(self) -> None:
        rep = make_user(RoleCode.SALES)
        one, two = two_leads(rep)

        with pytest.raises(NotPermitted):
            do(rep, "lead", one, two)

    def test_a_record_outside_the_scope_is_not_there(self) -> None:
        rep, boss = make_user(RoleCode.SALES, team="华东二组"), make_user(RoleCode.TEAM_LEAD)
        one, _two = two_leads(boss)
        other, _ = two_leads(rep)

        with pytest.raises(NotFound):
            do(boss, "lead", one, other)

    def test_two_identity_numbers_never_become_one(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_customers(boss, id_number=make_id_number())
        customers.edit(
            boss, customer_id=one, raw={"id_number": make_id_number()}, expected_version=None, now=NOON
        )

        with pytest.raises(merge.CannotMerge):
            do(boss, "customer", one, two)

    def test_neither_itself_nor_a_stale_one_nor_a_made_up_choice(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_leads(boss)

        with pytest.raises(merge.CannotMerge):
            do(boss, "lead", one, one)
        with pytest.raises(merge.MergeStale):
            do(boss, "lead", one, two, merged_version=1)
        with pytest.raises(InvalidInput):
            do(boss, "lead", one, two, choices={"owner_id": "merged"})

    def test_of_two_who_merge_at_once_one_wins(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_leads(boss)
        versions = (row(Lead, one).version, row(Lead, two).version)
        start, won, lost = threading.Barrier(2), [], []

        def attempt(survivor: int, merged: int, seen: tuple[int, int]) -> None:
            start.wait()
            try:
                won.append(
                    merge.merge(
                        boss,
                        entity="lead",
                        survivor_id=survivor,
                        merged_id=merged,
                        choices={},
                        survivor_version=seen[0],
                        merged_version=seen[1],
                        now=NOON,
                    )
                )
            except LoanHubError as refusal:
                lost.append(refusal)

        threads = [
            threading.Thread(target=attempt, args=(one, two, versions)),
            threading.Thread(target=attempt, args=(two, one, versions[::-1])),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert (len(won), len(lost)) == (1, 1)
        with reading() as db:
            gone = db.execute(
                sa.select(sa.func.count()).where(col(Lead.deleted_at).is_not(None))
            ).scalar_one()
            assert gone == 1


class TestUndo:
    def test_gives_everything_back(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_customers(boss)
        leads.convert(boss, lead_id=two_leads(boss)[0], now=NOON)
        before = everything()

        done = do(
            boss, "customer", one, two, choices={"name": "merged", "phone": "merged", "owner": "merged"}
        )
        assert everything() != before
        assert merge.undo(boss, merge_id=done.merge_id, now=NOON + timedelta(days=2)) == two

        assert everything() == before

    def test_a_merge_of_merges_is_taken_back_one_by_one(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_customers(boss)
        three = customers.create(boss, {"name": "张小明", "phone": make_phone()}, now=NOON)
        before = everything()
        first = do(boss, "customer", one, two)
        middle = everything()
        second = do(boss, "customer", three, one)
        assert merge.survivor_of(boss, "customer", two) == three

        with pytest.raises(Conflict, match="先撤销那一次"):
            merge.undo(boss, merge_id=first.merge_id, now=NOON + timedelta(days=2))
        merge.undo(boss, merge_id=second.merge_id, now=NOON + timedelta(days=2))
        assert everything() == middle
        merge.undo(boss, merge_id=first.merge_id, now=NOON + timedelta(days=2))
        assert everything() == before

    def test_names_the_field_that_was_changed_since(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_leads(boss)
        done = do(boss, "lead", one, two, choices={"name": "merged"})
        leads.edit(boss, lead_id=one, raw={"name": "张大明"}, expected_version=None, now=NOON)

        with pytest.raises(merge.CannotUndo, match="合并后改过姓名"):
            merge.undo(boss, merge_id=done.merge_id, now=NOON + timedelta(days=2))

    def test_names_the_application_made_for_the_survivor_on_a_carried_lead(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_customers(boss)
        lead_id = two_leads(boss)[0]
        with transaction() as db:
            db.execute(sa.update(Lead).where(col(Lead.id) == lead_id).values(customer_id=two))
        done = do(boss, "customer", one, two)
        product = make_product("later")
        made = make_application(one, product, lead_id=lead_id, number="A-LATER")

        (shown,) = compare.merges(boss, now=NOON + timedelta(days=2))
        assert not shown.can_undo and "A-LATER" in shown.against
        with pytest.raises(merge.CannotUndo, match="A-LATER"):
            merge.undo(boss, merge_id=done.merge_id, now=NOON + timedelta(days=2))
        assert made

    def test_a_task_made_since_on_a_carried_loan_goes_back_with_it(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_customers(boss)
        done = do(boss, "customer", one, two)
        with transaction() as db:
            loan_id = db.execute(sa.text("select id from loan")).scalar_one()
        later = tasks.create(boss, title="催收据", due_at=None, customer_id=one, loan_id=loan_id, now=NOON)

        merge.undo(boss, merge_id=done.merge_id, now=NOON + timedelta(days=2))

        assert row(Task, later).customer_id == two

    def test_is_over_after_the_days_and_done_once(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_leads(boss)
        done = do(boss, "lead", one, two)

        with pytest.raises(merge.CannotUndo, match="30 天"):
            merge.undo(boss, merge_id=done.merge_id, now=NOON + timedelta(days=32))
        merge.undo(boss, merge_id=done.merge_id, now=NOON + timedelta(days=2))
        with pytest.raises(merge.CannotUndo, match="已经撤销"):
            merge.undo(boss, merge_id=done.merge_id, now=NOON + timedelta(days=2))

    def test_opens_the_pair_again(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        one, two = two_leads(boss, wechat="same_one")
        leads.edit(boss, lead_id=two, raw={"wechat": "same_one"}, expected_version=None, now=NOON)
        watch.run(now=NOON)
        done = do(boss, "lead", one, two)
        assert row(RecordMerge, done.merge_id).pair_id is not None
        with reading() as db:
            assert db.execute(sa.select(col(DuplicatePair.status))).scalars().all() == ["merged"]

        merge.undo(boss, merge_id=done.merge_id, now=NOON + timedelta(days=2))

        with reading() as db:
            assert db.execute(sa.select(col(DuplicatePair.status))).scalars().all() == ["open"]

    def test_is_refused_to_who_may_not_merge(self) -> None:
        boss, rep = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES)
        one, two = two_leads(rep)
        done = do(boss, "lead", one, two)

        with pytest.raises(NotPermitted):
            merge.undo(rep, merge_id=done.merge_id, now=NOON + timedelta(days=2))


FIELDS: dict[str, Callable[[int], object]] = {
    "name": lambda n: f"张{'一二三四五'[n]}", "city": lambda n: ("上海", "北京", "杭州", "", "苏州")[n],
    "gender": lambda n: ("male", "female", "", "male", "female")[n], "occupation": lambda n: ("司机", "", "教师", "会计", "")[n],
    "amount_fen": lambda n: ("10万", "", "20万", "5万", "")[n], "note": lambda n: ("", "甲", "乙", "", "丙")[n],
    "wechat": lambda n: ("", "wechat_a", "wechat_b", "", "wechat_c")[n],
}  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    mine=st.fixed_dictionaries({key: st.integers(0, 4) for key in FIELDS}),
    theirs=st.fixed_dictionaries({key: st.integers(0, 4) for key in FIELDS}),
    choices=st.dictionaries(st.sampled_from(sorted(FIELDS)), st.sampled_from(["survivor", "merged"])),
)
def test_merge_then_undo_restores_everything(
    database: Engine, mine: dict[str, int], theirs: dict[str, int], choices: dict[str, str]
) -> None:
    boss = make_user(RoleCode.TEAM_LEAD)
    ids = []
    for picked in (mine, theirs):
        raw = {key: value for key, n in picked.items() if (value := FIELDS[key](n))}
        made = leads.create(boss, {**raw, "phone": make_phone()}, now=NOON)
        assert made.lead_id
        ids.append(made.lead_id)
    tasks.create(boss, title="回电", due_at=None, lead_id=ids[1], now=NOON)
    before = everything()

    done = do(boss, "lead", *ids, choices=choices)
    merge.undo(boss, merge_id=done.merge_id, now=NOON + timedelta(days=2))

    assert everything() == before
