"""The last step: what became of each row, the sheet of refused ones, the undo."""

from __future__ import annotations

import reflex as rx

from loanhub.components.buttons import button, classes, file_link, link_button, note
from loanhub.components.chips import tag
from loanhub.components.dialogs import confirm
from loanhub.components.states import empty
from loanhub.pages._import_parts import ASIDE, GROUPS, TWO, S, head, outcome
from loanhub.state._import_views import Issue


def _issue(row: rx.Var[Issue]) -> rx.Component:
    subject = rx.cond(
        row.href != "",
        rx.el.a(row.subject, href=row.href, class_name="fb"),
        rx.el.span("—", class_name="f3"),
    )
    after = rx.cond(row.after != "", rx.el.span(" → ", row.after, class_name="b"), rx.fragment())
    return rx.el.tr(
        rx.el.td(row.number, class_name="num f3"),
        rx.el.td(rx.cond(row.field != "", row.field, "整行")),
        rx.el.td(
            rx.el.span(row.before, class_name="f2"), after, class_name="el", style={"maxWidth": "240px"}
        ),
        rx.el.td(rx.el.span(tag(row.label, row.tone), rx.el.span(row.sentence), class_name="row g2 wrap")),
        rx.el.td(subject),
    )


def result() -> rx.Component:
    """Draw what became of each row."""

    def tab(code: str, text: str) -> rx.Component:
        amount = rx.cond(S.groups.contains(code), S.groups[code], 0)
        return rx.el.button(
            text,
            rx.el.span(amount),
            type="button",
            on_click=S.show_group(code),
            class_name=classes("vw", rx.cond(S.group == code, "on", "")),
            custom_attrs={"aria-pressed": rx.cond(S.group == code, "true", "false")},
        )

    table = rx.el.table(
        rx.el.caption("每一行怎么处理", class_name="vh"),
        head("行", "列", "原值", "处理与原因", "线索或客户"),
        rx.el.tbody(rx.foreach(S.issues, _issue)),
        class_name="tbl c34",
    )
    undo = rx.cond(
        S.can_undo,
        confirm(
            "撤销后这批线索会从列表里消失",
            rx.cond(
                S.worked_on > 0,
                rx.Var.create("其中 ")
                + S.worked_on.to(str)
                + " 条已有人跟进，会保留。其余的移除，重复进线的记录一并撤回。",
                "还没有人跟进过这批线索，会全部移除，重复进线的记录一并撤回。",
            ),
            "撤销整批导入",
            S.undo,
            trigger=button("撤销整批", icon_name="undo-2", look="d", writes=True),
        ),
        rx.fragment(),
    )
    kept = rx.cond(
        S.kept.length() > 0,
        note(
            rx.fragment(
                "这些线索已有人跟进，保留：",
                rx.foreach(
                    S.kept,
                    lambda one: rx.el.a(
                        one["name"], " ", one["number"], "　", href="/leads?lead=" + one["id"]
                    ),
                ),
            ),
            tone="warn",
        ),
        rx.fragment(),
    )
    owners = rx.el.ul(
        rx.foreach(
            S.owners,
            lambda one: rx.el.li(
                rx.el.span(one["name"], class_name="grow"),
                rx.el.b(one["count"], class_name="num"),
                class_name="row g2",
            ),
        ),
        class_name="col g1",
    )
    download = rx.cond(
        S.refused > 0,
        file_link("下载未导入的行", f"/api/imports/{S.batch_id}/refused.xlsx"),
        rx.fragment(),
    )
    aside = rx.el.aside(
        rx.el.div(rx.el.h3("归属"), class_name="sec-h"),
        owners,
        rx.el.p(
            "未导入的行可以下载，保留原来的列，末尾多一列原因；改好直接重传，只会处理这些行。",
            class_name="t12 f3",
            style={"marginTop": "16px"},
        ),
        rx.cond(S.can_undo, rx.el.p(S.undo_until, " 前可以整批撤销", class_name="t12 f3"), rx.fragment()),
        style=ASIDE,
    )
    title = rx.el.div(
        rx.el.h2(S.file_name, class_name="t16 b"),
        tag(S.status_label, rx.match(S.status, ("done", "ok"), ("undone", "closed"), "warn")),
        rx.el.span(S.facts, class_name="t12 f3 grow"),
        download,
        undo,
        button("再导一份", icon_name="upload", on_click=S.another),
        link_button("去看线索", "/leads", look="p", icon_name="arrow-right"),
        class_name="row g3 wrap",
        style={"padding": "14px 24px"},
    )
    rows = rx.cond(
        S.issues.length() > 0,
        rx.fragment(
            rx.el.div(table, style={"overflowX": "auto"}, tab_index=0),
            rx.cond(
                S.has_more,
                rx.el.div(
                    button("更多", look="g", icon_name="chevron-down", on_click=S.more), class_name="pad"
                ),
                rx.fragment(),
            ),
        ),
        empty("这一类没有行", small=True),
    )
    return rx.fragment(
        title,
        rx.el.div(kept, style={"padding": "0 24px"}),
        outcome(),
        rx.el.div(
            rx.el.div(
                rx.el.div(
                    *[tab(code, text) for code, text in GROUPS],
                    class_name="views",
                    style={"margin": "8px 16px"},
                ),
                rows,
                style={"overflow": "auto", "minHeight": "0"},
            ),
            aside,
            style=TWO,
        ),
    )
