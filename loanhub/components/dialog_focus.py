"""Where the focus goes when a dialog opens, and that it comes back when it closes.

Radix gives it back to a dialog's own trigger; one that opens by a var has none, and the focus would fall to the body.
"""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.browser import Effect

# A drawer keeps J and K for the list behind it unless it asks for something, and a phone its screen free of a keyboard:
# neither starts in a field.
_FOCUS = """
const lhDialogFocus = () => {
  const isDialog = (node) => node instanceof HTMLElement && /^(alert)?dialog$/.test(node.getAttribute('role') ?? '');
  const trail = [], openers = new Map();
  const note = (event) => { trail.push(event.target); if (trail.length > 12) trail.shift(); };
  const there = (el) => el.isConnected && el.getClientRects().length > 0;
  const begin = (dialog) => {
    if (!dialog.matches('.dlg, .drawer.asks') || !matchMedia('(hover: hover)').matches) return;
    if (document.activeElement !== dialog && !document.activeElement?.closest('.dlg > header, .drawer > header')) return;
    const fields = 'input:not([type=hidden],[type=file],.vh,:disabled,:read-only),input:is(.rad,.chk):checked,select,textarea';
    [...dialog.querySelectorAll(fields)].find(there)?.focus();
  };
  const back = (dialog) => {
    const from = openers.get(dialog) ?? [];
    openers.delete(dialog);
    if (document.activeElement && document.activeElement !== document.body) return;
    const row = from.at(-1)?.closest?.('[data-row]')?.dataset.row;
    const again = row && document.querySelector(`[data-row="${CSS.escape(row)}"] [data-open]`);
    const target = from.findLast(there) ?? again ?? document.getElementById('main');
    target?.focus({preventScroll: true});
  };
  const watch = new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (isDialog(node)) {
        openers.set(node, trail.filter((el) => el instanceof HTMLElement && !node.contains(el)));
        setTimeout(() => begin(node), 30);
      }
      for (const node of change.removedNodes) if (isDialog(node)) setTimeout(() => back(node), 60);
    }
  });
  document.addEventListener('focusin', note);
  watch.observe(document.body, {childList: true});
  return () => { document.removeEventListener('focusin', note); watch.disconnect(); };
};
"""


class DialogFocus(Effect):
    """Puts the focus of a dialog into its first field, and gives it back to what opened it; once per page, in the shell."""

    def add_custom_code(self) -> list[str]:
        """Return the listener functions."""
        return [_FOCUS]

    def add_hooks(self) -> list[rx.Var[Any]]:
        """Listen while the page is shown."""
        return self._effect("return lhDialogFocus();")
