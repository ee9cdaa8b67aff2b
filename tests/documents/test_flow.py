"""Where pages end."""

from loanhub.documents.flow import Box, break_pages


def shape(boxes, height=100.0):
    return [[box.title for _, box, repeated in page if not repeated] for page in break_pages(boxes, height)]


def box(title, height=30.0, **options):
    return Box(height, title=title, **options)


class TestBreakPages:
    def test_fills_a_page_before_the_next(self):
        assert shape([box("a"), box("b"), box("c"), box("d")]) == [["a", "b", "c"], ["d"]]

    def test_takes_a_heading_along_with_its_text(self):
        assert shape([box("a"), box("b"), box("head", keep=True), box("text")]) == [
            ["a", "b"],
            ["head", "text"],
        ]

    def test_begins_a_new_page_where_told(self):
        assert shape([box("a"), box("annex", new_page=True)]) == [["a"], ["annex"]]

    def test_repeats_the_head_of_a_table_on_each_page(self):
        head = box("head", 10.0, keep=True)
        rows = [box(str(number), head=head) for number in range(7)]

        pages = break_pages([head, *rows], 100.0)

        assert [[b.title for _, b, _ in page] for page in pages] == [
            ["head", "0", "1", "2"],
            ["head", "3", "4", "5"],
            ["head", "6"],
        ]
        assert [page[0][2] for page in pages] == [False, True, True]

    def test_drops_the_room_above_at_the_head_of_a_page(self):
        pages = break_pages([box("a", 90.0), box("b", 90.0, space=20.0)], 100.0)

        assert pages[1][0][0] == 0.0

    def test_divides_a_chain_longer_than_a_page(self):
        assert len(shape([box(str(n), keep=True) for n in range(9)])) == 3

    def test_loses_and_repeats_nothing(self):
        boxes = [box(str(n), 7.0 + n % 5 * 9, keep=n % 3 == 0, space=n % 4) for n in range(60)]

        assert [title for page in shape(boxes) for title in page] == [str(n) for n in range(60)]
