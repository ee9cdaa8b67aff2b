"""The documents of customer 360: the checklist with its files, the preview beside it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, file_link, icon_button
from loanhub.components.dialogs import confirm
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import empty
from loanhub.components.upload import send_file
from loanhub.domain.documents import DocumentKind
from loanhub.domain.permissions import Permission
from loanhub.pages._customer_head import may, when
from loanhub.settings import settings
from loanhub.state.customer import CustomerState
from loanhub.state.customer_tabs import CustomerTabsState

S, T = CustomerState, CustomerTabsState
FILES = "image/jpeg,image/png,image/webp,application/pdf,audio/mpeg,audio/mp4,audio/wav,audio/ogg"


def limit_bytes() -> int:
    return max(settings().upload_photo_bytes, settings().upload_pdf_bytes)


def opener(input_id: Any) -> Any:
    """Return the event that opens the file chooser of a hidden input."""
    return rx.call_script("document.getElementById('" + rx.Var.create(input_id).to(str) + "')?.click()")


def hidden_input(input_id: str, *, on_change: Any, camera: bool = False) -> rx.Component:
    attrs = {"id": input_id, "accept": "image/*" if camera else FILES, "aria-hidden": "true"}
    if camera:
        attrs["capture"] = "environment"
    return rx.el.input(type="file", class_name="vh", tab_index=-1, on_change=on_change, custom_attrs=attrs)


def documents_tab() -> rx.Component:
    """The checklist with its files, and the preview beside it."""

    def shelf(one: Any) -> rx.Component:
        return rx.el.section(
            rx.el.div(rx.el.h3(one.title), rx.el.span(one.count, class_name="n"), class_name="sec-h"),
            rx.el.div(rx.foreach(one.tiles, _tile), class_name="dgg"),
        )

    kinds = [
        hidden_input(
            f"doc-{kind.value}",
            on_change=[
                T.start_upload,
                send_file(
                    f"doc-{kind.value}", kind=kind.value, limit_bytes=limit_bytes(),
                    on_done=lambda answer, kind=kind: T.uploaded(kind.value, answer),
                ),
            ],
        )
        for kind in DocumentKind
    ]  # fmt: skip
    upload = when(
        Permission.DOCUMENTS_UPLOAD,
        rx.el.div(
            icon("upload"),
            rx.el.span("上传图片或 PDF，手机可直接拍"),
            rx.el.span(class_name="grow"),
            rx.cond(T.uploading, rx.el.span(rx.el.i(class_name="spin"), " 正在上传", class_name="row g2"), rx.fragment()),
            button("其他资料", icon_name="paperclip", size="sm", on_click=opener("doc-other")),
            button("面签照片", icon_name="camera", size="sm", on_click=opener("doc-visit_photo")),
            class_name="upz",
        ),
    )  # fmt: skip
    left = rx.el.div(upload, rx.foreach(T.shelves, shelf), class_name="col g5")
    return rx.fragment(rx.el.div(left, _preview(), class_name="dl3"), rx.el.div(*kinds))


def _tile(one: Any) -> rx.Component:
    picture = rx.el.img(
        src=rx.Var.create("/api/files/") + one.id.to(str) + "?preview=1", alt="", loading="lazy"
    )
    there = rx.el.button(
        rx.el.span(rx.cond(one.picture, picture, icon(one.icon, "l")), class_name="th"),
        rx.el.b(one.label, class_name="el"),
        rx.el.span(one.note, class_name="t12 f3 el"),
        type="button",
        title=one.more,
        on_click=T.choose(one.id),
        class_name=rx.cond(T.chosen.id == one.id, "dc on", "dc"),
    )
    wanted = rx.el.button(
        rx.el.span(icon("upload", "l"), class_name="th"),
        rx.el.b(one.label, class_name="el"),
        rx.el.span("待补，点按上传", class_name="t12 f3"),
        type="button",
        on_click=opener(rx.Var.create("doc-") + one.kind),
        disabled=~may(Permission.DOCUMENTS_UPLOAD),
        class_name="dc miss",
    )
    return rx.cond(one.missing, wanted, there)


def _preview() -> rx.Component:
    one = T.chosen
    source = rx.Var.create("/api/files/") + one.id.to(str) + "?preview=1"
    shown = rx.cond(
        one.picture,
        rx.el.img(src=source, alt=one.label),
        rx.cond(
            one.pdf,
            rx.el.iframe(src=source, title=one.label),
            rx.el.p("这种文件不能预览，请下载后查看", class_name="f3"),
        ),
    )
    mark = rx.el.div(
        *[
            rx.el.div(S.user_name, " 仅供本公司贷款审核 ", S.user_name, " 仅供本公司贷款审核")
            for _ in range(9)
        ],
        class_name="wm",
        custom_attrs={"aria-hidden": "true"},
    )
    tools = rx.el.div(
        rx.el.h3(one.label, class_name="grow el"),
        file_link("下载", rx.Var.create("/api/files/") + one.id.to(str), size="sm", look="g"),
        when(
            Permission.DOCUMENTS_UPLOAD,
            confirm(
                "移除这份资料？", "资料不再出现在清单里，移除的记录和原件仍保留供审计。", "移除 1 份资料", T.remove_document,
                trigger=icon_button("trash-2", "移除", size="sm"),
            ),
        ),
        class_name="sec-h",
    )  # fmt: skip
    relabel = when(
        Permission.DOCUMENTS_UPLOAD,
        form(
            rx.el.div(
                field(Field(key="kind", label="资料类型", kind="select", options=DocumentKind.options()), value=one.kind),
                field(Field(key="label", label="名称", maximum_length=60), value=one.label),
                class_name="form two-col",
            ),
            rx.el.div(button("保存归类", size="sm", kind="submit", writes=True), class_name="row end"),
            on_submit=T.relabel,
            guard=False,
            key=one.id.to(str),
        ),
    )  # fmt: skip
    full = rx.fragment(
        rx.el.section(tools, rx.el.p(one.more, class_name="t12 f3")),
        rx.el.div(shown, mark, class_name="stage"),
        rx.el.section(relabel),
    )
    return rx.el.div(
        rx.cond(one.id > 0, full, empty("选一份资料预览", "图片和 PDF 可以直接在这里看。", small=True)),
        class_name="dv",
    )
