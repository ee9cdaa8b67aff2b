from __future__ import annotations

import threading

from sqlalchemy.engine import Engine

from loanhub.services._numbering import current_number, next_number
from loanhub.services._transaction import reading, transaction


class TestNextNumber:
    def test_counts_from_one_without_gaps(self, database: Engine) -> None:
        numbers = []
        for _ in range(3):
            with transaction() as db:
                numbers.append(next_number(db, "lead:20261121"))

        assert numbers == [1, 2, 3]

    def test_gives_a_number_back_when_the_use_case_fails(self, database: Engine) -> None:
        try:
            with transaction() as db:
                next_number(db, "x")
                raise RuntimeError
        except RuntimeError:
            pass

        with transaction() as db:
            assert next_number(db, "x") == 1

    def test_gives_no_number_twice_to_twenty_at_once(self, database: Engine) -> None:
        numbers: list[int] = []

        def take() -> None:
            with transaction() as db:
                numbers.append(next_number(db, "y"))

        threads = [threading.Thread(target=take) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(numbers) == list(range(1, 21))
        with reading() as db:
            assert current_number(db, "y") == 20

    def test_reserves_a_range(self, database: Engine) -> None:
        with transaction() as db:
            assert next_number(db, "z", count=500) == 1
            assert next_number(db, "z") == 501
