"""The `flask` command finds the application from the project's folder."""

from pathlib import Path

import pytest
from flask.cli import ScriptInfo

_PROJECT = Path(__file__).parents[2]


def test_flask_needs_no_app_option(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(_PROJECT)
    monkeypatch.delenv("FLASK_APP", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'oriel.sqlite3'}")
    app = ScriptInfo().load_app()
    assert "upgrade" in app.cli.commands["db"].commands  # type: ignore[attr-defined]
