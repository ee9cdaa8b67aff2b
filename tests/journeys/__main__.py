"""All journeys over one served demo company: ``python -m tests.journeys``.

The pages are only looked at, so two workers share them; what changes the company, or measures how it moves, comes after
them, alone.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.journeys.served import VARIABLE, served

LOOKED_AT = "tests/journeys/test_pages.py"


def main() -> int:
    """Run both parts and return the first exit code that is not 0."""
    with served() as base:
        environment = {**os.environ, VARIABLE: base}
        codes = [
            subprocess.run([sys.executable, "-m", "pytest", *part], env=environment, check=False).returncode
            for part in (
                ["-n", "2", "--dist", "worksteal", LOOKED_AT],
                ["tests/journeys", f"--ignore={LOOKED_AT}"],
            )
        ]
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
