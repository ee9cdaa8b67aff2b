"""Doubles in the demo company 查重: a few likely pairs, one merged, one dismissed, two claims, some things deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from loanhub.demo.company import Company
from loanhub.domain.permissions import RoleCode
from loanhub.services import interactions, leads, recycle, rulings, saved_views, tasks
from loanhub.services._actor import Actor
from loanhub.services.duplicates import compare, merge, pairs, watch

PAIRS = (
    ({"name": "钱晓峰", "phone": "13961230101", "city": "苏州", "company_name": "姑苏锦程纺织有限公司"},
     {"name": "钱小峰", "phone": "13961230102", "city": "苏州", "company_name": "姑苏锦程纺织有限公司"}),
    ({"name": "汤丽华", "phone": "13961230103", "city": "无锡", "wechat": "tanglihua88"},
     {"name": "汤丽华", "phone": "13961230104", "city": "无锡", "wechat": "tanglihua88"}),
    ({"name": "蒋文杰", "phone": "13961230105", "city": "常州"},
     {"name": "蒋文杰", "phone": "13861230105", "city": "常州"}),
    ({"name": "范雨桐", "phone": "13961230107", "city": "南通", "wechat": "fan_yutong"},
     {"name": "范羽彤", "phone": "13961230108", "city": "南通", "wechat": "fan_yutong"}),
)  # fmt: skip
MERGED, DISMISSED = 3, 2


def build(people: Company, *, now: datetime) -> None:
    """Enter, merge, claim and delete as the people concerned would."""
    boss, manager = people.team_leads[0], people.staff[RoleCode.MANAGER][0]
    mine = [one for one in people.sales if one.department_id == boss.department_id] or people.sales
    made = [
        [
            _enter(mine[(place + side) % len(mine)], raw, now=now - timedelta(days=2 - side, hours=place))
            for side, raw in enumerate(pair)
        ]
        for place, pair in enumerate(PAIRS)
    ]
    watch.run(now=now, seconds=30)
    for one in pairs.queue(manager, now=now).rows:
        ids = {one.left.id, one.right.id}
        if ids == set(made[DISMISSED]):
            pairs.decide(
                boss,
                pair_id=one.id,
                version=one.version,
                dismiss=True,
                note="电话核实过，同名两个人",
                now=now,
            )
    seen = compare.compare(boss, entity="lead", one_id=made[MERGED][0], other_id=made[MERGED][1], now=now)
    merge.merge(
        boss, entity="lead", survivor_id=seen.left.id, merged_id=seen.right.id, choices={},
        survivor_version=seen.left_version, merged_version=seen.right_version, reason="同一个人，名字打错了", now=now,
    )  # fmt: skip
    _claims(people, boss, mine, now=now)
    _deletions(boss, mine[0], now=now)


def _enter(actor: Actor, raw: dict[str, str], *, now: datetime) -> int:
    made = leads.create(actor, {"channel_code": "website", "product_code": "", **raw}, now=now)
    lead_id = made.lead_id or 0
    if made.new:
        interactions.record(
            actor, kind="note", text="电话里说了大概情况，等客户发资料", lead_id=lead_id, now=now
        )
        tasks.create(
            actor, title=f"给{raw['name']}回电", due_at=now + timedelta(days=3), lead_id=lead_id, now=now
        )
    return lead_id


def _claims(people: Company, boss: Actor, mine: list[Actor], *, now: datetime) -> None:
    others = [one for one in people.sales if one.department_id != boss.department_id] or people.sales[-2:]
    for number, (phone, name) in enumerate((("13961230111", "卢志鹏"), ("13961230112", "尤佳慧"))):
        leads.create(
            mine[0], {"name": name, "phone": phone, "channel_code": "website"}, now=now - timedelta(days=3)
        )
        rulings.open_ruling(
            others[number % len(others)], number=phone, channel_code="douyin" if number == 0 else "",
            claim="上周三在门店面谈过，客户当场加了我的微信，聊天记录可查", now=now - timedelta(hours=5 - number),
        )  # fmt: skip
    first = next((one for one in rulings.list_rulings(boss, now=now) if "卢志鹏" in one.subject), None)
    if first is not None and first.can_decide:
        rulings.decide(
            boss, ruling_id=first.id, version=first.version, outcome="stays", credit="both", protect_days=30,
            decision="线索先由网站进线并已联系，归原负责人；门店接触属实，渠道各半", now=now - timedelta(hours=2),
        )  # fmt: skip


def _deletions(boss: Actor, rep: Actor, *, now: datetime) -> None:
    lead = leads.create(
        boss,
        {"name": "试录入", "phone": "13961230121", "channel_code": "website"},
        now=now - timedelta(days=1),
    )
    if lead.lead_id:
        recycle.delete(
            boss,
            entity="lead",
            record_id=lead.lead_id,
            reason="培训时录的，不是真客户",
            now=now - timedelta(hours=20),
        )
    task_id = tasks.create(
        rep, title="整理旧名单", due_at=now + timedelta(days=1), now=now - timedelta(days=1)
    )
    recycle.delete(rep, entity="task", record_id=task_id, reason="已经不用了", now=now - timedelta(hours=3))
    city = {"all": [{"field": "city", "op": "eq", "value": "苏州"}]}
    view_id = saved_views.save_view(
        boss, "leads", "lead", name="苏州旧视图", raw_criteria=city, settings={}, now=now - timedelta(days=9)
    )
    saved_views.delete_view(boss, view_id, now=now - timedelta(days=1))
