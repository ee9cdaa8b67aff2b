"""All journeys over the served demo company: ``python -m tests.journeys``.

Two workers, each with a browser and a company of its own: what one changes, or how busy it keeps its server, no other
sees. In what order they come stands in ``conftest.py``.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.journeys.served import VARIABLE, served

WORKERS = 2
PATIENCE = "LOANHUB_TEST_PATIENCE"
SIDE_BY_SIDE = 1.5
"""How many times longer an answer may take where two are waited for at once."""


def main() -> int:
    """Run the journeys and return pytest's exit code.

    What failed beside another worker is walked once more, alone: a journey through a real browser can be starved on a
    shared machine. Its first failure stays in the output, and one that fails alone too fails the run.
    """
    with served(WORKERS) as addresses:
        patience = float(os.environ.get(PATIENCE, "1")) * SIDE_BY_SIDE
        environment = {**os.environ, PATIENCE: str(patience), VARIABLE: " ".join(addresses)}
        command = [sys.executable, "-m", "pytest", "tests/journeys"]
        beside = ["-n", str(WORKERS), "--dist", "loadgroup", "--no-loadscope-reorder"]
        code = subprocess.run([*command, *beside], env=environment, check=False).returncode
        if code != pytest.ExitCode.TESTS_FAILED:
            return code
        print("· 再走一遍没走通的 (once more, alone, what failed)", flush=True)
        again = ["--last-failed", "--last-failed-no-failures", "none"]
        return subprocess.run([*command, *again], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
