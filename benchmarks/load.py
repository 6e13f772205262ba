"""Runs the Locust scenarios of tests/load against a service of its own, and prints what each route takes.

python -m benchmarks.load [--users 20] [--time 2m] [--json F] (make load-test)

The load comes from this machine, so both share the cores. The service trusts Locust as its proxy, which gives each
user an address of its own.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.operators import panel_cookie
from benchmarks.service import Service, service

_ROOT = Path(__file__).parents[1]
_LOCUST = _ROOT / ".venv/load/bin/locust"
_COLUMNS = ("Request Count", "Failure Count", "Requests/s", "50%", "95%", "Max Response Time")


def main() -> int:
    """Run, print, and return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--time", default="2m")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with service(TRUSTED_PROXIES="1") as running, tempfile.TemporaryDirectory() as folder:
        _locust(running, Path(folder), args.users, args.time)
        rows = _read(Path(folder) / "load_stats.csv")
    for row in rows:
        print(
            f"{row['Type']:5}{row['Name']:32}{row['Request Count']:>7} requests{row['Failure Count']:>5} failed"
            f"{float(row['Requests/s']):7.1f}/s   p50{row['50%']:>6} ms   p95{row['95%']:>6} ms"
        )
    print("load average:", " ".join(f"{load:.1f}" for load in os.getloadavg()))
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps([{name: row[name] for name in ("Type", "Name", *_COLUMNS)} for row in rows]))
    return int(any(int(row["Failure Count"]) for row in rows))


def _locust(running: Service, folder: Path, users: int, time: str) -> None:
    command: list[str | Path] = [
        _LOCUST,
        "-f",
        _ROOT / "tests/load/locustfile.py",
        "--host",
        running.url,
        "--own-addresses",
    ]
    bounds: list[str | Path] = ["--users", str(users), "--run-time", time, "--csv", folder / "load"]
    environment = {**os.environ, "LOAD_OPERATOR_COOKIE": panel_cookie(running.app)}
    # Locust itself ends with 1 where a request has failed, which the figures say as well.
    subprocess.run([*command, *bounds], cwd=_ROOT, env=environment, check=False, stdout=sys.stderr)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    sys.exit(main())
