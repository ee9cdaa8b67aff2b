"""Follow-up sequences 跟进节奏: steps with waits, entered and left by conditions, versioned like the assignment rules."""

from loanhub.services.sops.act import RunView, offered, pause, put_in, resume, runs_of, skip, stop
from loanhub.services.sops.edit import (
    create,
    delete_step,
    discard,
    move_step,
    publish,
    rename,
    roll_back,
    save_entry,
    save_step,
    switch,
)
from loanhub.services.sops.engine import run_due
from loanhub.services.sops.ready import add, install, missing
from loanhub.services.sops.trial import Trial, simulate
from loanhub.services.sops.view import SopRow, SopView, fields, leaf, list_sops, open_sop, read_back

__all__ = [
    "RunView", "SopRow", "SopView", "Trial", "add", "create", "delete_step", "discard", "fields", "install", "leaf",
    "list_sops", "missing", "move_step", "offered", "open_sop", "pause", "publish", "put_in", "read_back", "rename",
    "resume", "roll_back", "run_due", "runs_of", "save_entry", "save_step", "simulate", "skip", "stop", "switch",
]  # fmt: skip
