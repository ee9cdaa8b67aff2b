"""What a page puts in its top bar stands above the content on a phone as well: drawn twice, so it must hold no dialog."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator

import pytest
import reflex as rx

from loanhub import pages
from loanhub.pages._page import Page

OPENS = ("DialogRoot", "AlertDialogRoot", "DrawerRoot")


def drawn() -> Iterator[tuple[str, Callable[[], object]]]:
    """Return the function of every page."""
    for module in pkgutil.iter_modules(pages.__path__):
        if module.name.startswith("_") or module.name == "gallery":
            continue
        found = importlib.import_module(f"{pages.__name__}.{module.name}")
        for name, function in vars(found).items():
            own = inspect.isfunction(function) and function.__module__ == found.__name__
            if own and not name.startswith("_") and not inspect.signature(function).parameters:
                yield f"{module.name}.{name}", function


def parts(component: rx.Component) -> Iterator[rx.Component]:
    """Return a component and all in it, of every branch."""
    yield component
    within = [
        *component.children,
        *(getattr(component, name, None) for name in ("comp1", "comp2", "default")),
    ]
    within += [case[-1] for case in getattr(component, "match_cases", [])]
    for one in within:
        if isinstance(one, rx.Component):
            yield from parts(one)


@pytest.mark.parametrize(("name", "draw"), [pytest.param(*one, id=one[0]) for one in drawn()])
def test_no_dialog_stands_in_what_is_drawn_twice(name: str, draw: Callable[[], object]) -> None:
    page = draw()
    if not isinstance(page, Page):
        return

    twice = [
        part for one in (page.views, *page.tools, page.primary) if one is not None for part in parts(one)
    ]
    assert [
        type(part).__name__
        for part in twice
        if type(part).__name__ in OPENS and getattr(part, "open", None) is not None
    ] == []
