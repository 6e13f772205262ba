"""Usage: coverage_html.py FILE FOLDER. Write Slipcover's JSON as pages: an index, and a page for each file."""

import html
import json
import sys
from collections.abc import Collection
from pathlib import Path

_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; color-scheme: light dark }
table { border-collapse: collapse } td { padding: .1rem .8rem } td + td { text-align: right }
pre { overflow-x: auto } .run { border-left: 3px solid #2a9d5c }
.missed { border-left: 3px solid #d33; background: #d332 }
pre span { display: block; padding-left: .5rem }
"""


def main(report: Path, folder: Path) -> None:
    """Write the pages of a report into a folder."""
    files = json.loads(report.read_text("utf-8"))["files"]
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, file in sorted(files.items()):
        run, missed = file["executed_lines"], file["missing_lines"]
        page = f"{name.replace('/', '.')}.html"
        (folder / page).write_text(_page(name, _source(Path(name), run, missed)), "utf-8")
        rows.append(
            f'<tr><td><a href="{html.escape(page)}">{html.escape(name)}</a></td>{_cells(len(run), len(missed))}</tr>'
        )
    run, missed = (sum(len(file[key]) for file in files.values()) for key in ("executed_lines", "missing_lines"))
    head = "<tr><td>file</td><td>covered</td><td>lines missed</td></tr>"
    table = f"<table>{head}<tr><td>all files</td>{_cells(run, missed)}</tr>{''.join(rows)}</table>"
    (folder / "index.html").write_text(_page("Coverage", table), "utf-8")
    print(folder / "index.html")


def _cells(run: int, missed: int) -> str:
    return f"<td>{100 * run / max(1, run + missed):.1f} %</td><td>{missed}</td>"


def _source(path: Path, run: Collection[int], missed: Collection[int]) -> str:
    kinds = dict.fromkeys(run, "run") | dict.fromkeys(missed, "missed")
    lines = enumerate(path.read_text("utf-8").splitlines(), 1)
    marked = (f'<span class="{kinds.get(number, "")}">{number:5} {html.escape(line)}</span>' for number, line in lines)
    return f"<pre>{''.join(marked)}</pre>"


def _page(title: str, content: str) -> str:
    name = html.escape(title)
    return f"<!doctype html><meta charset=utf-8><title>{name}</title><style>{_STYLE}</style><h1>{name}</h1>{content}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
