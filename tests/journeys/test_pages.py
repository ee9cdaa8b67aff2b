"""Every page as each role that may see it: it opens, says nothing to the console, fits the phone, and axe agrees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, expect
from playwright.sync_api import TimeoutError as NeverCame

from loanhub.domain.permissions import ROLES, Permission, RoleCode
from tests.journeys.conftest import DESKTOP, PATIENCE, PHONE, SignIn

P = Permission
PAGES_FOLDER = Path(__file__).resolve().parents[2] / "loanhub" / "pages"


@dataclass(frozen=True)
class Place:
    """A page: its route, words of its heading (None: a name or a greeting), who may open it, and the role that shows it best."""

    route: str
    heading: str | None
    permissions: tuple[Permission, ...]
    best: RoleCode

    def admits(self, role: RoleCode) -> bool:
        """Return whether the role may open it."""
        return not self.permissions or any(one in ROLES[role].permissions for one in self.permissions)


R = RoleCode
PLACES = (
    Place("/", None, (P.WORKBENCH_READ,), R.SALES),
    Place("/inbox", "消息", (P.INBOX_READ,), R.SALES),
    Place("/account", "账号与安全", (), R.SALES),
    Place("/handbook", "使用手册", (), R.SALES),
    Place("/leads", "线索", (P.LEADS_READ,), R.SALES),
    Place("/leads/import", "导入", (P.LEADS_IMPORT,), R.SALES),
    Place("/leads/deliveries", "待处理进线", (P.DELIVERIES_MEND,), R.TEAM_LEAD),
    Place("/pool", "公海池", (P.LEADS_CLAIM, P.LEADS_ASSIGN), R.TEAM_LEAD),
    Place("/customers", "客户", (P.CUSTOMERS_READ,), R.SALES),
    Place("/customers/[customer_id]", None, (P.CUSTOMERS_READ,), R.SALES),
    Place("/segments", "客户分群", (P.CUSTOMERS_READ,), R.MANAGER),
    Place("/segments/[segment_id]", None, (P.CUSTOMERS_READ,), R.MANAGER),
    Place("/boards", "看板", (P.BOARDS_READ,), R.TEAM_LEAD),
    Place("/applications", "申请与审批", (P.APPLICATIONS_READ,), R.CREDIT),
    Place("/applications/new", "新建申请", (P.APPLICATIONS_CREATE,), R.SALES),
    Place("/applications/[application_id]", None, (P.APPLICATIONS_READ,), R.CREDIT),
    Place("/contracts", "合同中心", (P.CONTRACTS_READ,), R.CONTRACTS),
    Place("/templates", "文书模板", (P.TEMPLATES_EDIT, P.TEMPLATES_PUBLISH), R.CONTRACTS),
    Place("/templates/[template_version_id]", None, (P.TEMPLATES_EDIT, P.TEMPLATES_PUBLISH), R.CONTRACTS),
    Place("/contracts/[contract_id]", None, (P.CONTRACTS_READ,), R.CONTRACTS),
    Place("/contracts/issue", "出具文书", (P.CONTRACTS_CREATE,), R.CONTRACTS),
    Place("/loans", "贷款与还款", (P.LOANS_READ,), R.FINANCE),
    Place("/collections", "催收", (P.COLLECTIONS_READ,), R.COLLECTIONS),
    Place("/loans/[loan_id]", None, (P.LOANS_READ,), R.FINANCE),
    Place("/loans/requests", "贷后审批", (P.LOANS_ADJUST, P.LOANS_APPROVE, P.LOANS_WRITE_OFF), R.FINANCE),
    Place("/statements", "银行流水", (P.STATEMENTS_IMPORT, P.LEDGER_READ), R.FINANCE),
    Place("/ledger", "对账与总账", (P.LEDGER_READ,), R.FINANCE),
    Place("/day-end", "日终", (P.DAY_ENDS_RUN, P.LEDGER_READ), R.FINANCE),
    Place("/calculator", "贷款试算", (P.PRODUCTS_READ,), R.SALES),
    Place("/cockpit", "经营驾驶舱", (P.COCKPIT_READ,), R.MANAGER),
    Place("/settings/products", "产品", (P.PRODUCTS_EDIT,), R.ADMIN),
    Place("/settings/rates", "利率与上限", (P.RATES_EDIT, P.RATES_REVIEW), R.ADMIN),
    Place("/settings/channels", "渠道", (P.CHANNELS_EDIT, P.CHANNELS_COST), R.ADMIN),
    Place("/settings/assignment", "分配规则", (P.ASSIGNMENTS_EDIT,), R.ADMIN),
    Place("/settings/api-keys", "API 密钥", (P.API_KEYS_EDIT,), R.SECURITY_ADMIN),
    Place("/settings/users", "员工与部门", (P.USERS_READ,), R.ADMIN),
    Place("/settings/roles", "角色与权限", (P.ROLES_EDIT, P.USERS_READ, P.AUDIT_READ), R.SECURITY_ADMIN),
    Place("/settings/fields", "表单与字段", (P.FIELDS_EDIT,), R.ADMIN),
    Place("/settings/stages", "看板阶段", (P.PIPELINES_EDIT,), R.ADMIN),
    Place("/settings/company", "公司参数", (P.PARAMETERS_EDIT,), R.ADMIN),
    Place("/settings/certificates", "签章证书", (P.PARAMETERS_EDIT,), R.ADMIN),
    Place("/audit", "审计日志", (P.AUDIT_READ,), R.AUDITOR),
    Place("/account/notices", "通知设置", (), R.SALES),
    Place("/exports", "我的导出", (), R.MANAGER),
    Place("/tasks", "待办", (P.TASKS_EDIT,), R.SALES),
    Place("/calls", "通话记录", (P.INTERACTIONS_CREATE,), R.SALES),
    Place("/duplicates", "查重与裁定", (P.LEADS_READ, P.CUSTOMERS_READ), R.TEAM_LEAD),
    Place(
        "/recycle",
        "回收站",
        (P.LEADS_DELETE, P.CUSTOMERS_DELETE, P.TASKS_EDIT, P.SEGMENTS_EDIT, P.SEARCH_USE),
        R.TEAM_LEAD,
    ),
    Place("/archive", "资料档案", (P.DOCUMENTS_READ, P.ARCHIVES_HOLD, P.ARCHIVES_RULES), R.CONTRACTS),
    Place(
        "/contracts/batches",
        "批量出具",
        (P.CONTRACTS_PRINT, P.CONTRACTS_CREATE, P.LOANS_READ, P.COLLECTIONS_CONTACT),
        R.CONTRACTS,
    ),
    Place("/figures", "岗位指标", (P.FIGURES_READ,), R.FINANCE),
    Place("/reports", "报表", (P.REPORTS_READ, P.FIGURES_READ), R.MANAGER),
    Place("/reports/boards", "报表看板", (P.REPORTS_READ, P.FIGURES_READ), R.MANAGER),
    Place("/reports/boards/[board_id]", None, (P.REPORTS_READ, P.FIGURES_READ), R.MANAGER),
    Place("/reports/subscriptions", "报表订阅", (P.REPORTS_READ, P.FIGURES_READ), R.MANAGER),
    Place("/reports/[report_key]", None, (P.REPORTS_READ, P.FIGURES_READ), R.MANAGER),
    Place("/targets", "业绩目标", (P.TARGETS_EDIT,), R.MANAGER),
    Place("/wall", "经营大屏", (P.COCKPIT_READ,), R.MANAGER),
    Place("/settings/sops", "跟进节奏", (P.SOPS_EDIT,), R.ADMIN),
    Place("/settings/lead-scores", "线索评分", (P.ASSIGNMENTS_EDIT,), R.ADMIN),
    Place("/settings/handover", "离职交接", (P.USERS_EDIT, P.ROLES_EDIT), R.ADMIN),
    Place("/settings/collections-strategies", "催收策略", (P.COLLECTIONS_ASSIGN,), R.COLLECTIONS),
    Place("/settings/messages", "消息发件箱", (P.MESSAGES_MANAGE,), R.ADMIN),
    Place("/settings/message-channels", "消息通道", (P.MESSAGES_MANAGE,), R.ADMIN),
    Place("/settings/telephony", "话务接入", (P.MESSAGES_MANAGE,), R.ADMIN),
)
LISTS = {"/contracts": "/contracts?tab=effective", "/customers": "/customers?view=all"}
"""Where a list shows its records when its first tab shows something else."""
PUBLIC = {
    "404",
    "/login",
    "/setup",
    "/dev/gallery",
    "/verify/[number]",
    "/h5/calculator",
    "/h5/apply",
    "/h5/sign/[sign_token]",
    "/h5/papers/[papers_token]",
}
FALSE_POSITIVES: dict[str, str] = {}
"""Rule of axe → why what it reports is none; empty is the aim."""


class Watch:
    """What a page says that it should not: console errors and uncaught exceptions."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.said.append(f"{message.text} ({message.location.get('url', '')})")

    def take(self) -> list[str]:
        """Return what was said since the last call."""
        said, self.said = self.said, []
        return said


def address(page: Page, place: Place) -> str:
    """Return the address of a page; a record's is read off the first link of its list, '' when there is none."""
    folder, bracket, _ = place.route.partition("/[")
    if not bracket:
        return place.route
    go(page, LISTS.get(folder, folder))
    first = """folder => [...document.querySelectorAll(`a[href^='${folder}/']`)]
      .map(one => new URL(one.href).pathname.replace(/\\/$/, '')).find(path => /\\/\\d+$/.test(path))
      ?? (document.querySelector('main section.emp') && 'none')"""
    try:
        found = str(page.wait_for_function(first, arg=folder, timeout=4_000 * PATIENCE).json_value())
        return "" if found == "none" else found
    except NeverCame:
        return ""


def settle(page: Page) -> None:
    """Wait until the page has its heading and no skeleton is left."""
    expect(page.locator("h1:visible").first).not_to_be_empty()
    try:
        page.wait_for_function(
            "!document.querySelector('main .sk') && !document.querySelector('main [aria-busy=true]')"
        )
    except NeverCame:
        waiting = (
            "document.querySelector('main .sk, main [aria-busy=true]')?.parentElement.outerHTML.slice(0, 400)"
        )
        raise AssertionError(f"{page.url} still loads: {page.evaluate(waiting)}") from None
    still(page)


def still(page: Page) -> None:
    """Wait until nothing is on its way: colors between one and another are neither."""
    page.wait_for_function(
        "!document.getAnimations().some(a => a.playState === 'running' && a.effect?.getTiming().iterations < 9)"
    )


def drawn(page: Page) -> None:
    """Wait until the browser has answered a change: a few times at rest, for the answer to one may be another."""
    page.evaluate(
        """() => new Promise(done => { const rest = left =>
          requestIdleCallback(() => left ? rest(left - 1) : done(), {timeout: 200}); rest(2); })"""
    )


def walk(page: Page, route: str) -> None:
    """Go to a route as a link does: without loading the program anew, which takes five times as long."""
    page.evaluate("route => window.__reactRouterDataRouter.navigate(route)", route)


def go(page: Page, path: str) -> None:
    """Walk to a path where the program is loaded already, else go by its address; the page before it is gone then."""
    if not page.url.startswith("http"):
        page.goto(path)
        return
    page.evaluate(
        """path => { const here = location.pathname.replace(/(.)\\/$/, '$1');
          if (new URL(path, location).pathname !== here) document.querySelector('main').dataset.left = '';
        }""",
        path,
    )
    walk(page, path)
    page.wait_for_function("document.querySelector('main:not([data-left])')")


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def serious(page: Page) -> list[str]:
    """Return what axe holds for serious or worse, one line a rule with the first element."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ×{len(one['nodes'])}: {one['nodes'][0]['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical") and one["id"] not in FALSE_POSITIVES
    ]


def test_no_page_is_forgotten():
    declared = {
        route
        for file in PAGES_FOLDER.glob("*.py")
        for route in re.findall(r"page\(\s*route=\"([^\"]+)\"", file.read_text(encoding="utf-8"))
    }

    assert declared - PUBLIC == {place.route for place in PLACES}


@pytest.mark.parametrize("role", list(RoleCode), ids=lambda role: role.value)
class TestRole:
    def test_opens_what_it_may_see(self, look_in: SignIn, role: RoleCode):
        page = look_in(role.value)
        watch, problems = Watch(page), []

        for place in PLACES:
            if not place.admits(role):
                continue
            page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
            path = address(page, place)
            if not path:
                continue
            # Each page by its address for one role at least, for the others as a link of the program opens it.
            page.goto(path) if role is place.best else go(page, path)
            settle(page)
            heading = page.locator("h1:visible").first.inner_text()
            if place.heading is not None and place.heading not in heading:
                problems.append(f"{path}: heading {heading!r}")
            page.set_viewport_size(PHONE)  # type: ignore[arg-type]
            if (over := sideways(page)) > 0:
                problems.append(f"{path}: {over} px too wide at 390")
            problems += [f"{path}: {said}" for said in watch.take()]
        drawn(page)
        problems += watch.take()

        assert problems == []

    def test_is_told_what_it_may_not_see(self, look_in: SignIn, role: RoleCode):
        page, turn = look_in(role.value), list(RoleCode).index(role)
        page.goto("/account")
        settle(page)

        for number, place in enumerate(PLACES):
            if place.admits(role) or "[" in place.route:
                continue
            if number % len(RoleCode) == turn:  # by its address: each page for one role at least
                page.goto(place.route)
            else:
                walk(page, place.route)
            refused = re.compile(f"你没有权限看.*{place.heading}")  # a board is headed by its own name
            expect(page.get_by_role("heading", name=refused)).to_be_visible()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.route)
def test_axe_finds_nothing_serious(look_in: SignIn, place: Place):
    page = look_in(place.best.value)
    path = address(page, place)
    assert path, "the demo company has no such record for this role"
    go(page, path)
    settle(page)

    found = {"1440 light": serious(page)}
    page.emulate_media(color_scheme="dark")
    drawn(page)
    still(page)
    found["1440 dark"] = serious(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    drawn(page)
    still(page)
    found["390 light"] = serious(page)

    assert {look: bad for look, bad in found.items() if bad} == {}


def test_a_dialog_starts_in_its_first_field_and_gives_the_focus_back(look_in: SignIn):
    page = look_in("sales")
    page.goto("/tasks")
    settle(page)
    opener, title = page.get_by_role("button", name="新建待办").first, page.locator(".dlg [name=title]")

    opener.press("Enter")
    expect(title).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()

    page.goto("/leads")
    settle(page)
    row = page.locator("[data-row] [data-open]:visible").first
    row.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()


@pytest.fixture
def anonymous(browser, server) -> Iterator[Page]:
    """A page of nobody."""
    context = browser.new_context(base_url=server, viewport=PHONE, locale="zh-CN")
    yield context.new_page()
    context.close()


def test_the_login_page_is_accessible_too(anonymous: Page):
    anonymous.goto("/login")
    expect(anonymous.get_by_role("heading", name="登录")).to_be_visible()

    assert sideways(anonymous) <= 0
    assert serious(anonymous) == []
