"""What a timeline draws by itself is no look at a document: only opening one is written into the access log."""

from __future__ import annotations

import re

from loanhub.pages._customer_tabs import happenings


def test_pictures_of_the_timeline_are_thumbnails_and_open_on_a_click() -> None:
    drawn = str(happenings().render())

    pictures = re.findall(r"'name': '\"img\"', 'props': (.*?)'children'", drawn)
    assert pictures, "pictures are drawn"
    assert all("thumb=1" in one and "preview=1" not in one for one in pictures)
    assert "preview=1" in drawn, "a click opens the document itself"
