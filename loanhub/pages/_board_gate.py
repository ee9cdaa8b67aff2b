"""The side sheet of a move that meets a gate: what is met, fields to fill in, documents to hand in on the spot."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.dialogs import closing, drawer
from loanhub.components.forms import form
from loanhub.components.icons import icon
from loanhub.components.record_form import record_field
from loanhub.components.upload import send_file
from loanhub.domain.documents import DocumentKind
from loanhub.domain.permissions import Permission
from loanhub.pages._customer_documents import hidden_input, limit_bytes, opener
from loanhub.state.boards import BoardState

FILE = "gate-file"


def _papers() -> rx.Component:
    """The documents still missing, each with the button that hands it in."""
    may_upload = BoardState.allowed.contains(Permission.DOCUMENTS_UPLOAD.value)

    def line(one: Any) -> rx.Component:
        upload = button(
            "上传", icon_name="upload", size="sm", on_click=[BoardState.pick_paper(one["kind"]), opener(FILE)],
            disabled=BoardState.sending != "", custom_attrs={"aria-label": rx.Var.create("上传") + one["label"].to(str)},
        )  # fmt: skip
        return rx.el.li(
            icon("circle-dashed", "s", "fw"),
            rx.el.span(one["label"], class_name="grow"),
            rx.cond(may_upload, upload, rx.fragment()),
            class_name="row g2 t13",
        )

    chosen = hidden_input(
        FILE,
        on_change=[
            BoardState.start_paper,
            send_file(
                FILE, kind=DocumentKind.OTHER.value, limit_bytes=limit_bytes(), on_done=BoardState.paper_sent
            ),
        ],
    )
    said = rx.cond(
        BoardState.sending != "",
        rx.el.p(rx.el.i(class_name="spin"), " 正在上传", BoardState.sending, class_name="t12", role="status"),
        rx.cond(may_upload, rx.fragment(), rx.el.p("请有上传权限的同事补交。", class_name="t12 f3")),
    )
    return rx.el.section(
        rx.el.h3("还缺的资料", class_name="t13"),
        rx.el.ul(
            rx.foreach(BoardState.gate.papers, line),
            style={"listStyle": "none", "padding": "0", "margin": "0", "display": "grid", "gap": "6px"},
            custom_attrs={"aria-label": "还缺的资料"},
        ),
        said,
        chosen,
        class_name="col g2",
    )


def gate_sheet() -> rx.Component:
    """Draw the sheet; closing it brings the card back."""
    gate = BoardState.gate
    met = rx.el.ul(
        rx.foreach(gate.met, lambda label: rx.el.li(icon("check", "s"), label, class_name="row g2 t13 f2")),
        style={"listStyle": "none", "padding": "0", "margin": "0", "display": "grid", "gap": "6px"},
    )
    waits = gate.papers.length() > 0
    go = button("补齐并移入", look="p", kind="submit", writes=True, disabled=waits)
    sheet = form(
        rx.el.p(gate.sentence, class_name="t13 f2", style={"margin": "0"}, role="status"),
        met,
        rx.foreach(gate.fields, lambda item: record_field(item, BoardState.field_errors)),
        rx.cond(waits, _papers(), rx.fragment()),
        rx.el.div(closing(button("取消")), go, class_name="row g3 end"),
        on_submit=BoardState.complete,
        key=gate.key,
        guard=False,
    )
    return drawer(gate.title, sheet, is_open=gate.key != "", on_open_change=BoardState.show_gate, asks=True)
