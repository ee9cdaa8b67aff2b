"""A desktop notice by the browser 桌面通知, when allowed and when nobody looks at the page; drawn as nothing."""

from __future__ import annotations

import reflex as rx

SHOW = (
    "(() => { const note = document.getElementById('desktop-note'); if (!note || !document.hidden) return; "
    "if (!('Notification' in window) || Notification.permission !== 'granted') return; "
    "const shown = new Notification(note.dataset.title, {tag: note.dataset.stamp, icon: '/icon-192.png'}); "
    "shown.onclick = () => { window.focus(); if (note.dataset.link.startsWith('/')) location.assign(note.dataset.link); }; })()"
)


def desktop_note(title: rx.Var[str], link: rx.Var[str], stamp: rx.Var[str]) -> rx.Component:
    """Show ``title`` once for each ``stamp``; a click opens ``link``."""
    holder = rx.el.span(
        key=stamp, id="desktop-note", hidden=True, on_mount=rx.call_script(SHOW),
        custom_attrs={"data-title": title, "data-link": link, "data-stamp": stamp},
    )  # fmt: skip
    return rx.cond(stamp != "", holder, rx.fragment())
