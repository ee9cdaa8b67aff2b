"""Customer 360 below the head: scores, consents, graph, as-of page, tags, timeline filters, repayment behaviour, firms."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.catalogue.choices import Lifecycle
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.jobs import customer_tags
from loanhub.models import Customer, Event, JobRun, ScoreRecord
from loanhub.services import customers, events, interactions
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.customers import (
    as_of,
    behaviour,
    consents,
    graph,
    scores,
    sections,
    tag_history,
    tags,
    timeline,
)
from tests.builders import NOON, TODAY, bare_actor, make_id_number, make_phone, make_product, make_user
from tests.services.customers.making import make_customer, make_loan, stored

USCC = "91350100M000100Y43"


@pytest.fixture
def rep() -> Actor:
    return make_user(RoleCode.SALES)


@pytest.fixture
def boss() -> Actor:
    return make_user(RoleCode.MANAGER)


class TestScores:
    def test_shows_the_change_and_the_weightiest_reasons(self, rep: Actor) -> None:
        made = make_customer(rep)
        with transaction() as db:
            for days, score in ((30, 640), (1, 652)):
                reasons: list[dict[str, object]] = [
                    {"label": "纳税", "words": "连续 38 个月", "effect": 22}, {"label": "查询", "words": "9 次", "effect": -18},
                    {"label": "年龄", "words": "42 岁", "effect": 3},
                ]  # fmt: skip
                db.add(
                    ScoreRecord(
                        customer_id=made,
                        at=NOON - timedelta(days=days),
                        score=score,
                        risk_grade=2,
                        reasons=reasons,
                    )
                )

        found = scores.history(rep, customer_id=made, now=NOON)

        assert [(one.score, one.change, one.tone) for one in found.lines] == [
            ("652", "+12", "ok"),
            ("640", "", ""),
        ]
        assert [r["label"] for r in found.lines[0].reasons] == ["纳税", "查询", "年龄"]
        assert len(found.points) == 2 and found.path.startswith("M")
        past = scores.history(rep, customer_id=made, until=NOON - timedelta(days=10), now=NOON)
        assert [one.score for one in past.lines] == ["640"]

    def test_belongs_to_the_reader_s_scope(self, rep: Actor) -> None:
        made = make_customer(make_user(RoleCode.SALES))
        with pytest.raises(NotFound):
            scores.history(rep, customer_id=made, now=NOON)


class TestConsents:
    def test_is_given_runs_out_and_is_withdrawn(self, rep: Actor) -> None:
        made = make_customer(rep)
        row = consents.give(rep, customer_id=made, purpose="credit_report", way="paper", given_date=TODAY,
                            valid_until=TODAY + timedelta(days=90), now=NOON)  # fmt: skip

        def state(at: datetime) -> str:
            return next(
                c.state
                for c in consents.list_of(rep, customer_id=made, now=at)
                if c.purpose == "credit_report"
            )

        assert state(NOON) == "valid"
        assert state(NOON + timedelta(days=70)) == "soon"
        assert state(NOON + timedelta(days=91)) == "expired"
        consents.withdraw(rep, consent_id=row, reason="客户要求", now=NOON)
        assert state(NOON) == "withdrawn"
        with pytest.raises(Conflict):
            consents.withdraw(rep, consent_id=row, reason="再次", now=NOON)

    def test_the_same_key_writes_once(self, rep: Actor) -> None:
        made = make_customer(rep)
        ids = {
            consents.give(
                rep, customer_id=made, purpose="lender", way="sms", given_date=TODAY, key="k1", now=NOON
            )
            for _ in range(2)
        }
        assert len(ids) == 1

    def test_says_what_is_wrong_at_its_field(self, rep: Actor) -> None:
        made = make_customer(rep)
        with pytest.raises(InvalidInput) as refused:
            consents.give(
                rep, customer_id=made, purpose="x", way="", given_date=TODAY + timedelta(days=1), now=NOON
            )
        assert set(refused.value.fields) == {"purpose", "way", "given_date"}

    def test_reading_roles_cannot_write(self, boss: Actor, rep: Actor) -> None:
        made = make_customer(rep)
        auditor = make_user(RoleCode.AUDITOR)
        with pytest.raises(NotPermitted):
            consents.give(auditor, customer_id=made, purpose="lender", way="sms", given_date=TODAY, now=NOON)


class TestGraph:
    def test_finds_written_and_shared_parties_and_adds_up(self, rep: Actor) -> None:
        number, product = make_phone(), make_product()
        one = make_customer(rep, name="张建国", phone=number, address="苏州市相城区元和路 1 号")
        two = make_customer(rep, name="王丽华", address="苏州市相城区元和路 1 号")
        three = make_customer(rep, name="李小娟", phone=number)
        customers.relate(rep, customer_id=one, kind="guarantor", related_number=stored(two).number, now=NOON)
        make_loan(one, product, principal_fen=20_000_000)
        make_loan(two, product, principal_fen=10_000_000, dpd=12)

        found = graph.graph(rep, customer_id=one)

        assert {node.name for node in found.nodes} == {"张建国", "王丽华", "李小娟"}
        labels = {frozenset((e.a, e.b)): (e.label, e.found) for e in found.edges}
        assert labels[frozenset((f"c{one}", f"c{two}"))] == ("担保人、同地址", False)
        assert labels[frozenset((f"c{one}", f"c{three}"))] == ("同手机号", True)
        assert (found.own, found.total, found.late) == ("¥10 万", "¥15 万", 1) or found.late == 1
        assert number not in str(found)

    def test_hides_who_is_out_of_scope(self, rep: Actor) -> None:
        number = make_phone()
        one = make_customer(rep, phone=number)
        other = make_customer(make_user(RoleCode.SALES, team="华东二组"), name="司马相如", phone=number)
        make_loan(other, make_product())

        found = graph.graph(rep, customer_id=one)

        hidden = next(node for node in found.nodes if node.id == f"c{other}")
        assert (hidden.shape, hidden.name, hidden.href, hidden.exposure) == ("hidden", "范围外", "", "")
        assert "司马" not in str(found)
        assert found.hidden == 1
        assert found.total == found.own

    def test_meets_by_the_identity_number_of_a_representative(self, rep: Actor) -> None:
        identity = make_id_number()
        person = make_customer(rep, name="周远达", id_number=identity)
        firm = make_customer(rep, name="苏州远达模具有限公司", kind="company")
        with transaction() as db:
            db.execute(
                sa.update(Customer)
                .where(col(Customer.id) == person)
                .values(owner_id=None, department_id=None)
            )
        customers.relate(
            rep, customer_id=firm, kind="legal_representative", name="周远达", id_number=identity, now=NOON
        )

        found = graph.graph(rep, customer_id=firm)

        assert f"c{person}" in {node.id for node in found.nodes} or any(
            e.label.startswith("法定代表人") for e in found.edges
        )
        assert identity not in str(found)

    def test_an_ended_relation_is_gone_from_the_graph(self, rep: Actor) -> None:
        one = make_customer(rep)
        row = customers.relate(rep, customer_id=one, kind="spouse", name="李小娟", now=NOON)
        customers.unrelate(rep, relation_id=row, now=NOON)
        assert len(graph.graph(rep, customer_id=one).nodes) == 1

    def test_refuses_a_wrong_share_and_identity(self, rep: Actor) -> None:
        with pytest.raises(InvalidInput) as refused:
            customers.relate(rep, customer_id=make_customer(rep), kind="beneficial_owner", name="甲乙", id_number="123",
                             share="120", now=NOON)  # fmt: skip
        assert set(refused.value.fields) == {"id_number", "share"}


class TestAsOf:
    def test_undoes_later_changes_and_counts_by_dates(self, rep: Actor) -> None:
        made = make_customer(rep, city="苏州", industry="五金")
        row = customers.relate(
            rep, customer_id=made, kind="spouse", name="李小娟", now=NOON + timedelta(hours=1)
        )
        later = NOON + timedelta(days=5)
        customers.edit(rep, customer_id=made, raw={"industry": "模具"}, expected_version=None, now=later)
        customers.edit(
            rep,
            customer_id=made,
            raw={"industry": "汽配"},
            expected_version=None,
            now=later + timedelta(days=1),
        )
        customers.unrelate(rep, relation_id=row, now=later)

        past = as_of.as_of(rep, customer_id=made, day=TODAY, now=later + timedelta(days=2))

        fields = {f.label: (f.text, f.now, f.changed) for g in past.groups for f in g.fields}
        assert fields["行业"] == ("五金", "汽配", True)
        assert fields["所在城市"][2] is False
        assert past.changed == 1
        relations = next(s for s in past.sections if s.title == "关系人")
        assert [(r.title, r.detail, r.side) for r in relations.rows] == [("配偶", "李小娟", "后来解除")]
        between = as_of.as_of(
            rep, customer_id=made, day=TODAY + timedelta(days=5), now=later + timedelta(days=2)
        )
        assert {f.label: f.text for g in between.groups for f in g.fields}["行业"] == "模具"
        assert next(s for s in between.sections if s.title == "关系人").rows == []

    def test_encrypted_values_never_come_back(self, rep: Actor) -> None:
        number = make_phone()
        made = make_customer(rep, phone=number)
        customers.edit(
            rep,
            customer_id=made,
            raw={"phone": make_phone()},
            expected_version=None,
            now=NOON + timedelta(days=2),
        )
        past = as_of.as_of(rep, customer_id=made, day=TODAY, now=NOON + timedelta(days=3))
        assert number not in str(past)
        assert "".join(f.text for g in past.groups for f in g.fields if f.label == "手机号").startswith("154")

    @pytest.mark.parametrize("day", [date(2020, 1, 1), date(2027, 1, 1)])
    def test_refuses_days_there_is_nothing_to_see_of(self, rep: Actor, day: date) -> None:
        made = make_customer(rep)
        with pytest.raises(InvalidInput) as refused:
            as_of.as_of(rep, customer_id=made, day=day, now=NOON)
        assert "day" in refused.value.fields


class TestTags:
    def test_are_computed_and_hand_made_ones_stay(self, rep: Actor) -> None:
        made, product = make_customer(rep), make_product()
        customers.edit(rep, customer_id=made, raw={"tags": ["偏好电话"]}, expected_version=None, now=NOON)
        make_loan(made, product)
        make_loan(made, product)

        changed = tags.refresh_all(now=NOON)

        row = stored(made)
        assert changed >= 1
        assert row.lifecycle == Lifecycle.NEW.value
        assert (row.rfm_recency, row.rfm_frequency, row.rfm_monetary) == (3, 2, 3)
        assert row.auto_tags == ["复贷客户"] and row.tags == ["偏好电话"]
        assert tags.refresh_all(now=NOON) == 0
        found = tags.layers(rep, customer_id=made, now=NOON)
        assert [s["words"] for s in found.scores] == ["61 天前放款", "2 次借款", "累计 ¥40 万"]

    def test_a_second_computation_that_moves_the_lifecycle_is_an_event(self, rep: Actor) -> None:
        made, product = make_customer(rep), make_product()
        make_loan(made, product)
        tags.refresh_all(now=NOON)
        make_loan(made, product, dpd=40)
        tags.refresh([made], now=NOON)
        with reading() as db:
            told = db.execute(sa.select(Event).where(col(Event.type) == "customer.retagged")).scalars().all()
        assert [(e.customer_id, e.after["生命周期"]) for e in told] == [(made, "流失预警")]

    def test_every_change_is_kept_with_its_calculation(self, rep: Actor) -> None:
        made, product = make_customer(rep), make_product()
        make_loan(made, product)
        tags.refresh_all(now=NOON)
        assert tag_history.history(rep, customer_id=made, now=NOON) == []
        make_loan(made, product)
        later = NOON + timedelta(hours=1)
        tags.refresh([made], now=later)
        tags.refresh([made], now=later)  # nothing new: no second entry

        [one] = tag_history.history(rep, customer_id=made, now=later)

        moved = {c["label"]: (c["before"], c["after"]) for c in one.changes}
        assert moved["行为标签"] == ("—", "复贷客户") and moved["RFM 频率"] == ("1", "2")
        assert "频率 2 分：2 次借款" in one.basis and "复贷客户：共借款 2 次" in one.basis
        [shown] = customers.history(rep, customer_id=made, label="RFM 频率", now=later)
        assert (shown.before, shown.after) == ("1", "2")

    def test_a_stranger_reads_no_history_of_tags(self, rep: Actor) -> None:
        made = make_customer(rep)
        with pytest.raises(NotFound):
            tag_history.history(make_user(RoleCode.SALES), customer_id=made, now=NOON)

    def test_the_job_follows_the_events_and_runs_once_a_night(self, rep: Actor) -> None:
        made = make_customer(rep)
        late = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)  # 04:00 in Shanghai
        customer_tags.run(NOON)
        make_loan(made, make_product())
        with transaction() as db:
            events.record(db, SYSTEM, "loan.disbursed", now=NOON, entity="loan", customer_id=made)
        assert customer_tags.run(NOON) == 1
        assert stored(made).rfm_frequency == 1
        customer_tags.run(late)
        customer_tags.run(late)
        with reading() as db:
            runs = (
                db.execute(sa.select(col(JobRun.period)).where(col(JobRun.job) == "customer_tags"))
                .scalars()
                .all()
            )
        assert sorted(runs) == ["2026-11-20", "2026-11-21", "events"]


class TestTimeline:
    def test_is_filtered_by_person_and_words(self, rep: Actor, boss: Actor) -> None:
        made = make_customer(rep)
        interactions.record(rep, kind="call", text="谈了 8.4% 的利率", customer_id=made, now=NOON)
        interactions.record(rep, kind="note", text="下周再说", customer_id=made, now=NOON)

        said = timeline.timeline(rep, customer_id=made, text="8.4%", now=NOON)
        assert [item.text for item in said.items] == ["谈了 8.4% 的利率"]
        assert timeline.timeline(rep, customer_id=made, text="8_4", now=NOON).items == []
        assert timeline.timeline(rep, customer_id=made, person="没有这人", now=NOON).items == []
        everything = timeline.timeline(rep, customer_id=made, person=rep.name, now=NOON)
        assert len(everything.items) == 3 and rep.name in everything.people

    def test_says_once_what_one_looked_at_in_a_visit_and_the_audit_each(self, rep: Actor) -> None:
        made = make_customer(rep)
        looks = ("身份证正面", "征信报告", "身份证正面", "收入证明", "房产证")
        with transaction() as db:
            for minute, name in enumerate((*looks, "合同")):
                at = NOON + timedelta(minutes=minute if name != "合同" else 60)
                events.record(
                    db,
                    rep,
                    "document.viewed",
                    now=at,
                    entity="document",
                    customer_id=made,
                    summary=f"查看 {name}",
                )

        shown = timeline.timeline(rep, customer_id=made, now=NOON + timedelta(hours=2)).items
        older = timeline.timeline(
            rep, customer_id=made, before_id=int(shown[1].id), now=NOON + timedelta(hours=2)
        ).items
        trail = timeline.audit(rep, customer_id=made, now=NOON + timedelta(hours=2)).items

        assert [item.note for item in shown[:2]] == ["查看 合同", "查看 房产证、收入证明、身份证正面 等 4 种"]
        assert not any("查看" in item.note for item in older), (
            "the next page begins after all that were folded"
        )
        assert sum(item.what == "查看资料" for item in trail) == 6


class TestMoney:
    def test_says_how_each_installment_went(self, rep: Actor) -> None:
        made = make_customer(rep)
        make_loan(made, make_product())
        found = behaviour.behaviour(rep, customer_id=made, now=NOON)
        assert [dot["state"] for dot in found.dots] == ["ok"]
        assert found.sentence == "已到期 1 期，1 期按时还清"

    def test_needs_the_right(self, rep: Actor) -> None:
        made = make_customer(rep)
        blind = bare_actor(RoleCode.ADMIN)
        for ask in (
            lambda: behaviour.behaviour(blind, customer_id=made, now=NOON),
            lambda: behaviour.approvals(blind, customer_id=made, now=NOON),
            lambda: behaviour.todos(blind, customer_id=made, now=NOON),
        ):
            with pytest.raises((NotFound, NotPermitted)):
                ask()


class TestFirms:
    def test_the_page_fits_a_firm(self, rep: Actor) -> None:
        soon = (TODAY + timedelta(days=20)).isoformat()
        made = make_customer(rep, name="苏州汇川五金有限公司", kind="company", id_type="uscc", id_number=USCC,
                             legal_representative="张建国", license_valid_until=soon)  # fmt: skip

        head = customers.overview(rep, customer_id=made, now=NOON)
        groups = sections.profile(rep, customer_id=made, now=NOON)

        assert (head.is_company, head.id_label, head.license_warning) == (
            True,
            "统一社会信用代码",
            "营业执照 20 天后到期",
        )
        assert groups[0].title == "经营信息"
        labels = {f.label for g in groups for f in g.fields}
        assert {"企业名称", "统一社会信用代码", "法定代表人"} <= labels
        assert not {"性别", "婚姻状况", "月收入"} & labels

    def test_the_same_code_is_refused(self, rep: Actor) -> None:
        make_customer(rep, name="苏州汇川五金有限公司", kind="company", id_number=USCC)
        with pytest.raises(customers.KnownCustomer):
            make_customer(rep, name="苏州汇川五金厂", kind="company", id_number=USCC)

    def test_a_person_s_page_has_no_firm_only_fields(self, rep: Actor) -> None:
        labels = {
            f.label for g in sections.profile(rep, customer_id=make_customer(rep), now=NOON) for f in g.fields
        }
        assert "营业执照有效期至" not in labels and "性别" in labels
