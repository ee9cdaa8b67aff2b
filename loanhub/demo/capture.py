"""How leads reach the demo company 进线: a bill of last month, claims for bad leads, a provider that pushes, a key."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from loanhub.domain.consents import SHIPPED_VERSION
from loanhub.domain.formats import local
from loanhub.domain.webhooks import Rule
from loanhub.services import api_keys, channels, webhooks
from loanhub.services._actor import Actor
from loanhub.services.leads import apply

PROVIDER = "loan_market"
RULES = (
    Rule("data.user_name", "name"), Rule("data.mobile", "phone"), Rule("data.loan_wan", "amount_fen", "wan"),
    Rule("data.sex", "gender", values={"1": "男", "2": "女"}), Rule("data.city", "city"),
)  # fmt: skip
PUSHED = (
    {"data": {"user_name": "顾晓彤", "mobile": "13761230011", "loan_wan": 25, "sex": "2", "city": "苏州"}},
    {"data": {"user_name": "邵文博", "mobile": "13761230012", "loan_wan": 18, "sex": "1", "city": "无锡"}},
)
BROKEN = (
    '{"data": {"user_name": "许志远", "mobile": "1376123001", "loan_wan": 30, "sex": "1", "city": "常州"}}'.encode(),
    '{"data": {"user_name": "叶婉清", "mobile": "13761230014", "loan_wan": "三十", '.encode(),
)
APPLIED = (
    ("沈佳宁", "13961230021", "12万", "杭州", "douyin"),
    ("罗子轩", "13961230022", "35万", "上海", "wechat_moments"),
)


def build(admin: Actor, security_admin: Actor, finance: Actor, team_lead: Actor, *, now: datetime) -> None:
    """Enter the bills, push and apply as the people and systems concerned would."""
    last = local(now).date().replace(day=1) - timedelta(days=1)
    for code, amount, kind in (("website", "3680.50", "service"), ("field", "5200", "service")):
        channels.add_cost(
            finance, channel_code=code, kind=kind, first=last.replace(day=1), last=last, amount=amount,
            note=f"{last.month} 月账单", now=now,
        )  # fmt: skip
    bad = [one.lead_id for one in channels.list_claimable(team_lead)[:3]]
    if bad:
        channels.claim(team_lead, lead_ids=bad, note="已附通话录音", now=now)
        first = channels.list_claims(team_lead, now=now)[-1]
        channels.decide(team_lead, claim_id=first.id, accepted=True, note="次月账单抵扣", now=now)
    webhooks.rotate(admin, code=PROVIDER, now=now)
    webhooks.save_endpoint(
        admin, code=PROVIDER, version=1, active=True, per_minute="120", rules=RULES, now=now
    )
    bodies = [json.dumps(body, ensure_ascii=False).encode() for body in PUSHED] + list(BROKEN)
    webhooks.store(
        [
            webhooks.Incoming(PROVIDER, f"msg_{local(now):%Y%m%d}{number:02d}", body, "203.0.113.20")
            for number, body in enumerate(bodies, 1)
        ],
        now=now,
    )
    webhooks.process(now=now)
    for name, phone, amount, city, code in APPLIED:
        apply.submit(
            {"name": name, "phone": phone, "amount_fen": amount, "city": city, "purpose": "经营周转"},
            agreed=("personal",), text_version=SHIPPED_VERSION, channel_code=code, ip="203.0.113.31",
            user_agent="Mozilla/5.0 (iPhone)", now=now,
        )  # fmt: skip
    api_keys.create(
        security_admin, name="官网预约系统", scopes=("leads:create", "leads:read"), channel_code="website",
        per_minute="300", last_day=local(now).date() + timedelta(days=365), now=now,
    )  # fmt: skip
