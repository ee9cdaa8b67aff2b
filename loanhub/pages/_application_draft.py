"""The form of a draft application, its document checklist and the panel that submits it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, classes, note
from loanhub.components.forms import Field, Kind, field, section
from loanhub.components.icons import icon
from loanhub.components.money import money
from loanhub.state.application_draft import ApplicationDraftState

D = ApplicationDraftState
FORM_ID = "application-draft"
_CHANGED: tuple[Kind, ...] = ("select", "date")
_LEFT: tuple[Kind, ...] = ("textarea", "money", "percent", "integer")


def _field(item: Any) -> rx.Component:
    key = item["key"].to(str)
    error = rx.cond(D.field_errors.contains(key), D.field_errors[key], "")

    def drawn(kind: Kind) -> rx.Component:
        spec = Field(
            key=f"{key}",
            label=item["label"].to(str),
            kind=kind,
            required=item["required"].to(bool),
            help=item["help"].to(str),
            options=item["options"].to(list[dict[str, str]]),
            full=kind == "textarea",
        )
        save = {"on_change" if kind in _CHANGED else "on_blur": lambda value: D.save_field(key, value)}
        return field(spec, value=item["value"].to(str), error=error, **save)

    return rx.match(
        item["kind"].to(str), *[(kind, drawn(kind)) for kind in (*_CHANGED, *_LEFT)], drawn("text")
    )


def draft_form() -> rx.Component:
    """All fields by group; each is saved when it is left."""
    groups = rx.foreach(
        D.groups,
        lambda group: section(
            group["title"].to(str),
            rx.foreach(group["fields"].to(list[dict[str, Any]]), _field),
            two_columns=True,
        ),
    )
    returned = rx.cond(
        D.shown.last_opinion != "",
        note(rx.el.span(rx.el.b("退回意见："), D.shown.last_opinion), "warn", "undo-2"),
        rx.fragment(),
    )
    saved = rx.cond(
        D.saved_at != "",
        rx.el.span("已自动保存 ", D.saved_at, class_name="t12 f3", role="status"),
        rx.el.span("填完一项就自动保存", class_name="t12 f3"),
    )
    return rx.el.section(
        rx.el.div(rx.el.h2("填写申请"), rx.el.span(class_name="grow"), saved, class_name="sec-h"),
        returned,
        rx.el.form(
            groups,
            on_submit=D.submit,
            id=FORM_ID,
            key=D.draft_key,
            class_name="form",
            custom_attrs={"aria-label": "填写申请"},
        ),
    )


def checklist(*, editing: bool) -> rx.Component:
    """The required documents: a file, the original seen, or missing; while drafting a click marks the original."""

    def card(item: Any) -> rx.Component:
        here = item["present"] != ""
        parts = [
            rx.el.span(rx.cond(here, icon("file-check"), icon("file-x")), class_name="t"),
            rx.el.b(item["label"]),
            rx.el.em(item["how"]),
        ]
        look = rx.cond(here, "", "no")
        if not editing:
            return rx.el.div(*parts, class_name=look, title=item["note"])
        return rx.el.button(
            *parts,
            type="button",
            class_name=look,
            disabled=item["how"] == "已上传",
            on_click=D.tick(item["kind"]),
            title=rx.cond(here, "点按取消「已收原件」", "点按标记「已收原件」"),
            custom_attrs={"aria-pressed": rx.cond(here, "true", "false"), "data-writes": "true"},
        )

    count = rx.el.span(D.shown.documents_done, " / ", D.shown.documents_total, " 齐", class_name="n")
    upload = (
        rx.cond(
            D.shown.can_open_customer,
            rx.el.a(
                "去上传",
                href="/customers/" + D.shown.customer_id.to(str) + "?tab=documents",
                class_name="lnk",
            ),
            rx.fragment(),
        )
        if editing
        else rx.fragment()
    )
    problem = rx.cond(
        D.field_errors.contains("documents"), note(D.field_errors["documents"], "bad"), rx.fragment()
    )
    body = rx.cond(
        D.documents.length() > 0,
        rx.el.div(rx.foreach(D.documents, card), class_name="apc"),
        rx.el.p("选好产品后列出要交的资料", class_name="f3"),
    )
    return rx.fragment(
        rx.el.div(rx.el.h2("资料"), count, rx.el.span(class_name="grow"), upload, class_name="sec-h"),
        problem,
        body,
    )


def submit_panel() -> rx.Component:
    """What the draft comes to, what the customer still lacks, and the button that submits."""

    def lacks(key: str) -> rx.Component:
        profile = rx.el.a(
            "去补客户资料",
            href="/customers/" + D.shown.customer_id.to(str) + "?tab=profile",
            class_name="lnk",
        )
        sentence = note(rx.fragment(D.field_errors[key], " ", profile), "bad")
        return rx.cond(D.field_errors.contains(key), sentence, rx.fragment())

    figures = rx.el.dl(
        rx.el.dt("产品"),
        rx.el.dd(D.shown.product, class_name="r"),
        rx.el.dt("还款方式"),
        rx.el.dd(rx.cond(D.shown.method != "", D.shown.method, "—"), class_name="r"),
        rx.el.dt("月均还款"),
        rx.el.dd(
            rx.cond(D.shown.installment != "", money(D.shown.installment.to(str)[1:], size="t16"), "—"),
            class_name="r",
        ),
        class_name="dl-g",
    )
    keys = (
        "customer.name",
        "customer.phone",
        "customer.id_number",
        "customer.id_valid_until",
        "customer.age",
    )
    return rx.el.aside(
        rx.el.div(
            rx.el.div(rx.el.h2("提交审批"), class_name="sec-h"),
            figures,
            *[lacks(key) for key in keys],
            note("提交后自动评分，送风控初审（1 个工作日内）", "mute", "git-branch"),
            rx.cond(
                D.shown.can_submit,
                button(
                    "提交审批", look="p", size="lg", icon_name="send", kind="submit", writes=True,
                    custom_attrs={"form": FORM_ID},
                ),
                rx.fragment(),
            ),
            class_name="in",
        ),
        class_name=classes("apd"),
        custom_attrs={"aria-label": "提交审批"},
    )  # fmt: skip
