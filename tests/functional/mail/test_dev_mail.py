"""The outbox as a mailbox: for this machine, in development."""

import re
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from pydantic import SecretStr
from tests.functional.conftest import service_settings
from tests.functional.mail.conftest import LETTER, Outbox

from oriel.app import create_app
from oriel.errors import InvalidConfiguration
from oriel.infra.mail.letter import Letter
from oriel.infra.mail.providers import open_providers
from oriel.settings import Settings

WITH_LINKS = Letter("Confirm", "<head></head><a href='https://o.example/c?t=1'>", "See https://o.example/c?t=1.\n")


def test_programs_find_the_links(client: FlaskClient, outbox: Outbox) -> None:
    outbox.write(letter=WITH_LINKS)
    outbox.dispatch()
    answer = client.get("/dev/mail.json").json
    assert answer
    (mail,) = answer
    assert mail.pop("sent_at").endswith("Z")
    assert mail == {
        "to": "ada@example.com",
        "subject": "Confirm",
        "text": "See https://o.example/c?t=1.\n",
        "links": ["https://o.example/c?t=1"],
    }


def test_the_newest_mail_comes_first(client: FlaskClient, outbox: Outbox) -> None:
    for about in "abc":
        outbox.write(about, to=f"{about}@example.com")
    answer = client.get("/dev/mail.json").json
    assert answer
    assert [mail["to"][0] for mail in answer] == ["c", "b", "a"]


def test_a_mail_can_be_looked_at(client: FlaskClient, outbox: Outbox) -> None:
    outbox.write(letter=WITH_LINKS)
    path = f"/dev/mail/{outbox.only().id}"
    assert path in client.get("/dev/mail").text
    page = client.get(path).text
    assert f'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" src="{path}/letter"' in page
    letter = client.get(f"{path}/letter")
    assert '<base target="_blank">' in letter.text
    assert "sandbox" in letter.headers["Content-Security-Policy"]
    assert "allow-scripts" not in page + letter.headers["Content-Security-Policy"]
    assert "script-src" not in letter.headers["Content-Security-Policy"]


def test_the_one_script_of_the_page_is_ours(client: FlaskClient, outbox: Outbox) -> None:
    outbox.write(letter=WITH_LINKS)
    page = client.get(f"/dev/mail/{outbox.only().id}")
    (named,) = re.findall(r"script-src ([^;]*)", page.headers["Content-Security-Policy"])
    assert named == "http://localhost/dev/mail.js"
    assert re.findall(r"<script[^>]*>", page.text) == ['<script src="/dev/mail.js" defer>']
    assert client.get(named, buffered=True).mimetype == "text/javascript"


def test_a_subject_cannot_put_anything_into_our_page(client: FlaskClient, outbox: Outbox) -> None:
    outbox.write(letter=Letter("<script>x</script>", LETTER.html, LETTER.text))
    for path in ("/dev/mail", f"/dev/mail/{outbox.only().id}"):
        page = client.get(path)
        assert "<script>" not in page.text
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"]


def test_a_mail_that_is_not_there(client: FlaskClient) -> None:
    assert client.get("/dev/mail/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/dev/mail", "/dev/mail.json", "/dev/mail/1", "/dev/mail/1/letter"])
def test_another_machine_sees_nothing(client: FlaskClient, path: str) -> None:
    assert client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404


def test_another_machine_behind_a_tunnel_sees_nothing(client: FlaskClient) -> None:
    assert client.get("/dev/mail.json", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.0.2.7:5000", "localhost@evil.example"])
def test_a_name_that_others_have_pointed_at_this_machine_opens_nothing(client: FlaskClient, host: str) -> None:
    assert client.get("/dev/mail.json", headers={"Host": host}).status_code == 404


@pytest.mark.parametrize("host", ["localhost:5000", "127.0.0.1:5000", "[::1]:5000", "studio.test"])
def test_our_own_names_do(app: APIFlask, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    named = app.config["ORIEL"].model_copy(update={"public_url": "https://studio.test"})
    monkeypatch.setitem(app.config, "ORIEL", named)
    assert app.test_client().get("/dev/mail.json", headers={"Host": host}).status_code == 200


def test_in_production_the_pages_do_not_exist(tmp_path: Path, valkey: str) -> None:
    app = create_app(
        service_settings(
            f"sqlite:///{tmp_path / 'oriel.sqlite3'}",
            valkey,
            tmp_path,
            oriel_env="production",
            public_url="https://oriel.example.com",
            sendgrid_api_key=SecretStr("SG.key"),
        )
    )
    assert not [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/dev")]
    assert app.test_client().get("/dev/mail.json").status_code == 404


def test_sendgrid_is_asked_first_and_smtp_is_the_backup() -> None:
    settings = Settings(_env_file=None, sendgrid_api_key=SecretStr("SG.key"), smtp_url=SecretStr("smtp://localhost"))
    assert open_providers(settings).names == ["sendgrid", "smtp"]


def test_without_a_provider_mail_stays_on_this_machine() -> None:
    assert open_providers(Settings(_env_file=None)).names == ["local"]


@pytest.mark.parametrize("sender", ["nobody", "Oriel <>", "a@example.com\r\nBcc: eve@example.com"])
def test_a_sender_that_is_no_address_is_refused(sender: str) -> None:
    with pytest.raises(InvalidConfiguration, match="MAIL_FROM"):
        open_providers(Settings(_env_file=None, mail_from=sender))
