"""The figures for Prometheus, and who sees them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from pydantic import SecretStr

from oriel.infra.metrics_folder import FOLDER

TOKEN = "metrics-token-for-tests"  # noqa: S105


@pytest.fixture
def with_token(app: APIFlask) -> Iterator[None]:
    """A service whose figures want a token."""
    kept = app.config["ORIEL"]
    app.config["ORIEL"] = kept.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    yield
    app.config["ORIEL"] = kept


def test_this_machine_sees_the_figures(client: FlaskClient) -> None:
    client.get("/health")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert 'oriel_requests_total{method="GET",route="/health",status="200"}' in answer.text
    assert "oriel_queue_oldest_seconds 0.0" in answer.text


def test_renders_and_mails_are_counted(client: FlaskClient) -> None:
    client.post("/api/auth/register", json={"email": "ada@example.com", "password": "tuba lantern violet"})
    assert 'oriel_mails{state="waiting"} 1.0' in client.get("/metrics").text


def test_another_machine_sees_none(client: FlaskClient) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_who_comes_through_a_proxy_on_this_machine_sees_none(client: FlaskClient, header: str) -> None:
    assert client.get("/metrics", headers={header: "192.0.2.1"}).status_code == 404


@pytest.mark.usefixtures("with_token")
def test_the_token_shows_them_to_any_machine(client: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "192.0.2.1"}
    assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 200


@pytest.mark.usefixtures("with_token")
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer another"}, {"Authorization": "Bearer é"}])
def test_without_the_token_not_even_this_machine_sees_them(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/metrics", headers=headers).status_code == 404


def test_where_the_counts_of_all_are_gone_those_of_this_process_are_told(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client.get("/health")
    monkeypatch.setenv(FOLDER, str(tmp_path / "gone"))
    assert 'oriel_requests_total{method="GET",route="/health",status="200"}' in client.get("/metrics").text
