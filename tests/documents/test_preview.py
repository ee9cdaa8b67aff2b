"""Pages as pictures."""

import io

import pytest
from PIL import Image

from loanhub.documents import get_template, render
from loanhub.documents.preview import NoSuchPage, page_count, page_image
from loanhub.documents.render import SAMPLE_COMPANY


@pytest.fixture(scope="module")
def contract() -> bytes:
    return render("loan_contract", get_template("loan_contract").sample, company=SAMPLE_COMPANY)


class TestPageImage:
    def test_shows_an_a4_page_with_ink_in_the_type_area_and_none_in_the_margins(self, contract):
        picture = Image.open(io.BytesIO(page_image(contract, 2, dpi=72))).convert("L")

        width, height = picture.size
        assert (width, height) == (596, 842)
        ink = Image.eval(picture, lambda value: 255 if value < 128 else 0)
        assert ink.getbbox() is not None
        left, top, right, bottom = ink.crop((0, 0, width - 10, height)).getbbox()
        assert left >= 70
        assert top >= 40
        assert right <= width - 60
        assert bottom <= height - 30

    @pytest.mark.parametrize("page", [0, -1, 99])
    def test_refuses_a_page_that_is_not_there(self, contract, page):
        with pytest.raises(NoSuchPage):
            page_image(contract, page)

    def test_bounds_the_resolution(self, contract):
        picture = Image.open(io.BytesIO(page_image(contract, 1, dpi=100_000)))

        assert picture.size[0] < 2000


class TestPageCount:
    def test_counts(self, contract):
        assert page_count(contract) >= 4
