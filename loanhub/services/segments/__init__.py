"""Segments 客户分群: named conditions on customers, counted live, followed by the day, used as a filter everywhere."""

from loanhub.services.segments.count import count_day
from loanhub.services.segments.edit import Draft, create, delete, edit, restore, save
from loanhub.services.segments.preview import Preview, fields, leaf, preview, read_back
from loanhub.services.segments.view import (
    Membership,
    Segmented,
    SegmentRow,
    SegmentView,
    Share,
    list_segments,
    look,
    of_customer,
)

__all__ = [
    "Draft", "Membership", "Preview", "SegmentRow", "SegmentView", "Segmented", "Share", "count_day", "create", "delete", "edit",
    "fields", "leaf", "list_segments", "look", "of_customer", "preview", "read_back", "restore",
    "save",
]  # fmt: skip
