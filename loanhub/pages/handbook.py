"""The handbook 使用手册: what to do, step by step, beside the work itself."""

from __future__ import annotations

import reflex as rx

from loanhub.components.buttons import link_button, note, segments
from loanhub.components.filters import filter_bar, search_box
from loanhub.components.states import no_match
from loanhub.pages._page import Page, page
from loanhub.state.handbook import SCOPES, ChapterText, HandbookState, SectionText

S = HandbookState


def _section(one: rx.Var[SectionText]) -> rx.Component:
    go = rx.cond(
        one.link != "", link_button(rx.Var.create("去") + one.link_label, one.link, size="sm"), rx.fragment()
    )
    return rx.el.article(
        rx.el.div(rx.el.h2(one.title), rx.el.span(class_name="grow"), go, class_name="row g3"),
        rx.el.ol(rx.foreach(one.steps, rx.el.li)),
        rx.cond(one.tip != "", rx.el.div(note(one.tip, "mute"), class_name="good"), rx.fragment()),
        id=one.anchor,
    )


def _contents(chapter: rx.Var[ChapterText]) -> rx.Component:
    return rx.fragment(
        rx.el.h2(chapter.title),
        rx.foreach(chapter.sections, lambda one: rx.el.a(one.title, href=one.address)),
    )


@page(route="/handbook", title="使用手册", permission=None, on_load=HandbookState.load)
def handbook() -> Page:
    """Draw the page."""
    body = rx.el.div(
        rx.el.nav(rx.foreach(S.chapters, _contents), custom_attrs={"aria-label": "目录"}),
        rx.el.div(rx.foreach(S.chapters, lambda chapter: rx.foreach(chapter.sections, _section))),
        class_name="hbk",
    )
    nothing = no_match("内容", "换个关键词，或看全部角色", S.search(""))
    return Page(
        [
            filter_bar(
                search_box(S.search.debounce(200), placeholder="搜手册，例如 冲正", value=S.text),
                segments(SCOPES, S.scope, S.choose, label="看谁的手册"),
            ),
            rx.cond(S.chapters.length() > 0, body, nothing),
        ]
    )
