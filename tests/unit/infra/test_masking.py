"""No password is shown."""

import pytest

from oriel.infra.masking import without_password


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://u:pw@h:5432/x", "postgresql://u:***@h:5432/x"),
        ("postgresql://u:p@w/d@h/x", "postgresql://u:***@h/x"),
        ("postgresql://h/x?user=u&password=pw&sslmode=require", "postgresql://h/x?user=u&password=***&sslmode=require"),
        ("redis://:pw@h:6379/0", "redis://:***@h:6379/0"),
        ("u:pw@h", "u:***@h"),
        ("redis://h:6379/0", "redis://h:6379/0"),
        ("redis://u@h:6379/0", "redis://u@h:6379/0"),
        ("sqlite:////srv/a@b.sqlite3", "sqlite:////srv/a@b.sqlite3"),
        ("foo", "foo"),
    ],
)
def test_a_password_is_not_shown(address: str, shown: str) -> None:
    assert without_password(address) == shown
