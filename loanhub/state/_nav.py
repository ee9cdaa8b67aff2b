"""The menu 导航: every entry once, shown to those who may use it and only when its page exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from loanhub.domain.permissions import Permission, RoleCode
from loanhub.services._actor import Actor

_P = Permission


@dataclass
class NavItem:
    """An entry as the sidebar draws it; ``count`` is the grey or red number, empty for none."""

    label: str = ""
    href: str = ""
    icon: str = ""
    count: str = ""
    urgent: bool = False


@dataclass
class NavGroup:
    """A titled group of entries."""

    label: str = ""
    items: list[NavItem] = field(default_factory=list)


@dataclass
class MobileItem:
    """One of the five places of the phone's bottom bar; ``plus`` is the middle one, which opens what is new."""

    label: str = ""
    href: str = ""
    icon: str = ""
    plus: bool = False
    count: str = ""


@dataclass(frozen=True)
class Entry:
    """An entry of the menu: where it stands, and which of the permissions opens it."""

    group: str
    label: str
    route: str
    icon: str
    permissions: tuple[Permission, ...]


MENU = (
    Entry("工作", "工作台", "/", "layout-dashboard", (_P.WORKBENCH_READ,)),
    Entry("工作", "待办", "/tasks", "list-todo", (_P.TASKS_EDIT,)),
    Entry("工作", "消息", "/inbox", "inbox", (_P.INBOX_READ,)),
    Entry("客户", "线索", "/leads", "user-plus", (_P.LEADS_READ,)),
    Entry("客户", "待处理进线", "/leads/deliveries", "inbox", (_P.DELIVERIES_MEND,)),
    Entry("客户", "通话记录", "/calls", "phone-incoming", (_P.INTERACTIONS_CREATE,)),
    Entry("客户", "公海池", "/pool", "waves", (_P.LEADS_CLAIM, _P.LEADS_ASSIGN)),
    Entry("客户", "客户", "/customers", "users-round", (_P.CUSTOMERS_READ,)),
    Entry("客户", "客户分群", "/segments", "group", (_P.CUSTOMERS_READ,)),
    Entry("客户", "查重与裁定", "/duplicates", "copy", (_P.LEADS_READ, _P.CUSTOMERS_READ)),
    Entry("客户", "进件看板", "/boards", "square-kanban", (_P.BOARDS_READ,)),
    Entry("信贷", "申请与审批", "/applications", "stamp", (_P.APPLICATIONS_READ,)),
    Entry(
        "客户",
        "资料档案",
        "/archive",
        "archive",
        (_P.DOCUMENTS_READ, _P.ARCHIVES_HOLD, _P.ARCHIVES_RULES),
    ),
    Entry("信贷", "合同中心", "/contracts", "file-signature", (_P.CONTRACTS_READ,)),
    Entry("信贷", "文书模板", "/templates", "layout-template", (_P.TEMPLATES_EDIT, _P.TEMPLATES_PUBLISH)),
    Entry("信贷", "贷款与还款", "/loans", "hand-coins", (_P.LOANS_READ,)),
    Entry("信贷", "贷后审批", "/loans/requests", "clipboard-check", (_P.LOANS_ADJUST, _P.LOANS_APPROVE)),
    Entry("信贷", "银行流水", "/statements", "landmark", (_P.STATEMENTS_IMPORT, _P.LEDGER_READ)),
    Entry("信贷", "对账与总账", "/ledger", "scale", (_P.LEDGER_READ,)),
    Entry("信贷", "日终", "/day-end", "calendar-check", (_P.DAY_ENDS_RUN, _P.LEDGER_READ)),
    Entry("信贷", "贷款试算", "/calculator", "calculator", (_P.PRODUCTS_READ,)),
    Entry("信贷", "催收", "/collections", "phone-outgoing", (_P.COLLECTIONS_READ,)),
    Entry("洞察", "驾驶舱", "/cockpit", "gauge", (_P.COCKPIT_READ,)),
    Entry("洞察", "岗位指标", "/figures", "chart-no-axes-column", (_P.FIGURES_READ,)),
    Entry("洞察", "业绩目标", "/targets", "target", (_P.TARGETS_EDIT,)),
    Entry("洞察", "报表", "/reports", "chart-column", (_P.REPORTS_READ, _P.FIGURES_READ)),
    Entry(
        "工作",
        "回收站",
        "/recycle",
        "trash-2",
        (_P.LEADS_DELETE, _P.CUSTOMERS_DELETE, _P.TASKS_EDIT, _P.SEGMENTS_EDIT),
    ),
    Entry("配置", "产品", "/settings/products", "package", (_P.PRODUCTS_EDIT,)),
    Entry("配置", "自动化规则", "/settings/rules", "zap", (_P.FIELDS_EDIT,)),
    Entry("配置", "表单与字段", "/settings/fields", "table-properties", (_P.FIELDS_EDIT,)),
    Entry("配置", "分配规则", "/settings/assignment", "shuffle", (_P.ASSIGNMENTS_EDIT,)),
    Entry("配置", "跟进节奏", "/settings/sops", "route", (_P.SOPS_EDIT,)),
    Entry(
        "配置", "催收策略", "/settings/collections-strategies", "sliders-horizontal", (_P.COLLECTIONS_ASSIGN,)
    ),
    Entry("配置", "线索评分", "/settings/lead-scores", "gauge", (_P.ASSIGNMENTS_EDIT,)),
    Entry("配置", "看板阶段", "/settings/stages", "columns-3", (_P.PIPELINES_EDIT,)),
    Entry("配置", "审批流程", "/settings/flows", "workflow", (_P.FIELDS_EDIT,)),
    Entry("配置", "员工与部门", "/settings/users", "users", (_P.USERS_READ,)),
    Entry("配置", "利率与上限", "/settings/rates", "percent", (_P.RATES_EDIT, _P.RATES_REVIEW)),
    Entry("配置", "渠道", "/settings/channels", "megaphone", (_P.CHANNELS_EDIT, _P.CHANNELS_COST)),
    Entry("配置", "消息发件箱", "/settings/messages", "send", (_P.MESSAGES_MANAGE,)),
    Entry("配置", "话务接入", "/settings/telephony", "phone", (_P.MESSAGES_MANAGE,)),
    Entry("配置", "签章证书", "/settings/certificates", "badge-check", (_P.PARAMETERS_EDIT,)),
    Entry("配置", "公司参数", "/settings/company", "building-2", (_P.PARAMETERS_EDIT,)),
    Entry(
        "配置", "角色与权限", "/settings/roles", "shield-check", (_P.ROLES_EDIT, _P.USERS_READ, _P.AUDIT_READ)
    ),
    Entry("配置", "API 密钥", "/settings/api-keys", "key-round", (_P.API_KEYS_EDIT,)),
    Entry("配置", "审计日志", "/audit", "scroll-text", (_P.AUDIT_READ,)),
)


@dataclass(frozen=True)
class Act:
    """Something to start from anywhere: where it begins, and which of the permissions allows it."""

    label: str
    href: str
    icon: str
    permissions: tuple[Permission, ...]
    keys: str = ""


ACTS = (
    Act("新建线索", "/leads?new=1", "user-plus", (_P.LEADS_CREATE,), "C"),
    Act("新建客户", "/customers?new=1", "user-round", (_P.CUSTOMERS_CREATE,)),
    Act("发起申请", "/applications/new", "stamp", (_P.APPLICATIONS_CREATE,)),
    Act("新建待办", "/tasks?new=task", "list-checks", (_P.TASKS_EDIT,)),
    Act("盲查重", "/duplicates?check=1", "scan-search", (_P.LEADS_CREATE,)),
    Act("导入线索名单", "/leads/import", "upload", (_P.LEADS_IMPORT,)),
    Act("导入银行流水", "/statements", "landmark", (_P.STATEMENTS_IMPORT,)),
    Act("试算还款计划", "/calculator", "calculator", (_P.PRODUCTS_READ,)),
)
"""What the palette offers to begin, as far as its page exists."""

KEYS = {"/": "G W", "/leads": "G L", "/boards": "G K", "/customers": "G U", "/applications": "G A", "/loans": "G R",
        "/cockpit": "G C", "/tasks": "G T"}  # fmt: skip
"""The keys that go to a page (ux.md §4)."""


def acts_of(actor: Actor) -> list[Act]:
    """Return what this actor may begin."""
    return [
        act for act in ACTS
        if act.href.partition("?")[0] in _open_routes and actor.can_any(*act.permissions)
    ]  # fmt: skip


_ICONS = {entry.route: entry.icon for entry in MENU}
_MOBILE: dict[str, tuple[tuple[str, str], ...]] = {
    RoleCode.SALES: (
        ("工作台", "/"),
        ("看板", "/boards"),
        ("新建线索", "/leads?new=1"),
        ("客户", "/customers"),
    ),
    RoleCode.TEAM_LEAD: (
        ("驾驶舱", "/cockpit"),
        ("看板", "/boards"),
        ("新建线索", "/leads?new=1"),
        ("审批", "/applications"),
    ),
    RoleCode.MANAGER: (
        ("驾驶舱", "/cockpit"),
        ("看板", "/boards"),
        ("新建待办", "/?new=task"),
        ("审批", "/applications"),
    ),
    RoleCode.CREDIT: (
        ("审批", "/applications"),
        ("客户", "/customers"),
        ("新建待办", "/?new=task"),
        ("贷款", "/loans"),
    ),
    RoleCode.COLLECTIONS: (
        ("队列", "/collections"),
        ("客户", "/customers"),
        ("新建待办", "/?new=task"),
        ("贷款", "/loans"),
    ),
    RoleCode.CONTRACTS: (
        ("工作台", "/"),
        ("客户", "/customers"),
        ("新建待办", "/?new=task"),
        ("合同", "/contracts"),
    ),
    RoleCode.FINANCE: (
        ("工作台", "/"),
        ("客户", "/customers"),
        ("新建待办", "/?new=task"),
        ("贷款", "/loans"),
    ),
    RoleCode.ADMIN: (
        ("工作台", "/"),
        ("员工", "/settings/users"),
        ("产品", "/settings/products"),
        ("参数", "/settings/company"),
    ),
    RoleCode.SECURITY_ADMIN: (
        ("工作台", "/"),
        ("员工", "/settings/users"),
        ("角色", "/settings/roles"),
        ("密钥", "/settings/api-keys"),
    ),
    RoleCode.AUDITOR: (
        ("驾驶舱", "/cockpit"),
        ("贷款", "/loans"),
        ("总账", "/ledger"),
        ("审计", "/audit"),
    ),
}
"""The bottom bar of a phone before 消息, by role; a person with several roles gets the first of them."""
_PLUS_NEEDS = {"/leads?new=1": _P.LEADS_CREATE, "/?new=task": _P.TASKS_EDIT}

_open_routes: set[str] = set()
_places: dict[str, Entry] = {}

ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "/": ("首页", "今日待办"), "/tasks": ("任务", "日程", "提醒"), "/inbox": ("通知", "收件箱"),
    "/leads/deliveries": ("接口进线", "失败进线"), "/calls": ("电话", "录音", "来电"), "/pool": ("公共池",),
    "/duplicates": ("重复客户", "合并", "撞单"), "/boards": ("看板", "漏斗"), "/applications": ("进件", "审批"),
    "/archive": ("档案", "文件", "附件"), "/contracts/batches": ("批量打印", "批量生成合同"),
    "/contracts/issue": ("结清证明", "催收函"), "/templates": ("合同模板",), "/loans": ("借据", "还款"),
    "/loans/requests": ("展期", "减免", "重组"), "/ledger": ("记账", "凭证"), "/calculator": ("计算器", "月供"),
    "/cockpit": ("经营驾驶舱", "报表"), "/wall": ("大屏", "投屏"), "/figures": ("业绩", "报表", "排名"),
    "/targets": ("目标",), "/recycle": ("已删除", "恢复"), "/settings/assignment": ("派单", "自动分配"),
    "/settings/sops": ("SOP", "跟进计划"), "/settings/users": ("组织架构", "同事", "邀请"),
    "/settings/handover": ("交接", "离职"), "/settings/messages": ("短信", "邮件", "outbox"),
    "/settings/message-channels": ("短信接入", "企业微信", "钉钉"), "/settings/telephony": ("呼叫中心", "坐席"),
    "/settings/rates": ("LPR", "利率"), "/settings/company": ("参数", "系统设置"), "/audit": ("日志", "操作记录"),
    "/account": ("密码", "登录设备"), "/account/notices": ("提醒设置", "免打扰"), "/handbook": ("帮助", "教程"),
    "/settings/api-keys": ("接口", "Webhook"), "/leads/import": ("Excel", "批量导入"),
}  # fmt: skip
"""What people also call a page; the palette finds it under these names too."""


def open_route(route: str, title: str = "", permissions: tuple[Permission, ...] = ()) -> None:
    """Tell the menu that this page exists; the page decorator calls it. An entry without a page is not shown.

    A page that stands in no menu but can be gone to by its name alone is a place of the palette.
    """
    _open_routes.add(route)
    if title and "[" not in route and route not in {entry.route for entry in MENU}:
        _places[route] = Entry("", title, route, "file", permissions)


def places_of(actor: Actor) -> list[NavItem]:
    """Return the pages outside the menu this actor may open."""
    return [
        NavItem(place.label, place.route, place.icon)
        for place in _places.values()
        if not place.permissions or actor.can_any(*place.permissions)
    ]


def menu_of(
    actor: Actor, *, inbox_count: int = 0, waiting: Mapping[str, int] | None = None
) -> list[NavGroup]:
    """Return the sidebar of this actor: groups with at least one entry, in the order of the design.

    ``waiting``: how much is to be decided, by address; it stands as a number beside the entry.
    """
    groups: dict[str, NavGroup] = {}
    for entry in MENU:
        if entry.route in _open_routes and actor.can_any(*entry.permissions):
            item = NavItem(entry.label, entry.route, entry.icon)
            if entry.route == "/inbox" and inbox_count:
                item.count, item.urgent = _number(inbox_count), True
            elif (waiting or {}).get(entry.route):
                item.count = _number((waiting or {})[entry.route])
            groups.setdefault(entry.group, NavGroup(entry.group)).items.append(item)
    return list(groups.values())


def mobile_menu_of(actor: Actor, *, inbox_count: int = 0) -> list[MobileItem]:
    """Return the phone's bottom bar: up to five places, the plus in the middle when the actor may add something."""
    places = next((_MOBILE[role] for role in _MOBILE if role in actor.roles), None)
    if places is None:
        entries = [e for e in MENU if e.route in _open_routes and actor.can_any(*e.permissions)]
        return [MobileItem(e.label, e.route, e.icon) for e in entries if e.route != "/inbox"][:4] + _inbox(
            inbox_count
        )
    allowed = {e.route for e in MENU if e.route in _open_routes and actor.can_any(*e.permissions)}
    bar = []
    for label, route in places:
        needed = _PLUS_NEEDS.get(route)
        if needed is not None and actor.can(needed) and route.partition("?")[0] in allowed:
            bar.append(MobileItem(label, route, "plus", plus=True))
        elif route in allowed:
            bar.append(MobileItem(label, route, _ICONS[route]))
    return bar + _inbox(inbox_count)


def _inbox(count: int) -> list[MobileItem]:
    return [MobileItem("消息", "/inbox", "inbox", count=_number(count))] if "/inbox" in _open_routes else []


def _number(count: int) -> str:
    return "" if count <= 0 else "99+" if count > 99 else str(count)
