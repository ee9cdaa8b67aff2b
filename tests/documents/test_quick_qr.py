"""The quick QR codes are segno's own, whatever was made before them."""

import random
from itertools import groupby

import segno

from loanhub.documents.quick_qr import qr_modules


def drawn(url: str) -> tuple[int, str]:
    """Return what segno makes of an address on its own, module by module."""
    matrix = segno.make(url, error="m", micro=False, mask=0).matrix
    runs = []
    for row, modules in enumerate(reversed(matrix)):
        column = 0
        for dark, run in groupby(modules):
            length = len(list(run))
            if dark:
                runs.append(f"{column} {row} {length} 1 re")
            column += length
    return len(matrix), " ".join(runs)


def test_a_code_put_together_of_others_is_the_one_segno_makes() -> None:
    chance = random.Random(6)
    for number in range(40):
        url = f"https://loanhub.example/verify/DT-JK-20260115-{chance.randrange(10**5):05d}"
        assert qr_modules(url) == drawn(url), f"the {number + 1}th: {url}"


def test_an_address_unlike_the_first_of_its_length_is_made_alone() -> None:
    for url in (
        "https://a.example/" + "x" * 30,
        "https://b.example/" + "".join(map(chr, range(97, 122))) + "yyyyy",
    ):
        assert qr_modules(url) == drawn(url)


def test_other_scripts_and_lengths_are_made_too() -> None:
    for url in ("https://贷通.example/1", "https://x.example/" + "z" * 400):
        assert qr_modules(url) == drawn(url)
