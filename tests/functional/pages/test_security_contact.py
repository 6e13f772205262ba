"""/.well-known/security.txt says where to report a vulnerability."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from tests.functional.conftest import service_settings

from oriel.app import create_app
from oriel.infra.clock import now

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PATH = "/.well-known/security.txt"


def _fields(text: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.splitlines())


@pytest.mark.parametrize(
    ("settings", "contact"),
    [
        ({"security_contact": "security@example.com"}, "mailto:security@example.com"),
        ({"security_contact": "https://example.com/report"}, "https://example.com/report"),
        ({"operator_email": "ada@example.com"}, "mailto:ada@example.com"),
    ],
)
def test_a_report_goes_to_the_contact(
    database: str, valkey: str, tmp_path: Path, settings: dict[str, str], contact: str
) -> None:
    answer = create_app(service_settings(database, valkey, tmp_path, **settings)).test_client().get(PATH)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    fields = _fields(answer.text)
    assert fields["Contact"] == contact
    assert fields["Canonical"].endswith(PATH)
    # The RFC wants less than a year.
    assert timedelta(days=170) < datetime.fromisoformat(fields["Expires"]) - now() < timedelta(days=365)


def test_without_a_contact_there_is_no_such_file(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 404
