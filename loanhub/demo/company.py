"""The demo company 澄江普惠: branches, teams, people, parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.names import full_pinyin
from loanhub.domain.permissions import RoleCode
from loanhub.models import Department, Role, User, UserRole
from loanhub.services import _passwords, auth, parameters, setup
from loanhub.services._actor import Actor
from loanhub.services._rights import actor_of
from loanhub.settings import settings

BRANCHES = (("上海", ("华东一组", "华东二组")), ("杭州", ("杭州一组", "杭州二组")),
            ("深圳", ("深圳一组", "深圳二组")), ("成都", ("成都一组", "成都二组")))  # fmt: skip
SALES = (
    ("林若溪", "周子昂", "沈佳宁", "许知远"), ("陈嘉禾", "何俊杰", "苏晚晴", "陆景行"), ("方以宁", "叶知秋", "唐雨薇", "江亦辰"),
    ("温如玉", "程星野", "夏初然", "顾南乔"), ("傅云深", "梁思源", "简一诺", "韩子墨"), ("白芷兰", "纪明朗", "乔安然", "宋知行"),
    ("蒋沐阳", "谢晚舟", "卢静好", "魏长风"), ("施清和", "孟夏至", "罗浮生", "秦时月"),
)  # fmt: skip
LEADS = ("顾明轩", "赵承宇", "钱望舒", "孙启明", "李慕白", "吴安澜", "郑怀瑾", "王景明")
STAFF: tuple[tuple[RoleCode, str, str], ...] = (
    (RoleCode.CREDIT, "秦语桐", "风控初审"), (RoleCode.CREDIT, "高远", "风控复审"), (RoleCode.CREDIT, "董知微", "风控终审"),
    (RoleCode.FINANCE, "沈墨", "财务"), (RoleCode.FINANCE, "许清如", "出纳"),
    (RoleCode.COLLECTIONS, "贺平川", "贷后专员"), (RoleCode.COLLECTIONS, "邵东来", "催收员"),
    (RoleCode.CONTRACTS, "丁思齐", "权证"), (RoleCode.CONTRACTS, "崔明澈", "合同专员"),
    (RoleCode.MANAGER, "钟毅", "总经理"), (RoleCode.MANAGER, "陶然", "分公司经理"),
    (RoleCode.ADMIN, "石磊", "系统管理员"), (RoleCode.SECURITY_ADMIN, "江守义", "安全管理员"),
    (RoleCode.AUDITOR, "闻正", "内部审计"),
)  # fmt: skip
SHOWN = {
    "林若溪",
    "顾明轩",
    "秦语桐",
    "高远",
    "董知微",
    "沈墨",
    "许清如",
    "贺平川",
    "丁思齐",
    "钟毅",
    "石磊",
    "江守义",
    "闻正",
}
"""Who the login page offers: at least one person a role, three levels of review, two of finance."""

LEAD_PRICES = {
    "douyin": 8000, "baidu_sem": 15000, "wechat_moments": 9500, "loan_market": 2500, "referral": 10000,
    "telesales": 2000, "field": 12000,
}  # fmt: skip
"""What the demo company pays for one lead of each channel, in fen."""


@dataclass
class Company:
    """The people of the demo company, ready to act."""

    sales: list[Actor] = field(default_factory=list)
    team_leads: list[Actor] = field(default_factory=list)
    staff: dict[RoleCode, list[Actor]] = field(default_factory=dict)
    city_of: dict[int, str] = field(default_factory=dict)
    weight_of: dict[int, float] = field(default_factory=dict)


def build(db: Session, *, now: datetime, since: datetime, seed: int) -> Company:
    """Write the organization and its people; returns the actors.

    Only the accounts on the login page get the demo password; the others cannot sign in.
    """
    setup.install(db, company_name=settings().company_name, now=since, lead_prices=LEAD_PRICES)
    parameters.put(db, "company", {
        "name": f"{settings().company_name}小额贷款有限公司（演示）", "credit_code": "91310199MA1K0000XJ",
        "legal_representative": "示例法人", "address": "上海市浦东新区示例路 88 号", "phone": "021-00000000",
        "complaint_phone": "400-000-0000", "license_number": "示例金监〔2024〕001 号",
    })  # fmt: skip
    parameters.put(db, "repayment_account", {
        "holder": f"{settings().company_name}小额贷款有限公司（演示）", "bank": "示例银行上海分行",
        "number": "31000000000000001",
    })  # fmt: skip
    roles = {row.code: row.id for row in db.execute(sa.select(Role)).scalars()}
    root = db.execute(sa.select(Department).where(col(Department.kind) == "company")).scalar_one()
    hashed = _passwords.hash_password(auth.DEMO_PASSWORD)
    pick = Random(seed)
    company = Company()

    def person(name: str, title: str, code: RoleCode, department: Department, order: int) -> Actor:
        shown = name in SHOWN
        user = User(
            login=full_pinyin(name), name=name, title=title, department_id=department.id, demo=shown,
            password_hash=hashed if shown else "!", joined_at=since - timedelta(days=30 * (order % 20)),
            created_at=since,
        )  # fmt: skip
        db.add(user)
        db.flush()
        db.add(UserRole(user_id=user.id or 0, role_id=roles[code.value] or 0))
        db.flush()
        return actor_of(db, user)

    order = 0
    for branch_number, (city, teams) in enumerate(BRANCHES):
        branch = _department(db, f"{city}分公司", "branch", root, city)
        for team_number, team_name in enumerate(teams):
            team = _department(db, team_name, "team", branch, city)
            number = branch_number * 2 + team_number
            lead = person(LEADS[number], "团队主管", RoleCode.TEAM_LEAD, team, order)
            company.team_leads.append(lead)
            company.city_of[lead.user_id] = city
            for name in SALES[number]:
                order += 1
                rep = person(name, "客户经理", RoleCode.SALES, team, order)
                company.sales.append(rep)
                company.city_of[rep.user_id] = city
                company.weight_of[rep.user_id] = pick.paretovariate(1.6)
    company.weight_of[company.sales[0].user_id] = max(company.weight_of.values()) * 1.1
    head = _department(db, "总部", "department", root, "上海")
    for code, name, title in STAFF:
        order += 1
        company.staff.setdefault(code, []).append(person(name, title, code, head, order))
    return company


def _department(db: Session, name: str, kind: str, parent: Department, city: str) -> Department:
    row = Department(name=name, kind=kind, parent_id=parent.id, city=city)
    db.add(row)
    db.flush()
    row.path = f"{parent.path}{row.id}/"
    return row
