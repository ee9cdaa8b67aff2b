"""What the component gallery shows; nothing of it is real."""

from __future__ import annotations

from typing import Any

from loanhub.components.rail import STAGES as NAMES

_TIMES = ("12 分", "1.2 天", "0.9 天", "1.6 天", "今天 16:30", "", "")
STAGES = [
    {"number": str(i), "name": name, "note": _TIMES[i - 1], "state": "d" if i < 5 else "c" if i == 5 else ""}
    for i, name in enumerate(NAMES, 1)
]
PEOPLE = [
    {"initial": "桐", "name": "秦语桐", "color": "4"},
    {"initial": "昂", "name": "周子昂", "color": "3"},
]


def _lead(
    number: int,
    name: str,
    amount: str,
    risk: str,
    stage: int,
    left: tuple[str, str, str],
    status: tuple[str, str],
    look: str = "",
) -> dict[str, str]:
    return {
        "id": str(number), "name": name, "phone": "138****7712", "amount": amount, "risk": risk,
        "risk_label": {"1": "低", "2": "中", "3": "高", "4": "极高"}[risk], "stage": str(stage), "stage_label": NAMES[stage - 1],
        "left": left[0], "percent": left[1], "sla": left[2], "owner": "林若溪", "initial": "溪", "color": "1",
        "status": status[0], "tone": status[1], "look": look,
    }  # fmt: skip


LEADS = [
    _lead(1, "郑文博", "300,000.00", "1", 1, ("剩 38 分", "32", "w"), ("待联系", "info")),
    _lead(2, "马会芳", "120,000.00", "2", 4, ("剩 1 时", "60", ""), ("跟进中", "ok")),
    _lead(3, "胡德胜", "600,000.00", "3", 1, ("超时 26 分", "100", "o"), ("待联系", "info")),
    _lead(4, "王丽华", "430,000.00", "4", 6, ("明天", "90", ""), ("逾期 3 天", "overdue"), "od"),
]
SCHEDULE = [
    {"number": str(n), "due_date": f"2026-0{n}-20", "principal": "20,000.00", "interest": "1,486.52", "fee": "0.00",
     "penalty": penalty, "total": total, "paid": paid, "balance": balance, "status_label": label, "status_tone": tone, "look": look}
    for n, penalty, total, paid, balance, label, tone, look in (
        (3, "0.00", "21,486.52", "21,486.52", "440,000.00", "已还", "closed", ""),
        (4, "35.10", "21,521.62", "5,000.00", "420,000.00", "逾期 12 天", "overdue", "od"),
        (5, "0.00", "21,486.52", "0.00", "400,000.00", "待还", "info", "cur"),
        (6, "0.00", "21,486.52", "0.00", "380,000.00", "未到期", "neutral", ""),
    )
]  # fmt: skip
SUMS = {
    "principal": "80,000.00",
    "interest": "5,946.08",
    "fee": "0.00",
    "penalty": "35.10",
    "total": "85,981.18",
    "paid": "26,486.52",
}
PARTS = [
    {"label": "罚息", "amount": "35.10", "percent": "3", "color": "cin-7"},
    {"label": "利息", "amount": "1,486.52", "percent": "12", "color": "c-2"},
    {"label": "本金", "amount": "20,000.00", "percent": "70", "color": "c-1"},
    {"label": "溢缴款", "amount": "4,964.90", "percent": "15", "color": "c-7"},
]
STEPS = [
    {"name": "提交", "who": "林若溪", "note": "05-22 10:31", "state": "d"},
    {"name": "初审", "who": "秦语桐", "note": "用时 2 时", "state": "d"},
    {"name": "复审", "who": "顾明轩", "note": "已等 1 时 12 分", "state": "c"},
    {"name": "放款", "who": "财务", "note": "", "state": ""},
]
EVENTS = [
    {
        "id": "1",
        "icon": "phone-call",
        "tone": "p",
        "who": "林若溪",
        "what": "呼出通话，意向升为「高」",
        "time": "10:24",
        "at": "2026-05-23 10:24",
        "text": "客户对比两家银行，最在意提前还款违约金。已说明方案 B 满 12 期免违约金。",
        "note": "",
    },
    {
        "id": "2",
        "icon": "eye",
        "tone": "w",
        "who": "顾明轩",
        "what": "查看了完整身份证号",
        "time": "昨天 18:02",
        "at": "2026-05-22 18:02",
        "text": "",
        "note": "事由：面签预约核对 · 已写入审计",
    },
    {
        "id": "3",
        "icon": "stamp",
        "tone": "",
        "who": "秦语桐",
        "what": "资质审核通过，评分 684",
        "time": "昨天 16:40",
        "at": "2026-05-22 16:40",
        "text": "",
        "note": "",
    },
]
CONFLICT = [{"key": "amount", "label": "申请金额", "mine": "¥850,000.00", "latest": "¥800,000.00"}]


def _entry(label: str, href: str, icon: str, count: str = "", urgent: bool = False) -> dict[str, Any]:
    return {"label": label, "href": href, "icon": icon, "count": count, "urgent": urgent}


NAV = [
    {
        "label": "工作",
        "items": [_entry("工作台", "/", "layout-dashboard"), _entry("消息", "/inbox", "inbox", "5", True)],
    },
    {
        "label": "客户",
        "items": [
            _entry("线索", "/leads", "user-plus", "18"),
            _entry("公海池", "/pool", "waves"),
            _entry("客户", "/customers", "users"),
            _entry("进件看板", "/boards", "square-kanban", "46"),
        ],
    },
    {
        "label": "信贷",
        "items": [
            _entry("申请与审批", "/applications", "stamp", "7"),
            _entry("合同中心", "/contracts", "file-signature"),
            _entry("贷款与还款", "/loans", "wallet"),
            _entry("催收", "/collections", "headset", "12", True),
        ],
    },
    {
        "label": "洞察",
        "items": [_entry("驾驶舱", "/cockpit", "gauge"), _entry("报表", "/reports", "chart-column")],
    },
]
MOBILE = [
    {"label": "工作台", "href": "/", "icon": "layout-dashboard", "plus": False, "count": ""},
    {"label": "看板", "href": "/boards", "icon": "square-kanban", "plus": False, "count": ""},
    {"label": "新建线索", "href": "/leads", "icon": "plus", "plus": True, "count": ""},
    {"label": "客户", "href": "/customers", "icon": "users", "plus": False, "count": ""},
    {"label": "消息", "href": "/inbox", "icon": "inbox", "plus": False, "count": "5"},
]
PALETTE = [
    {
        "label": "客户",
        "items": [
            {
                "id": "c1",
                "icon": "user-round",
                "text": "张建",
                "hit": "国",
                "rest": "",
                "hint": "138****1234 · 银行面签 · 林若溪",
                "href": "/customers",
                "stage": "5",
                "keys": "",
            }
        ],
    },
    {
        "label": "跳转",
        "items": [
            {
                "id": "p1",
                "icon": "square-kanban",
                "text": "进件看板",
                "hit": "",
                "rest": "",
                "hint": "",
                "href": "/boards",
                "stage": "",
                "keys": "G K",
            }
        ],
    },
]
