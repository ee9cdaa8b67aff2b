"""What channels cost 渠道费用 and what is claimed back for bad leads 退款: two tabs of the page of channels."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, segments
from loanhub.components.chips import status_chip
from loanhub.components.states import empty
from loanhub.components.table import Column, data_table
from loanhub.state.channels import SPANS, ChannelsState

S = ChannelsState

COSTS = (
    Column("label", "渠道", lambda r: r["label"], width="180px"),
    Column("leads", "线索", lambda r: r["leads"], align="r", look="num"),
    Column("contacted", "已联系", lambda r: r["contacted"], align="r", look="num"),
    Column("payouts", "放款", lambda r: r["payouts"], align="r", look="num"),
    Column("cost", "总成本", lambda r: r["cost"], align="r", look="num"),
    Column("per_lead", "每条线索", lambda r: r["per_lead"], align="r", look="num"),
    Column("per_contacted", "每个已联系", lambda r: r["per_contacted"], align="r", look="num"),
    Column("per_payout", "每笔放款", lambda r: r["per_payout"], align="r", look="num"),
)
ENTRIES = (
    Column("channel", "渠道", lambda r: r["channel"]),
    Column("kind", "费用", lambda r: r["kind"]),
    Column("days", "期间", lambda r: r["days"], look="num"),
    Column("amount", "金额", lambda r: r["amount"], align="r", look="num"),
    Column("state", "分摊", lambda r: r["state"], look="f2"),
    Column("by", "登记人", lambda r: r["by"], secondary=True),
    Column("note", "备注", lambda r: rx.el.span(r["note"], class_name="el f2"), secondary=True),
)


def _cost_card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(rx.el.b(row["label"]), rx.el.span(class_name="grow"), rx.el.span(row["cost"], class_name="num"), class_name="row"),
        rx.el.span("线索 ", row["leads"], " · 已联系 ", row["contacted"], " · 放款 ", row["payouts"], class_name="t13 f2"),
        rx.el.span("每条 ", row["per_lead"], " · 每个已联系 ", row["per_contacted"], " · 每笔放款 ", row["per_payout"], class_name="t12 f3"),
        class_name="col g1",
    )  # fmt: skip


def _entry_card(row: Any) -> rx.Component:
    void = button("作废", look="d", size="sm", on_click=S.ask_void(row["id"]))
    return rx.el.div(
        rx.el.div(rx.el.b(row["channel"]), rx.el.span(class_name="grow"), rx.el.span(row["amount"], class_name="num"), class_name="row"),
        rx.el.span(row["kind"], " · ", row["days"], class_name="t13 f2"),
        rx.el.span(row["state"], class_name="t12 f3"),
        rx.cond(row["voided"] == "", rx.el.div(void, class_name="row"), rx.fragment()),
        class_name="col g1",
    )  # fmt: skip


def _entry_acts(row: Any) -> rx.Component:
    return rx.cond(
        row["voided"] == "",
        icon_button("ban", "作废这笔费用", size="sm", on_click=S.ask_void(row["id"])),
        rx.fragment(),
    )


def costs() -> rx.Component:
    """Draw what each channel cost, and the entries behind it."""
    total = S.cost_total
    sums = ["合计", *(rx.cond(total.contains(c.key), total[c.key], "") for c in COSTS[1:])]
    return rx.el.div(
        rx.el.div(segments(SPANS, S.span, S.choose_span, label="期间"), class_name="gov-strip row g2"),
        data_table(
            S.cost_rows, COSTS, row_id=lambda r: r["label"], label="渠道成本", card=_cost_card, sums=sums,
            loading=S.loading, empty=empty("这段时间没有线索", "换一段时间看看。", small=True),
        ),
        rx.el.p(
            "撞单裁定改过归属的线索，按裁定算给各渠道，各半时各记 0.5 条；花的钱记在收费的渠道。驾驶舱的渠道 ROI 按首个渠道算。",
            class_name="t12 f3 gov-strip",
        ),
        rx.el.h2("已登记的费用", class_name="t14 gov-strip"),
        data_table(
            S.entries, ENTRIES, row_id=lambda r: r["id"], label="渠道费用", card=_entry_card, actions=_entry_acts,
            loading=S.loading,
            empty=empty("还没有登记费用", "按条计费的渠道不用登记；账单类费用登记后按天数内的线索平摊到分。", small=True),
        ),
        class_name="cap-stack",
    )  # fmt: skip


def _lead_link(row: Any) -> rx.Component:
    return rx.el.a(
        row["number"], href=rx.Var.create("/leads?lead=") + row["lead_id"].to(str), class_name="m num"
    )


def _claim_card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(_lead_link(row), rx.el.span(class_name="grow"), rx.el.span(row["cost"], class_name="num"), class_name="row"),
        rx.el.span(row["channel"], " · ", row["reason"], " · ", row["came"], class_name="t13 f2"),
        rx.el.div(button("申报退量", size="sm", on_click=S.claim(row["lead_id"]), writes=True), class_name="row"),
        class_name="col g2",
    )  # fmt: skip


def _answers(row: Any) -> rx.Component:
    return rx.cond(
        row["status"] == "claimed",
        rx.el.span(
            button("渠道同意", size="sm", on_click=S.decide(row["id"], True), writes=True),
            button("渠道拒绝", size="sm", look="g", on_click=S.decide(row["id"], False), writes=True),
            class_name="row g1",
        ),
        rx.fragment(),
    )


def _answer_acts(row: Any) -> rx.Component:
    return rx.cond(
        row["status"] == "claimed",
        rx.fragment(
            icon_button("check", "渠道同意", size="sm", on_click=S.decide(row["id"], True)),
            icon_button("x", "渠道拒绝", size="sm", on_click=S.decide(row["id"], False)),
        ),
        rx.fragment(),
    )


def _tone(row: Any) -> Any:
    return rx.match(row["status"], ("accepted", "ok"), ("refused", "closed"), "warn")


def _made_card(row: Any) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _lead_link(row), rx.el.span(class_name="grow"), status_chip(row["status_label"], _tone(row)),
            class_name="row g2",
        ),
        rx.el.span(row["channel"], " · ", row["reason"], " · ", row["amount"], class_name="t13 f2"),
        _answers(row),
        class_name="col g2",
    )  # fmt: skip


def refunds() -> rx.Component:
    """Draw the leads that may be claimed for, and what became of the claims."""
    all_of_them = rx.cond(
        S.claimable.length() > 1,
        button("全部申报", size="sm", on_click=S.claim("all"), writes=True),
        rx.fragment(),
    )
    return rx.el.div(
        rx.el.div(
            rx.el.h2("可以申报退量的无效线索", class_name="t14 grow"), all_of_them, class_name="gov-strip row g2"
        ),
        data_table(
            S.claimable,
            (
                Column("number", "线索", _lead_link),
                Column("channel", "渠道", lambda r: r["channel"]),
                Column("reason", "无效原因", lambda r: r["reason"]),
                Column("came", "进线", lambda r: r["came"], look="num"),
                Column("cost", "成本", lambda r: r["cost"], align="r", look="num"),
            ),
            row_id=lambda r: r["lead_id"], label="可申报的线索", card=_claim_card, loading=S.loading,
            actions=lambda r: icon_button("undo-2", "申报退量", size="sm", on_click=S.claim(r["lead_id"])),
            empty=empty("没有可以申报的线索", "被标为无效、且花了钱的线索会出现在这里。", small=True, drawing="done"),
        ),
        rx.el.h2("申报记录", class_name="t14 gov-strip"),
        data_table(
            S.claims,
            (
                Column("number", "线索", _lead_link),
                Column("channel", "渠道", lambda r: r["channel"]),
                Column("reason", "原因", lambda r: r["reason"]),
                Column("amount", "金额", lambda r: r["amount"], align="r", look="num"),
                Column("status", "状态", lambda r: status_chip(r["status_label"], _tone(r))),
                Column("claimed", "申报", lambda r: rx.el.span(r["by"], " ", r["claimed"], class_name="f2"), secondary=True),
            ),
            row_id=lambda r: r["id"], label="申报记录", card=_made_card, actions=_answer_acts, loading=S.loading,
            empty=empty("还没有申报", "渠道答复后在这里登记，同意的从线索成本里扣回。", small=True),
        ),
        class_name="cap-stack",
    )  # fmt: skip
