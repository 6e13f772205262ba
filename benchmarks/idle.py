"""What an idle `oriel up` takes: memory (PSS) and CPU time of each of its processes, over a minute (Linux)."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.processes import descendants

_MB = 1_000_000
_START_S = 180.0
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Start a service on an empty folder, let it settle, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--settle", type=float, default=30.0, help="seconds before the measurement")
    parser.add_argument("--port", type=int, default=5993)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="oriel-idle-") as folder:
        command = [sys.executable, "-m", "oriel", "up", "--port", str(chosen.port), "--data", f"{folder}/data"]
        up = subprocess.Popen(command, start_new_session=True)
        try:
            _wait_for(chosen.port)
            time.sleep(chosen.settle)
            figures = measure(up.pid, chosen.seconds)
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(60)
    _show(figures)
    if chosen.json:
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        chosen.json.write_text(json.dumps(figures, indent=2))
    return 0


def measure(supervisor: int, seconds: float) -> dict[str, Any]:
    """Return the figures of each process below this one, and of all together."""
    before = _cpu_seconds()
    time.sleep(seconds)
    after = _cpu_seconds()
    processes: list[dict[str, Any]] = []
    for pid, cpu in after.items():
        used = cpu - before.get(pid, 0.0)
        share = 100 * used / seconds
        processes.append({"name": _name(pid, supervisor), "pss_mb": _pss(pid) / _MB, "cpu_percent": share})
    processes.sort(key=lambda row: -float(row["pss_mb"]))
    return {
        "pss_mb": sum(row["pss_mb"] for row in processes),
        "cpu_percent": sum(row["cpu_percent"] for row in processes),
        "processes": processes,
    }


def _cpu_seconds() -> dict[int, float]:
    return {pid: ms / 1000 for pid, ms in descendants().items() if pid != os.getpid()}


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def _name(pid: int, supervisor: int) -> str:
    if pid == supervisor:
        return "supervisor"
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "ended"
    if "gunicorn" in words:
        return "web"
    if "oriel" in words:
        return words[words.index("oriel") + 1]
    return Path(words[0]).name


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The service did not start.")


def _show(figures: dict[str, Any]) -> None:
    for row in [*figures["processes"], {"name": "all", **figures}]:
        print(f"{row['name']:12} {row['pss_mb']:7.1f} MB  {row['cpu_percent']:5.2f} % of a core")


if __name__ == "__main__":
    sys.exit(main())
