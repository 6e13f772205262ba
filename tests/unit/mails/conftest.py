"""The day on which the letters are written: the year is said only where it is another one."""

from datetime import UTC, datetime

import pytest

TODAY = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oriel.mails.wording.now", lambda: TODAY)
