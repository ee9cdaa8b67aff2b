"""One search for every door: what stops, what is queued, what is remembered; blind answers and their number."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.duplicates import Rules
from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import DuplicatePair, Event, JobRun, SearchToken
from loanhub.services import customers, leads, parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.customers.create import KnownCustomer
from loanhub.services.duplicates import pairs, tell, watch
from tests.builders import NOON, make_company, make_id_number, make_phone, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def lead(actor: Actor, **raw: object) -> int:
    made = leads.create(actor, {"phone": make_phone(), **raw}, now=NOON)
    assert made.lead_id is not None
    return made.lead_id


def set_rules(**raw: object) -> None:
    with transaction() as db:
        parameters.put(db, "duplicates", Rules.parse(raw).as_dict(), valid_from=NOON - timedelta(days=1))


class TestTakeIn:
    def test_two_identity_numbers_on_one_phone_are_two_leads(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()

        one = leads.create(rep, {"name": "王强", "phone": phone, "id_number": make_id_number()}, now=NOON)
        two = leads.create(rep, {"name": "李梅", "phone": phone, "id_number": make_id_number()}, now=NOON)

        assert one.new and two.new

    def test_a_key_that_only_warns_takes_the_lead_in_and_queues_the_pair(self) -> None:
        set_rules(phone="warn")
        rep, phone = make_user(RoleCode.SALES), make_phone()

        one, two = lead(rep, name="王强", phone=phone), lead(rep, name="王强", phone=phone)
        watch.run(now=NOON)

        assert one != two
        (row,) = pairs.queue(rep, now=NOON).rows
        assert row.score >= 90 and ("手机号相同", "+85") in row.reasons


class TestCreateCustomer:
    def test_the_same_number_is_stopped_blindly(self) -> None:
        first, second = make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")
        number = make_id_number()
        customers.create(first, {"name": "王强", "phone": make_phone(), "id_number": number}, now=NOON)

        with pytest.raises(KnownCustomer) as refused:
            customers.create(second, {"name": "赵敏", "phone": make_phone(), "id_number": number}, now=NOON)

        assert "华东一组" in refused.value.sentence and "王强" not in refused.value.sentence

    def test_a_phone_two_names_share_is_two_customers(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()

        for name in ("王强", "李梅"):
            customers.create(rep, {"name": name, "phone": phone}, now=NOON)

    def test_a_name_of_the_same_sound_on_the_phone_is_stopped(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        customers.create(rep, {"name": "王强", "phone": phone}, now=NOON)

        with pytest.raises(KnownCustomer):
            customers.create(rep, {"name": "王蔷", "phone": phone}, now=NOON)


class TestWatch:
    def test_finds_homophones_at_one_firm_and_never_twice(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead(rep, name="张晓明", city="上海", company_name="澄江贸易")
        lead(rep, name="章小明", city="上海", company_name="澄江贸易")
        lead(rep, name="张晓明", city="北京")

        watch.run(now=NOON)
        watch.run(now=NOON)

        with reading() as db:
            found = db.execute(sa.select(DuplicatePair)).scalars().all()
        assert [(one.certainty, one.status) for one in found] == [("fuzzy", "open")]

    def test_fills_keys_of_records_from_before_in_chunks_and_goes_on_after_a_stop(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rep = make_user(RoleCode.SALES)
        for number in range(5):
            lead(rep, name="张晓明", city="上海", company_name="澄江贸易", wechat=f"wx{number % 2}abc")
        with transaction() as db:
            db.execute(sa.delete(SearchToken).where(col(SearchToken.token).like("~%")))
        monkeypatch.setattr(watch, "CHUNK", 2)

        assert watch.run(now=NOON, seconds=0.0) == 0
        watch._next_records("lead", NOON)
        with reading() as db:
            assert db.execute(
                sa.select(col(JobRun.result)).where(col(JobRun.period) == "lead")
            ).scalar_one() == {"id": 2}
        watch.run(now=NOON, seconds=9)

        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(DuplicatePair)).scalar_one() == 10
            held = sa.select(sa.func.count()).where(col(SearchToken.token).like("~w:%"))
            assert db.execute(held).scalar_one() == 5

    def test_an_edit_that_ends_the_likeness_ends_the_pair(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead(rep, name="张晓明", wechat="same_one")
        other = lead(rep, name="张晓明", wechat="same_one")
        watch.run(now=NOON)
        assert pairs.queue(rep, now=NOON).total == 1

        leads.edit(rep, lead_id=other, raw={"wechat": "another_1"}, expected_version=None, now=NOON)
        watch.run(now=NOON)

        assert pairs.queue(rep, now=NOON).total == 0

    def test_does_not_pair_a_lead_with_the_customer_it_became(self) -> None:
        rep = make_user(RoleCode.SALES)
        leads.convert(rep, lead_id=lead(rep, name="张晓明", city="上海", company_name="澄江贸易"), now=NOON)

        watch.run(now=NOON)

        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(DuplicatePair)).scalar_one() == 0


class TestQueue:
    def test_shows_the_other_side_blindly_to_who_may_not_see_it(self) -> None:
        first, second = make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")
        lead(first, name="张晓明", wechat="same_one")
        lead(second, name="张晓明", wechat="same_one")
        watch.run(now=NOON)

        (row,) = pairs.queue(first, now=NOON).rows

        hidden = row.right if row.left.seen else row.left
        assert (hidden.seen, hidden.name, hidden.number, hidden.phone) == (False, "", "", "")
        assert hidden.notice == "已存在，跟进中（华东二组）" and not row.mergeable and not row.can_dismiss

    def test_what_was_dismissed_stays_so_until_somebody_takes_it_back(self) -> None:
        boss = make_user(RoleCode.TEAM_LEAD)
        for _ in range(2):
            lead(boss, name="张晓明", wechat="same_one")
        watch.run(now=NOON)
        (row,) = pairs.queue(boss, now=NOON).rows

        pairs.decide(boss, pair_id=row.id, version=row.version, dismiss=True, note="双胞胎", now=NOON)
        with pytest.raises(pairs.PairStale):
            pairs.decide(boss, pair_id=row.id, version=row.version, dismiss=True, now=NOON)
        with transaction() as db:
            watch.compare_records(db, [("lead", row.left.id)], now=NOON)

        assert pairs.queue(boss, now=NOON).total == 0
        (gone,) = pairs.queue(boss, status="dismissed", now=NOON).rows
        assert gone.note == "双胞胎"
        pairs.decide(boss, pair_id=gone.id, version=gone.version, dismiss=False, now=NOON)
        assert pairs.queue(boss, now=NOON).total == 1

    def test_nobody_decides_about_what_he_may_not_see(self) -> None:
        first, second = make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")
        lead(first, name="张晓明", wechat="same_one")
        lead(second, name="张晓明", wechat="same_one")
        watch.run(now=NOON)
        (row,) = pairs.queue(first, now=NOON).rows

        with pytest.raises(NotFound):
            pairs.decide(first, pair_id=row.id, version=row.version, dismiss=True, now=NOON)


class TestBlindCheck:
    def test_tells_state_and_team_never_who_and_records_every_question(self) -> None:
        first, second, phone = (
            make_user(RoleCode.SALES),
            make_user(RoleCode.SALES, team="华东二组"),
            make_phone(),
        )
        lead(first, name="孙立", phone=phone)

        known, unknown = (
            tell.check(second, text=phone, now=NOON),
            tell.check(second, text=make_phone(), now=NOON),
        )

        assert known.sentences == ("已存在，跟进中（华东一组）",) and not unknown.known
        assert (unknown.left, unknown.limit) == (18, 20)
        with reading() as db:
            told = db.execute(sa.select(Event).where(col(Event.type) == "party.checked")).scalars().all()
        assert len(told) == 2 and phone not in str([one.summary for one in told])

    def test_counts_a_customer_once_beside_the_lead_it_came_from(self) -> None:
        rep, number = make_user(RoleCode.SALES), make_id_number()
        leads.convert(rep, lead_id=lead(rep, name="孙立", id_number=number), now=NOON)
        other = make_user(RoleCode.SALES, team="华东二组")

        assert tell.check(other, text=number, now=NOON).sentences == ("已是客户（华东一组）",)

    def test_holds_the_day_s_number_and_begins_anew_at_midnight(self) -> None:
        set_rules(blind_per_day="2")
        rep = make_user(RoleCode.SALES)
        for _ in range(2):
            tell.check(rep, text=make_phone(), now=NOON)

        with pytest.raises(tell.ChecksSpent):
            tell.check(rep, text=make_phone(), now=NOON)

        assert tell.check(rep, text=make_phone(), now=NOON + timedelta(days=1)).left == 1

    @pytest.mark.parametrize("text", ["", "张三", "1380013", "310000199003071234"])
    def test_says_what_is_wrong_with_a_number_and_does_not_count_it(self, text: str) -> None:
        rep = make_user(RoleCode.SALES)

        with pytest.raises(InvalidInput) as refused:
            tell.check(rep, text=text, now=NOON)

        assert refused.value.fields["number"]
        assert tell.left_today(rep, now=NOON) == (20, 20)

    def test_is_refused_to_those_who_enter_no_leads(self) -> None:
        with pytest.raises(NotPermitted):
            tell.check(make_user(RoleCode.FINANCE), text=make_phone(), now=NOON)


def test_a_popular_key_brings_the_newest_few_only() -> None:
    from loanhub.repositories import duplicates as repository

    with transaction() as db:
        rows = [{"token": "~r:上海zannin", "entity": "lead", "entity_id": number} for number in range(1, 80)]
        db.execute(sa.insert(SearchToken.__table__), rows)  # type: ignore[attr-defined]
        found = [record for _token, record in repository.sharing_tokens(db, ["~r:上海zannin"])]

    assert sorted(found) == [("lead", number) for number in range(30, 80)]
