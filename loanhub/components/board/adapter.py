"""The only module that knows @hello-pangea/dnd and the inside of Reflex's browser state.

Everything else in this package speaks of cards and columns. Should the library be replaced, this file and
the two places calling ``droppable`` and ``draggable`` change, nothing more (docs/decisions/0005-board.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import reflex as rx
from reflex.vars import VarData
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.event import EventChain
from reflex_base.utils.imports import ImportVar
from reflex_base.vars.base import LiteralVar

LIBRARY = "@hello-pangea/dnd@18.0.1"

_NO_DROP_ANIMATION = "s.isDropAnimating && {style: {...p.draggableProps.style, transitionDuration: '1ms'}}"
"""The library reports a drop only after its animation, which takes a third of a second unless it is shortened."""

_DROP_NOW = (
    "((mark) => { const over = p.draggableProps.onTransitionEnd;"
    " if (mark && over) queueMicrotask(() => over({propertyName: 'transform'})); })"
)
"""Even 1 ms of animation is two frames until its end is noticed. A mark that stands in the card while it drops tells the
library that the animation is over before the first of them is drawn."""

_FLYING = "(s.isDragging && !s.isDropAnimating ? ' is-flying' : '')"


class DragDropContext(rx.Component):
    """Provider around all columns; its callbacks receive (result, provided) untouched."""

    library = LIBRARY
    tag = "DragDropContext"
    drag_handle_usage_instructions: rx.Var[str]


class Droppable(rx.Component):
    """A list cards can be dropped on; its only child is a render function."""

    library = LIBRARY
    tag = "Droppable"
    droppable_id: rx.Var[str]
    is_drop_disabled: rx.Var[bool]


class Draggable(rx.Component):
    """A card; its only child is a render function."""

    library = LIBRARY
    tag = "Draggable"
    draggable_id: rx.Var[str]
    index: rx.Var[int]


class ScriptedDiv(rx.el.Div):
    """A div whose generated module also holds ``script``, so its expressions can call those functions.

    Reflex writes custom code only into the module of the component that carries it; an expression
    evaluated in another module would fail with a ReferenceError while prerendering.
    """

    script: ClassVar[str] = ""

    def add_imports(self) -> dict[str, Any]:
        """Return what the script uses: ``generateUUID`` also works without https."""
        return {
            "$/utils/state": [ImportVar(tag="generateUUID"), ImportVar(tag="refs")],
            "$/utils/context": [ImportVar(tag="DispatchContext")],
            "react": [
                ImportVar(tag=name) for name in ("useContext", "useEffect", "useLayoutEffect", "useRef")
            ],
        }

    def add_custom_code(self) -> list[str]:
        """Return the script, once per module."""
        return [self.script]


def expression(code: str, *dependencies: rx.Var, hooks: str = "") -> rx.Var:
    """Return a browser expression together with the imports and hooks of the vars it reads."""
    own = VarData(hooks={hooks: None}) if hooks else None
    data = VarData.merge(*[var._get_all_var_data() for var in dependencies], own)
    return rx.Var(_js_expr=code, _var_data=data)


def setter(store: rx.Var[str]) -> str:
    """Return code for a function writing vars of the state ``store`` in the browser alone.

    No event is sent; the next delta of the server for the same var wins.
    """
    return (
        f"((dispatch) => (values) => dispatch?.[{store!s}]?.(Object.fromEntries("
        f"Object.entries(values).map(([name, value]) => [name + '{FIELD_MARKER}', value]))))"
        "(useContext(DispatchContext))"
    )


def callback(handler: Any, arguments: Callable[..., Any], name: str) -> rx.Var:
    """Return an event handler as a browser function, to be called from a script."""
    chain = EventChain.create(value=handler, args_spec=arguments, key=name)
    return LiteralVar.create(chain)


def _render_function(arguments: str, component: rx.Component) -> rx.Var:
    """Return ``component`` as the function child a render-prop component asks for."""
    literal = LiteralVar.create(component)
    data = VarData.merge(literal._get_all_var_data(), VarData(hooks=component._get_all_hooks()))
    return rx.Var(_js_expr=f"(({arguments}) => {literal!s})", _var_data=data)


def drag_context(*children: rx.Component, start: str, update: str, end: str, usage: str) -> rx.Component:
    """Return the provider; ``start``, ``update`` and ``end`` are code of functions (result, provided)."""
    return DragDropContext.create(
        *children,
        drag_handle_usage_instructions=usage,
        custom_attrs={
            "onDragStart": rx.Var(start),
            "onDragUpdate": rx.Var(update),
            "onDragEnd": rx.Var(end),
        },
    )


def droppable(*children: rx.Component, column: rx.Var[str], disabled: rx.Var[bool]) -> rx.Component:
    """Return a list of cards. Children: elements, ``rx.cond`` and memo components, never ``rx.foreach``."""
    box = rx.el.div(
        *children,
        rx.fragment(rx.Var("p.placeholder")),
        special_props=[
            rx.Var("p.droppableProps"),
            rx.Var("({className: s.isDraggingOver ? 'lb-list is-over' : 'lb-list'})"),
        ],
        custom_attrs={"ref": rx.Var("p.innerRef"), "data-col": column},
    )
    return Droppable.create(_render_function("p, s", box), droppable_id=column, is_drop_disabled=disabled)


def draggable(
    body: rx.Component,
    *,
    card: rx.Var[str],
    index: rx.Var[int],
    label: rx.Var[str],
    look: rx.Var[str],
) -> rx.Component:
    """Return a card that can be lifted.

    It is a group, not a button: a button must not contain the ⋯ button (axe: nested-interactive).
    Special props come after all others, so an override has to be the last of them.
    """
    mark = rx.el.i(hidden=True, custom_attrs={"ref": rx.Var(_DROP_NOW)})
    box = rx.el.div(
        body,
        rx.cond(rx.Var("s.isDropAnimating").to(bool), mark, rx.fragment()),
        custom_attrs={
            "ref": rx.Var("p.innerRef"),
            "data-card": card,
            "aria-label": label,
        },
        special_props=[
            rx.Var("p.draggableProps"),
            rx.Var("p.dragHandleProps"),
            rx.Var("({role: 'group', 'aria-roledescription': '可拖动卡片'})"),
            rx.Var(f"({{className: 'lb-card ' + {look!s} + {_FLYING}}})"),
            rx.Var(f"({_NO_DROP_ANIMATION})"),
        ],
    )
    return Draggable.create(_render_function("p, s", box), draggable_id=card, index=index)
