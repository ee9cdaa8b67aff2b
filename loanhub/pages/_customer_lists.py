"""The lists of customer 360: applications and decisions, contracts, loans and repayments, to-dos, audit."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, link_button
from loanhub.components.chips import status_chip, tag
from loanhub.components.icons import icon
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._customer_head import when
from loanhub.state.customer import CustomerState
from loanhub.state.customer_sections import CustomerSectionsState

S, X = CustomerState, CustomerSectionsState


def _titled(title: str, *children: rx.Component) -> rx.Component:
    head = rx.el.div(rx.el.h3(title), class_name="sec-h")
    return rx.el.section(head, *children, class_name="col g3", style={"marginTop": "24px"})


def _decision_tone(code: Any) -> Any:
    return rx.match(code, ("approve", "ok"), ("return", "warn"), ("reject", "danger"), "neutral")


def _table(rows: Any, columns: tuple[Column, ...], label: str, none: rx.Component) -> rx.Component:
    def card(row: Any) -> rx.Component:
        return rx.el.a(
            rx.el.span(rx.el.b(columns[0].cell(row)), rx.el.span(class_name="grow"), columns[2].cell(row), class_name="row"),
            rx.el.span(*[rx.el.span(c.label, " ", c.cell(row)) for c in columns[3:5]], class_name="row g4 wrap t13 f2"),
            href=row["href"],
            class_name="col g1",
        )  # fmt: skip

    table = data_table(
        rows, columns, row_id=lambda row: row["id"], label=label, href=lambda row: row["href"], card=card, empty=none,
        inset=True,
    )  # fmt: skip
    return rx.el.div(table, style={"margin": "0 -16px"})


def _tone(code: Any) -> Any:
    return rx.match(
        code,
        ("approved", "ok"), ("funded", "ok"), ("effective", "ok"), ("active", "ok"), ("signed", "info"),
        ("returned", "warn"), ("to_sign", "warn"), ("pending", "warn"), ("grace", "warn"), ("rejected", "danger"),
        ("overdue", "overdue"), ("voided", "closed"), ("settled", "closed"), ("settled_early", "closed"),
        ("withdrawn", "closed"), ("written_off", "closed"), "neutral",
    )  # fmt: skip


def _list(
    columns: tuple[Column, ...], label: str, title: str, reason: str, action: rx.Component
) -> rx.Component:
    def card(row: Any) -> rx.Component:
        return rx.el.a(
            rx.el.span(rx.el.b(row["number"]), rx.el.span(class_name="grow"), status_chip(row["status"], _tone(row["code"])), class_name="row"),
            rx.el.span(*[rx.el.span(column.label, " ", column.cell(row)) for column in columns[1:4]], class_name="row g4 wrap t13 f2"),
            href=row["href"],
            class_name="col g1",
        )  # fmt: skip

    return rx.el.div(
        data_table(
            X.rows,
            columns,
            row_id=lambda row: row["id"],
            label=label,
            href=lambda row: row["href"],
            card=card,
            empty=empty(title, reason, action),
            inset=True,
        ),
        style={"margin": "0 -16px"},
    )


def _status(row: Any) -> rx.Component:
    return status_chip(row["status"], _tone(row["code"]))


def applications_tab() -> rx.Component:
    """The customer's applications."""
    columns = (
        Column("number", "申请编号", lambda r: r["number"]),
        Column("product", "产品", lambda r: r["product"]),
        Column("amount", "金额（元）", lambda r: r["amount"], align="r", look="num"),
        Column("term", "期限", lambda r: r["term"], align="r"),
        Column("score", "评分", lambda r: r["score"], align="r", look="num"),
        Column("status", "状态", _status),
        Column("date", "日期", lambda r: r["date"], align="r", look="f3"),
    )
    begin = when(
        Permission.APPLICATIONS_CREATE,
        link_button("发起申请", f"/applications/new?customer={S.head.id}", icon_name="plus"),
    )
    decided = (
        Column("number", "申请编号", lambda r: r["number"]),
        Column("level", "环节", lambda r: r["level"]),
        Column("decision", "意见", lambda r: status_chip(r["decision"], _decision_tone(r["code"]))),
        Column("opinion", "说明", lambda r: rx.el.span(r["opinion"], class_name="el2")),
        Column("by", "审批人", lambda r: r["by"]),
        Column("spent", "用时", lambda r: r["spent"], align="r"),
        Column("at", "时间", lambda r: rx.el.time(r["at"], title=r["title"]), align="r", look="f3"),
    )
    approvals = rx.cond(
        X.approvals.length() > 0,
        _titled("审批记录", _table(X.approvals, decided, "审批记录", rx.fragment())),
        rx.fragment(),
    )
    return rx.fragment(
        _list(columns, "申请", "还没有申请", "资料齐了就可以发起第一笔申请。", begin), approvals
    )


def contracts_tab() -> rx.Component:
    """The customer's contracts."""
    columns = (
        Column("number", "合同编号", lambda r: r["number"]),
        Column("amount", "金额（元）", lambda r: r["amount"], align="r", look="num"),
        Column("rate", "利率", lambda r: r["rate"]),
        Column("term", "期限", lambda r: r["term"], align="r"),
        Column("copies", "打印", lambda r: r["copies"]),
        Column("status", "状态", _status),
        Column("date", "日期", lambda r: r["date"], align="r", look="f3"),
    )
    make = when(
        Permission.CONTRACTS_CREATE,
        link_button("去合同中心", f"/contracts?customer={S.head.id}", icon_name="file-signature"),
    )
    return _list(columns, "合同", "还没有合同", "申请通过后，合同专员会在这里生成。", make)


def loans_tab() -> rx.Component:
    """The customer's loans."""
    columns = (
        Column("number", "借据号", lambda r: r["number"]),
        Column("principal", "本金（元）", lambda r: r["principal"], align="r", look="num"),
        Column("left", "剩余本金（元）", lambda r: r["left"], align="r", look="num"),
        Column("next", "下期应还日", lambda r: r["next"]),
        Column(
            "overdue",
            "逾期",
            lambda r: rx.cond(r["overdue"] != "", rx.el.span(r["overdue"], class_name="fr"), "—"),
        ),
        Column("status", "状态", _status),
        Column("date", "放款日", lambda r: r["date"], align="r", look="f3"),
    )
    listed = _list(columns, "借据", "还没有借据", "放款后，还款计划和入账记录都在这里。", rx.fragment())
    return rx.fragment(listed, rx.cond(X.rows.length() > 0, _repayments(), rx.fragment()))


def collections_tab() -> rx.Component:
    """The customer's collection cases, open ones first."""
    columns = (
        Column("number", "案件编号", lambda r: r["number"]),
        Column("stage", "进展", lambda r: status_chip(r["stage"], r["tone"])),
        Column("loan", "借据号", lambda r: r["loan"]),
        Column("late", "逾期", lambda r: rx.cond(r["late"] != "", rx.el.span(r["late"], class_name="fr"), "—")),
        Column("overdue", "逾期本金（元）", lambda r: rx.cond(r["overdue"] != "", r["overdue"], "—"), align="r", look="num"),
        Column("contacts", "联系", lambda r: rx.el.span(r["contacts"], " · ", r["last"])),
        Column("promise", "承诺", lambda r: rx.cond(r["promise"] != "", r["promise"], rx.cond(r["hold"] != "", r["hold"], "—"))),
        Column("opened", "立案", lambda r: rx.cond(r["closed"] != "", r["closed"], r["opened"]), align="r", look="f3"),
    )  # fmt: skip
    none = empty("没有催收案件", "贷款过了宽限期仍未还才会立案。", small=True)
    return _table(X.rows, columns, "催收案件", none)


def _repayments() -> rx.Component:
    """How every installment went, and the money that came in."""
    one = X.behaviour
    dots = rx.el.ol(
        rx.foreach(
            one.dots,
            lambda dot: rx.el.li(
                rx.el.span(dot["title"], class_name="vh"),
                title=dot["title"],
                class_name="bd " + dot["state"].to(str),
            ),
        ),
        class_name="bds",
        custom_attrs={"aria-label": "各期还款情况"},
    )
    legend = rx.el.p(
        *[
            rx.el.span(rx.el.i(class_name=f"bd {code}"), text, class_name="row g1")
            for code, text in (("early", "提前"), ("ok", "按时"), ("late", "迟还"), ("open", "逾期未还"))
        ],
        class_name="row g4 t12 f3",
    )
    facts = rx.el.dl(
        rx.el.div(rx.el.dt("已还合计"), rx.el.dd(one.paid_total, class_name="num")),
        rx.el.div(rx.el.dt("其中利息"), rx.el.dd(one.interest_total, class_name="num")),
        rx.el.div(rx.el.dt("最长迟还"), rx.el.dd(one.worst)),
        class_name="dlr",
    )
    columns = (
        Column("date", "入账日", lambda r: r["date"]),
        Column("kind", "类型", lambda r: r["kind"]),
        Column("amount", "金额（元）", lambda r: rx.el.span(r["amount"], class_name=rx.cond(r["state"] == "reversed", "f3 strike", "")), align="r", look="num"),
        Column("loan", "借据号", lambda r: r["loan"]),
        Column("payer", "付款人", lambda r: r["payer"]),
        Column("by", "经办", lambda r: r["by"]),
        Column("note", "", lambda r: r["note"], look="f3"),
    )  # fmt: skip
    none = empty("还没有入账", "还款登记后会出现在这里。", small=True)
    return rx.fragment(
        _titled("还款表现", rx.el.p(one.sentence, class_name="f2"), dots, legend, facts),
        _titled("还款记录", _table(one.payments, columns, "还款记录", none)),
    )


def tasks_tab() -> rx.Component:
    """The customer's to-dos, the finished ones below."""

    def line(one: Any) -> rx.Component:
        over = one["state"] == "over"
        act = rx.cond(
            one["state"] == "done",
            icon_button("rotate-ccw", "恢复待办", size="sm", on_click=X.reopen_task(one["id"])),
            button(
                "完成",
                icon_name="check",
                size="sm",
                look="soft",
                on_click=X.finish_task(one["id"]),
                writes=True,
            ),
        )
        return rx.el.li(
            rx.el.div(
                rx.el.b(one["title"], class_name=rx.cond(one["state"] == "done", "strike f3", "")),
                rx.cond(one["note"] != "", rx.el.span(one["note"], class_name="t12 f3"), rx.fragment()),
                class_name="grow",
            ),
            tag(one["kind"], "neutral"),
            rx.el.span(one["owner"], class_name="t12 f3 nw"),
            rx.el.time(one["due"], title=one["at"], class_name=rx.cond(over, "t12 fr nw", "t12 f3 nw")),
            rx.cond(one["mine"] != "", act, rx.fragment()),
        )

    full = rx.el.ul(rx.foreach(X.todos, line), class_name="plist")
    none = empty("没有待办", "在「动态」里写跟进时选「任务」，就会出现在这里。", small=True)
    return rx.cond(X.todos.length() > 0, full, none)


def audit_tab() -> rx.Component:
    """Who looked at, changed or took out what."""

    def line(one: Any) -> rx.Component:
        return rx.el.li(
            rx.el.span(icon(one.icon), class_name="nd"),
            rx.el.div(
                rx.el.b(one.who, class_name="nw"),
                rx.el.span(one.what, class_name="f2"),
                rx.el.span(one.number, class_name="t12 f3"),
                rx.el.span(class_name="grow"),
                rx.el.time(one.at, class_name="t12 f3 nw"),
                class_name="row g2 wrap",
            ),
            rx.cond(one.changes != "", rx.el.p(one.changes, class_name="f2"), rx.fragment()),
            rx.cond(one.note != "", rx.el.p(one.note, class_name="t12 f3"), rx.fragment()),
        )

    more = rx.cond(
        X.audit_more,
        button("更早的", look="g", size="sm", icon_name="chevron-down", on_click=X.older_audit),
        rx.fragment(),
    )
    full = rx.fragment(rx.el.ol(rx.foreach(X.audit, line), class_name="tl"), more)
    return rx.cond(
        X.audit.length() > 0, full, empty("还没有记录", "谁看过、改过这位客户，都会留在这里。", small=True)
    )
