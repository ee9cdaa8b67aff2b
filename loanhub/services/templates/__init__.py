"""Document templates 文书模板: the built-in documents, the firm's own made from them, their versions and review."""

from loanhub.services._templates import in_use, name_of
from loanhub.services.templates.conditions import condition_fields, leaf, leaf_of, read_back
from loanhub.services.templates.edit import (
    add_block,
    create,
    drop_block,
    move_block,
    rename,
    save_block,
    save_settings,
)
from loanhub.services.templates.fill import Candidate, candidates, data_of
from loanhub.services.templates.forms import block_form, variables
from loanhub.services.templates.life import (
    TrialLine,
    bring_back,
    publish,
    send_back,
    set_default,
    submit,
    trial,
)
from loanhub.services.templates.view import (
    BlockLine,
    TemplateCard,
    TemplateList,
    VersionLine,
    VersionView,
    changes,
    find_records,
    list_templates,
    look,
    preview,
)

__all__ = [
    "BlockLine", "Candidate", "TemplateCard", "TemplateList", "TrialLine", "VersionLine", "VersionView", "add_block",
    "block_form", "bring_back", "candidates", "changes", "condition_fields", "create", "data_of", "drop_block", "find_records", "in_use", "leaf", "leaf_of",
    "list_templates", "look", "move_block", "name_of", "preview", "publish", "read_back", "rename", "save_block", "save_settings",
    "send_back", "set_default", "submit", "trial", "variables",
]  # fmt: skip
