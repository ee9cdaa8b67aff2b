"""The reader's name over what goes out: drawn whatever the process did before."""

from loanhub.documents.typeface import font_file
from loanhub.services.files import watermark


def test_is_drawn_after_documents_were_set_in_the_same_process() -> None:
    font_file("H")

    assert watermark._sheet(400, 600, "闻正 2026-11-22").startswith(b"%PDF")
