"""The objects of a PDF file, numbered and put one behind the other, with the table that says where each lies."""

from collections.abc import Callable
from hashlib import blake2b

CATALOG, INFO = 1, 3
"""The two objects a file's trailer names."""


class Objects:
    """The objects of one document behind the shared ones, numbered as they come."""

    def __init__(self, first: int, start: int) -> None:
        self._next, self._place = first, start
        self._out: list[bytes] = []
        self._offsets: dict[int, int] = {}

    def reserve(self) -> int:
        """Return a number for an object to come."""
        number = self._next
        self._next += 1
        return number

    def put(self, number: int, content: bytes) -> None:
        """Write an object under its number."""
        line = b"%d 0 obj\n%s\nendobj\n" % (number, content)
        self._offsets[number] = self._place
        self._place += len(line)
        self._out.append(line)

    def add(self, content: bytes) -> int:
        """Write an object and return its number."""
        number = self.reserve()
        self.put(number, content)
        return number

    def many(self, make: Callable[[int], list[bytes]]) -> int:
        """Write objects that name each other by number, and return the number of the first."""
        first = self._next
        for content in make(first):
            self.add(content)
        return first

    def file(self, shared: bytes, offsets: dict[int, int]) -> bytes:
        """Return the whole file."""
        known = {**offsets, **self._offsets}
        own = blake2b(b"".join(self._out), digest_size=16).hexdigest()  # PDF/A asks for a name of the file
        table = "".join([f"{known[number]:010d} 00000 n \n" for number in range(1, self._next)])
        return b"".join(
            [
                shared, *self._out, b"xref\n0 %d\n0000000000 65535 f \n" % self._next, table.encode(),
                b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n"
                % (self._next, CATALOG, INFO, own.encode(), own.encode(), self._place),
            ]
        )  # fmt: skip
