"""A record opened over a list is a step of the history: Back closes it, Forward opens it, the list stays as it was."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import SignIn
from tests.journeys.people import shown


def ids(page: Page) -> list[str]:
    return page.eval_on_selector_all(
        "[data-row]", "all => all.filter(row => row.offsetParent).map(row => row.textContent)"
    )


@pytest.mark.parametrize(
    ("role", "address", "name"),
    [
        ("team_lead", "/leads?view=all&sort=created_at", "lead"),
        ("team_lead", "/tasks?view=all&sort=created_at", "task"),
        ("collections", "/collections?view=all&sort=dpd", "case"),
        ("auditor", "/audit", "entry"),
        ("contracts", "/archive", "document"),
    ],
)
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_back_closes_the_record_and_keeps_the_list(
    sign_in: SignIn, role: str, address: str, name: str, phone: bool
) -> None:
    page = sign_in(role, phone=phone)
    page.goto("/inbox")
    page.goto(address)
    expect(shown(page, "[data-row]")).to_be_visible()
    list_url, before = page.url, ids(page)
    place = re.compile(rf"[?&]{name}=\d+")
    last = page.locator("[data-row]:visible").last
    last.scroll_into_view_if_needed()
    scrolled = last.bounding_box()
    drawer = page.get_by_role("dialog")

    last.locator("[data-open]").first.click()
    expect(drawer).to_be_visible()
    expect(page).to_have_url(place)
    opened = page.url

    page.go_back()
    expect(drawer).to_have_count(0)
    expect(page).to_have_url(list_url)
    assert ids(page) == before and last.bounding_box() == scrolled

    page.go_forward()
    expect(drawer).to_be_visible()
    expect(page).to_have_url(opened)

    page.reload()
    expect(drawer).to_be_visible()
    drawer.get_by_role("button", name="关闭").first.click()
    expect(drawer).to_have_count(0)
    expect(page).to_have_url(list_url)
    expect(shown(page, "[data-row]")).to_be_visible()

    page.go_back()
    expect(page).to_have_url(re.compile("/inbox"))
