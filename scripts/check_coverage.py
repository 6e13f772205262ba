"""Usage: check_coverage.py FILE. Fail where the tests run too few of our lines, by Slipcover's JSON."""

import json
import sys
from pathlib import Path

# Percent of the lines: everything, and the parts in which a fault costs money or a customer's video.
AT_LEAST = {"": 80.0, "accounts/": 90.0, "billing/": 90.0, "rendering/": 90.0}

files = json.loads(Path(sys.argv[1]).read_text())["files"]
failed = False
for part, wanted in AT_LEAST.items():
    chosen = [file for name, file in files.items() if name.startswith(f"src/oriel/{part}")]
    run = sum(len(file["executed_lines"]) for file in chosen)
    missed = sum(len(file["missing_lines"]) for file in chosen)
    reached = 100 * run / max(1, run + missed)
    failed |= reached < wanted
    print(f"coverage of src/oriel/{part:12} {reached:5.1f} %  (at least {wanted:.0f} %)")
sys.exit(failed)
