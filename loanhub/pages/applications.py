"""The applications page 申请与审批: the queue at the left, one application, the decision at the right."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.approval_path import approval_path
from loanhub.components.avatar import avatar
from loanhub.components.browser import focus, hotkey
from loanhub.components.buttons import button, classes, kbd, link_button, note
from loanhub.components.chips import risk, sla, tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.filters import option_filter, saved_views, search_box
from loanhub.components.forms import Field, field
from loanhub.components.icons import icon
from loanhub.components.money import money, number
from loanhub.components.states import empty, no_match, skeleton_detail, skeleton_rows
from loanhub.components.timeline import timeline
from loanhub.domain.applications import ApplicationStatus, Condition, Decision
from loanhub.domain.permissions import Permission
from loanhub.pages._application_draft import checklist, draft_form, submit_panel
from loanhub.pages._page import Page, page
from loanhub.pages._upload_link import upload_link_button, upload_link_dialog
from loanhub.state._base import SessionState
from loanhub.state.application_draft import ApplicationDraftState
from loanhub.state.applications import ApplicationsState, QueueItem

S = ApplicationsState
ON_LOAD = ApplicationDraftState.load
DECISIONS = (
    (Decision.APPROVE, "circle-check", ""),
    (Decision.RETURN, "undo-2", "w"),
    (Decision.REJECT, "circle-x", "x"),
)


def _error(key: str) -> Any:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "")


def _queue_row(row: rx.Var[QueueItem]) -> rx.Component:
    here = S.shown.code == row.id
    deadline = rx.cond(
        row.sla_text != "",
        sla(row.sla_text, percent=row.sla_percent, status=row.sla_status),
        rx.el.span(row.when, class_name="t12 f3 nw"),
    )
    top = rx.el.span(
        rx.el.b(row.customer, class_name="el"),
        rx.cond(row.risk > 0, risk(row.risk, row.risk_label), rx.fragment()),
        rx.el.span(class_name="grow"),
        rx.el.span(row.amount, class_name="num"),
        class_name="row g3",
    )
    middle = rx.el.span(
        rx.el.span(row.line, class_name="t12 f3 el grow"),
        tag(row.status_label, row.tone),
        class_name="row g3",
    )
    bottom = rx.el.span(
        rx.el.span(row.number, class_name="t12 f3 mono"),
        rx.el.span(row.owner, class_name="t12 f3 el grow"),
        deadline,
        class_name="row g3",
    )
    return rx.el.li(
        rx.el.a(
            top,
            middle,
            bottom,
            href="/applications/" + row.id,
            class_name=rx.cond(here, "on", rx.cond(row.sla_status == "o", "o", "")),
            custom_attrs={"data-row": "true", "aria-current": rx.cond(here, "true", "false")},
        )
    )


def _queue() -> rx.Component:
    statuses = [(s.value, s.label) for s in ApplicationStatus]
    head = rx.el.header(
        saved_views(S.tabs, S.scope, S.choose_scope),
        rx.el.div(
            rx.el.div(
                search_box(
                    S.search.debounce(250), placeholder="客户、手机尾号、编号", value=S.text, width="100%"
                ),
                class_name="grow",
            ),
            option_filter("状态", statuses, S.status, S.choose_status),
            class_name="row g2",
        ),
    )
    nothing = rx.cond(
        (S.text != "") | (S.status != ""),
        no_match("申请", "换个词，或清除筛选", S.clear),
        rx.cond(
            S.scope == "todo",
            empty("都审完了", "新的申请提交后会出现在这里。", drawing="done"),
            empty("还没有申请", "从客户页或「新建申请」发起第一笔。"),
        ),
    )
    rows = rx.cond(S.rows.length() > 0, rx.el.ul(rx.foreach(S.rows, _queue_row), class_name="apl"), nothing)
    return rx.el.aside(
        head,
        rx.cond(S.loading, skeleton_rows(6), rows),
        class_name="apq",
        custom_attrs={"aria-label": "申请队列"},
    )


def _head() -> rx.Component:
    who = rx.el.div(
        avatar(S.shown.initial, name=S.shown.customer, color=S.shown.color, size="s40"),
        rx.el.div(
            rx.el.div(
                rx.el.b(S.shown.customer, class_name="t18"),
                rx.cond(S.shown.risk > 0, risk(S.shown.risk, S.shown.risk_label, boxed=True), rx.fragment()),
                tag(S.shown.status_label, S.shown.tone, large=True),
                rx.el.span(S.shown.customer_line, class_name="t13 f3 el"),
                class_name="row g3 wrap",
            ),
            rx.el.div(S.shown.request_line, class_name="t12 f3 el"),
            class_name="grow",
        ),
        rx.el.div(
            money(S.shown.amount, unit="万", size="t28", full=S.shown.amount_full),
            rx.el.em("申请金额"),
            class_name="apn",
        ),
        rx.el.div(number(S.shown.term, "月", size="t28"), rx.el.em(S.shown.method), class_name="apn"),
        rx.el.div(number(S.shown.rate, size="t28"), rx.el.em("年化（单利）"), class_name="apn"),
        class_name="row g5 who",
    )
    return rx.el.header(who, approval_path(S.steps), class_name="aph")


def _reason(item: Any) -> rx.Component:
    return rx.el.li(
        rx.el.span(item["code"], class_name="mono f3"),
        rx.el.span(item["label"], " · ", item["words"], class_name="grow"),
        rx.cond(item["worst"] != "", tag("扣分多", "line"), rx.fragment()),
        rx.el.span(
            rx.el.i(style={"width": "calc(" + item["bar"].to(str) + "% / 2)"}),
            class_name="bw",
            custom_attrs={"aria-hidden": "true"},
        ),
        rx.el.b(item["effect"], class_name="num"),
        class_name=item["look"].to(str),
    )


def _score() -> rx.Component:
    title = rx.el.div(
        rx.el.h2("评分卡"),
        rx.el.span(S.shown.score_version, " · ", S.shown.score_at, " 计算", class_name="n"),
        rx.el.span(class_name="grow"),
        number(S.shown.score, size="t28"),
        tag(S.shown.advice, S.shown.advice_tone, large=True),
        class_name="sec-h",
    )
    ruler = rx.el.div(
        rx.foreach(
            S.segments,
            lambda s: rx.el.i(
                style={
                    "left": s["left"].to(str) + "%",
                    "width": s["width"].to(str) + "%",
                    "background": "var(--risk-" + s["risk"].to(str) + ")",
                }
            ),
        ),
        rx.el.u(style={"left": S.shown.score_position.to(str) + "%"}),
        class_name="scb",
        role="img",
        custom_attrs={"aria-label": rx.Var.create("评分 ") + S.shown.score.to(str) + "，" + S.shown.advice},
    )
    labels = rx.el.div(
        rx.foreach(
            S.segments,
            lambda s: rx.el.span(
                s["start"], rx.el.em(" ", s["label"]), style={"left": s["left"].to(str) + "%"}
            ),
        ),
        class_name="scl",
        custom_attrs={"aria-hidden": "true"},
    )
    return rx.el.section(title, ruler, labels, rx.el.ul(rx.foreach(S.reasons, _reason), class_name="rcl"))


def _check(item: Any) -> rx.Component:
    return rx.el.div(
        icon("circle-check", "s", "y"),
        icon("circle-x", "s", "n"),
        icon("circle-help", "s", "q"),
        rx.el.span(item["label"], class_name="f2"),
        rx.el.b(item["found"]),
        class_name=classes("ckx", item["state"].to(str)),
    )


def _checks() -> rx.Component:
    bad = rx.cond(
        S.shown.checks_bad > 0,
        rx.el.span(S.shown.checks_bad, " 项命中硬规则", class_name="fr t13"),
        rx.el.span("没有命中硬规则", class_name="n"),
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h2("核验"), rx.el.span(S.checks.length(), " 项", class_name="n"), bad, class_name="sec-h"
        ),
        rx.cond(S.hits.length() > 0, note(S.hits.join("；"), "bad"), rx.fragment()),
        rx.el.div(rx.foreach(S.checks, _check), class_name="ckg"),
    )


def _facts(title: str, rows: rx.Var[list[dict[str, str]]]) -> rx.Component:
    lines = rx.foreach(rows, lambda r: rx.el.div(rx.el.span(r["label"]), rx.el.span(r["text"])))
    return rx.cond(
        rows.length() > 0,
        rx.el.section(rx.el.div(rx.el.h2(title), class_name="sec-h"), rx.el.div(lines, class_name="apf")),
        rx.fragment(),
    )


def _approval(item: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(item["level"]),
            rx.el.span(item["who"], class_name="f2"),
            tag(item["decision"], item["tone"].to(str)),
            rx.el.span(item["amount"], class_name="num"),
            rx.el.span(class_name="grow"),
            rx.el.span("用时 ", item["spent"], class_name="t12 f3 nw"),
            rx.el.time(item["at"], title=item["at_title"], class_name="t12 f3 nw"),
            class_name="row g3",
        ),
        rx.el.p(item["opinion"], class_name="f2 pre"),
        rx.cond(
            item["reasons"] != "", rx.el.p("原因：", item["reasons"], class_name="t12 f3"), rx.fragment()
        ),
    )


def _records() -> rx.Component:
    return rx.cond(
        S.approvals.length() > 0,
        rx.el.section(
            rx.el.div(rx.el.h2("审批记录"), class_name="sec-h"),
            rx.el.ul(rx.foreach(S.approvals, _approval), class_name="apr"),
        ),
        rx.fragment(),
    )


def _chips(options: Any, chosen: Any, on_toggle: Any) -> rx.Component:
    def chip(text: Any) -> rx.Component:
        pressed = chosen.contains(text)
        return rx.el.button(
            rx.cond(pressed, icon("check", "xs"), rx.fragment()),
            text,
            type="button",
            class_name="chip",
            on_click=on_toggle(text),
            custom_attrs={"aria-pressed": rx.cond(pressed, "true", "false")},
        )

    drawn = rx.foreach(options, chip) if isinstance(options, rx.Var) else [chip(text) for text in options]
    return rx.el.div(*(drawn if isinstance(drawn, list) else [drawn]), class_name="chips")


def _decision_form() -> rx.Component:
    """Amount, rate, term and conditions of an approval; reasons of the others; the opinion; what comes next."""
    gap = rx.cond(
        S.difference != "",
        rx.el.span(S.difference, class_name=rx.cond(S.lowers, "gap lo", "gap"), role="status"),
        rx.fragment(),
    )
    amount = rx.el.div(
        gap,
        field(
            Field("amount_fen", "批复金额", "money", required=True),
            value=S.shown.start_amount,
            error=_error("amount_fen"),
            on_change=S.type_amount.debounce(300),
        ),
    )
    terms = rx.el.div(
        field(
            Field("annual_rate", "年化利率（单利）", "percent"),
            value=S.shown.start_rate,
            error=_error("annual_rate"),
        ),
        field(
            Field("term_months", "期限", "select", options=S.terms),
            value=S.shown.start_term,
            error=_error("term_months"),
        ),
        class_name="two",
    )
    conditions = rx.el.div(
        rx.el.span("附加条件", class_name="lb"),
        _chips([c.label for c in Condition], S.conditions, S.toggle_condition),
        class_name="fld",
    )
    approve = rx.el.div(amount, terms, conditions, class_name="form", style={"gap": "12px"})
    reasons = rx.el.div(
        rx.el.span("原因", class_name="lb"),
        _chips(S.reason_options, S.chosen_reasons, S.toggle_reason),
        class_name="fld",
    )
    phrases = rx.el.div(
        rx.foreach(
            S.phrases,
            lambda text: rx.el.button(text, type="button", class_name="chip", on_click=S.say(text)),
        ),
        class_name="chips",
        role="group",
        custom_attrs={"aria-label": "常用意见"},
    )
    opinion = rx.el.div(
        rx.el.div(
            field(
                Field(
                    "opinion",
                    "审批意见",
                    "textarea",
                    required=True,
                    maximum_length=1000,
                    placeholder="至少 4 个字",
                ),
                value=S.opinion,
                error=_error("opinion"),
                on_blur=S.note_opinion,
            ),
            key=S.opinion_key,
        ),
        phrases,
        class_name="col g3",
    )
    return rx.el.form(
        rx.cond(S.decision == "approve", rx.el.div(approve, key=S.form_key), reasons),
        opinion,
        note(S.sentence, "mute", "git-branch"),
        rx.cond(
            S.decision == "reject",
            button(S.verb, look="dp", size="lg", kind="submit", writes=True),
            rx.el.button(
                rx.el.span(S.verb),
                kbd("Ctrl", "↵"),
                type="submit",
                class_name="btn p lg",
                custom_attrs={"data-writes": "true"},
            ),
        ),
        on_submit=S.decide,
    )


def _choices(on_choose: Any) -> rx.Component:
    return rx.el.div(
        *[
            rx.el.button(
                icon(symbol),
                f"{one.label}补件" if one is Decision.RETURN else one.label,
                type="button",
                class_name=look,
                on_click=on_choose(one.value),
                custom_attrs={"aria-pressed": rx.cond(S.decision == one.value, "true", "false")},
            )
            for one, symbol, look in DECISIONS
        ],
        class_name="dec3",
        role="group",
        custom_attrs={"aria-label": "审批决定"},
    )


def _panel() -> rx.Component:
    deadline = rx.cond(
        S.shown.sla_text != "",
        sla(S.shown.sla_text, percent=S.shown.sla_percent, status=S.shown.sla_status),
        rx.fragment(),
    )
    decide = rx.el.aside(
        rx.el.div(
            rx.el.div(rx.el.h2("审批决定"), rx.el.span(class_name="grow"), deadline, class_name="sec-h"),
            _choices(S.choose),
            rx.cond(S.sheet, rx.fragment(), _decision_form()),
            class_name="in",
        ),
        class_name="apd ask",
        custom_attrs={"aria-label": "审批决定"},
    )
    contract = rx.match(
        S.shown.status,
        *[
            (
                status.value,
                rx.cond(
                    S.shown.contract_id > 0,
                    link_button(
                        "查看合同",
                        "/contracts/" + S.shown.contract_id.to(str),
                        icon_name="file-text",
                        look="soft",
                    ),
                    rx.fragment(),
                ),
            )
            for status in (ApplicationStatus.CONTRACTED, ApplicationStatus.FUNDED)
        ],
        rx.cond(
            S.shown.can_contract,
            link_button(
                "生成合同", "/contracts?application=" + S.shown.id.to(str), icon_name="file-plus", look="p"
            ),
            rx.fragment(),
        ),
    )
    papers = rx.cond(
        S.allowed.contains(Permission.CONTRACTS_CREATE.value),
        link_button(
            "出具文书",
            "/contracts/issue?application=" + S.shown.id.to(str),
            icon_name="file-plus",
            look="soft",
        ),
        rx.fragment(),
    )
    state = rx.el.aside(
        rx.el.div(
            rx.el.div(rx.el.h2("进度"), rx.el.span(class_name="grow"), deadline, class_name="sec-h"),
            note(S.shown.why_not, "mute"),
            rx.cond(
                S.result.length() > 0,
                rx.el.dl(
                    rx.foreach(
                        S.result,
                        lambda r: rx.fragment(rx.el.dt(r["label"]), rx.el.dd(r["text"], class_name="r")),
                    ),
                    class_name="dl-g",
                ),
                rx.fragment(),
            ),
            rx.cond(S.shown.last_opinion != "", note(S.shown.last_opinion, "warn"), rx.fragment()),
            contract,
            papers,
            class_name="in",
        ),
        class_name="apd",
        custom_attrs={"aria-label": "进度"},
    )
    return rx.cond(S.shown.can_decide, decide, rx.cond(S.shown.can_edit, submit_panel(), state))


def _phone_bar() -> rx.Component:
    """The three decisions under the thumb; each opens the sheet, which sends it: two taps."""
    bar = rx.el.div(
        rx.el.div(
            button("拒绝", look="d", on_click=S.open_sheet("reject")),
            button("退回", on_click=S.open_sheet("return")),
            button("通过", look="p", icon_name="check", on_click=S.open_sheet("approve")),
            class_name="acts",
        ),
        class_name="apb",
    )
    title = rx.match(S.decision, ("return", "退回补件"), ("reject", "拒绝申请"), "通过申请")
    sheet = dialog(
        title,
        rx.el.div(_decision_form(), class_name="apsheet"),
        is_open=S.sheet,
        on_open_change=S.show_sheet,
    )
    return rx.cond(S.shown.can_decide & S.picked, rx.fragment(bar, sheet), rx.fragment())


def _ask_papers() -> rx.Component:
    return rx.el.div(upload_link_button(S.shown.id), class_name="row", style={"marginTop": "12px"})


def _detail() -> rx.Component:
    read = rx.fragment(
        rx.cond(S.shown.score > 0, rx.fragment(_score(), _checks()), rx.fragment()),
        rx.el.section(checklist(editing=False), _ask_papers()),
        _facts("申请信息", S.request),
        _facts("客户资料", S.facts),
    )
    write = rx.fragment(draft_form(), rx.el.section(checklist(editing=True), _ask_papers()))
    body = rx.el.div(
        rx.cond(S.shown.can_edit, write, read),
        _records(),
        rx.el.section(rx.el.div(rx.el.h2("经过"), class_name="sec-h"), timeline(S.history)),
    )
    full = rx.fragment(_head(), rx.el.div(body, _panel(), class_name="apg"))
    none = rx.cond(
        S.missing,
        empty("没有找到这笔申请", "它可能不在你的数据范围内。", drawing="search"),
        empty("从左边选一笔申请", "队列里的申请会在这里打开。"),
    )
    return rx.el.div(
        rx.cond(S.loading, skeleton_detail(), rx.cond(S.shown.id > 0, full, none)),
        class_name="apm",
        tab_index=0,
        role="region",
        custom_attrs={"aria-label": "申请详情"},
    )


def _withdraw() -> rx.Component:
    form = rx.el.form(
        rx.el.p("撤回后不再审批，需要时可以重新发起。"),
        field(Field("reason", "撤回原因", required=True, maximum_length=100), error=_error("reason")),
        rx.el.div(
            closing(button("取消")),
            button("撤回申请", look="dp", kind="submit", writes=True),
            class_name="row g3 end",
        ),
        on_submit=S.withdraw,
        class_name="form",
    )
    return dialog("撤回这笔申请", form, is_open=S.withdrawing, on_open_change=S.show_withdraw)


def _parts() -> Page:
    root = rx.el.div(_queue(), _detail(), class_name=classes("apx", rx.cond(S.picked, "picked", "")))
    new = rx.cond(
        SessionState.allowed.contains(Permission.APPLICATIONS_CREATE.value),
        link_button("新建申请", "/applications/new", icon_name="plus", look="p"),
        rx.fragment(),
    )
    step = [
        rx.cond(S.place != "", rx.el.span(S.place, class_name="t12 f3 nw hide-lg"), rx.fragment()),
        rx.cond(
            S.previous_id != "",
            link_button(
                "上一笔", "/applications/" + S.previous_id, icon_name="chevron-up", look="g", size="sm"
            ),
            rx.fragment(),
        ),
        rx.cond(
            S.next_id != "",
            link_button(
                "下一笔", "/applications/" + S.next_id, icon_name="chevron-down", look="g", size="sm"
            ),
            rx.fragment(),
        ),
        rx.cond(
            S.shown.can_withdraw,
            button("撤回", icon_name="undo-2", on_click=S.show_withdraw(True)),
            rx.fragment(),
        ),
        rx.cond(
            S.shown.can_open_customer,
            link_button("客户 360", "/customers/" + S.shown.customer_id.to(str), icon_name="external-link"),
            rx.fragment(),
        ),
    ]
    keys = rx.cond(
        S.shown.can_decide,
        rx.fragment(
            hotkey("a", [S.choose("approve"), focus("[name=opinion]")]),
            hotkey("r", [S.choose("reject"), focus("[name=opinion]")]),
        ),
        rx.fragment(),
    )
    return Page([root, _phone_bar(), _withdraw(), upload_link_dialog()], tools=step, primary=new, keys=[keys])


@page(
    route="/applications",
    title="申请与审批",
    permission=Permission.APPLICATIONS_READ,
    on_load=ON_LOAD,
    wide=True,
)
def applications() -> Page:
    """The queue, with its first application beside it on a wide screen."""
    return _parts()


@page(
    route="/applications/[application_id]",
    title="申请详情",
    permission=Permission.APPLICATIONS_READ,
    on_load=ON_LOAD,
    nav="/applications",
    wide=True,
)
def application() -> Page:
    """One application beside the queue."""
    parts = _parts()
    parts.title = rx.cond(S.shown.number != "", S.shown.number, "申请")
    parts.back = ("申请与审批", "/applications")
    return parts
