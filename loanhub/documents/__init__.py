"""Documents: Chinese contracts, schedules, receipts and letters as PDF.

``render`` makes one, ``missing`` says what it still needs, ``to_json``/``from_json`` freeze its data,
``preview.page_image`` shows a page as a picture.
"""

from loanhub.documents.data import from_json, to_json
from loanhub.documents.render import render
from loanhub.documents.template import DocumentTemplate, get_template, missing

__all__ = ["DocumentTemplate", "from_json", "get_template", "missing", "render", "to_json"]
