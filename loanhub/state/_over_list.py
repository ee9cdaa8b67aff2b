"""A record over a list in the address: a step of the history, so that Back closes it and the list stays as it was.

The page draws ``components.browser.OverList``, which listens; a State's ``open`` and ``show`` return what stands here.
"""

from __future__ import annotations

import json

import reflex as rx
from reflex.event import EventSpec

_PUT = """
((route, name, id) => {
  if (window.location.pathname.replace(/\\/+$/, '') !== route) return;
  const url = new URL(window.location.href), had = url.searchParams.get(name) ?? '';
  url.searchParams.delete(name);
  const under = url.href;
  if (id) {
    url.searchParams.delete('new');
    const list = url.href;
    url.searchParams.set(name, id);
    if (!had) history.pushState({...history.state, lhOver: list}, '', url);
    else if (had !== id) history.replaceState(history.state, '', url);
    window.lhOver = id;
    window.lhUnder = had ? under : list;
  } else if (had) {
    window.lhOver = '';
    if (history.state?.lhOver === under) { window.lhQuiet = true; history.back(); }
    else { url.searchParams.delete('new'); history.replaceState(history.state, '', url); }
  }
})
"""


def put_over(route: str, name: str, record_id: str) -> EventSpec:
    """Return the event that names the open record in the list's address, without a visit; an empty id: it was closed.

    Opening from the list is a step forward in the history, another record in its place is none, and closing goes back
    where opening came from. Whoever has left the list meanwhile keeps the address they went to.
    """
    texts = ", ".join(json.dumps(one) for one in (route, name, record_id))
    return rx.call_script(f"{_PUT.strip()}({texts})")
