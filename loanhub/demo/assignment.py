"""Assignment in the demo company: a skill group, rules in two versions, somebody on leave, and leads they gave out."""

from __future__ import annotations

from datetime import datetime, timedelta

from loanhub.demo.company import Company
from loanhub.demo.people import People
from loanhub.domain.leads import LeadDoor
from loanhub.domain.permissions import RoleCode
from loanhub.services import assignment, leave, parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.leads.intake import Enquiry, door_actor, take_in

CHANNELS = ("douyin", "baidu_sem", "website", "loan_market", "wechat_moments")
CITIES = ("上海", "杭州", "深圳", "成都")


def build(company: Company, *, now: datetime, seed: int) -> int:
    """Publish the rules and let a dozen leads of the last two hours come in; return how many did."""
    admin = company.staff[RoleCode.ADMIN][0]
    before = now - timedelta(days=20)
    mortgage = [company.sales[number].user_id for number in (0, 5, 9, 16)]
    group = assignment.save_group(admin, name="房抵组", member_ids=mortgage, now=before)
    version = _rule(
        admin, 0, "大额房抵", {"all": [{"field": "amount_fen", "op": "gte", "value": 100_000_000}]}, "load",
        [("skill", group, 1)], now=before,
    )  # fmt: skip
    for number, city in enumerate(CITIES):
        home = company.sales[number * 8]
        team = [one for one in company.sales if company.city_of[one.user_id] == city]
        version = _rule(
            admin, version, f"{city}线索", {"all": [{"field": "city", "op": "contains", "value": city}]},
            "weighted" if city == "上海" else "round_robin",
            [("user", one.user_id, 3 if one is home else 2) for one in team], fallback="team_lead", now=before,
        )  # fmt: skip
    assignment.publish(admin, expected=version, note="按城市分，大额房抵交给房抵组", now=before)
    later = now - timedelta(days=3)
    version = assignment.save_settings(
        admin, expected=0, daily_cap=15, open_cap=200, own_entry=False, recycled=False, now=later
    )
    version = _rule(
        admin,
        version,
        "其他城市",
        {},
        "random",
        [("user", one.user_id, 1) for one in company.sales[:8]],
        now=later,
    )
    assignment.publish(admin, expected=version, note="每人每天最多 15 条；外地线索随机给华东", now=later)
    away = company.sales[2]
    leave.book(
        away, starts_at=now - timedelta(hours=20), ends_at=now + timedelta(days=2), reason="年假", now=now
    )
    with transaction() as db:
        # What lay untouched in two years of history is not taken away on the first evening.
        parameters.put(db, "public_pool", {"since": now.isoformat()})
    return _come_in(now, seed)


def _rule(
    admin: Actor, expected: int, name: str, condition: dict[str, object], strategy: str,
    candidates: list[tuple[str, int, int]], *, fallback: str = "next_rule", now: datetime,
) -> int:  # fmt: skip
    return assignment.save_rule(
        admin, expected=expected, name=name, raw_criteria=condition, strategy=strategy, hours="any",
        fallback=fallback, candidates=candidates, now=now,
    )  # fmt: skip


def _come_in(now: datetime, seed: int) -> int:
    people, taken = People(seed + 17, now.date()), 0
    for number in range(12):
        city, channel = CITIES[number % 4], CHANNELS[number % 5]
        person = people.make(city)
        raw = {
            "name": person.name, "phone": f"154{90_000_000 + number}", "city": city, "gender": person.gender, "channel_code": channel,
            "amount_fen": str(200_000 + 150_000 * number), "industry": person.industry,
        }  # fmt: skip
        door = LeadDoor.H5 if number % 2 else LeadDoor.API
        when = now - timedelta(minutes=118 - 9 * number)
        with transaction() as db:
            (one,) = take_in(db, [Enquiry(raw, door, door_actor(door.label))], now=when)
        taken += one.new
    return taken
