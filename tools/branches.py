#!/usr/bin/env python3
"""Say how many of the controllers' branches tests execute, where they may touch nothing.

    tools/branches.py

Every decision is watched in these tests (ichor.testing.purity), and what no test executes is not
proven pure. Fails below LEAST percent of the branches. Branches never taken are printed.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

LEAST = 90
SOURCE = "src/ichor/controllers"
TESTS = ("tests/controllers", "tests/conformance/test_product.py", "tests/join")
UNIT = "not root and not cluster and not interop and not vm"


def coverage(directory: str, *words: str) -> None:
    argv = [sys.executable, "-m", "coverage", *words]
    env = {**os.environ, "COVERAGE_FILE": f"{directory}/data"}
    done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout[-4000:] + f"{argv[3]} ended with {done.returncode}")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        pytest = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", UNIT, *TESTS)
        coverage(directory, "run", "--branch", f"--source={SOURCE}", *pytest)
        report = Path(directory) / "report.json"
        coverage(directory, "json", "-q", "-o", str(report))
        found = json.loads(report.read_text())
    for name, file in sorted(found["files"].items()):
        missing = ", ".join(f"{a} to {b}" for a, b in file["missing_branches"])
        if missing:
            print(f"{name}: {missing}")
    totals = found["totals"]
    percent = 100 * totals["covered_branches"] / totals["num_branches"]
    covered = f"{totals['covered_branches']} of {totals['num_branches']} branches ({percent:.1f} %)"
    print(f"{SOURCE}: {covered} executed, at least {LEAST} % are to be")
    if percent < LEAST:
        sys.exit(1)


if __name__ == "__main__":
    main()
