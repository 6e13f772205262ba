"""Recovery codes: shown once, used once."""

from collections.abc import Callable

from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select
from tests.functional.accounts.person import Mailbox, code_of, json_of
from tests.functional.accounts.second_factor import PATH, with_app
from tests.functional.caller import Caller

from oriel.accounts.models import RecoveryCode
from oriel.infra.database import db, writing
from oriel.infra.ids import secret_hash

Known = Callable[..., Caller]


def test_a_recovery_code_signs_in_once(known: Known, client: FlaskClient, mailbox: Mailbox) -> None:
    ada = with_app(known())
    assert len(set(ada.codes)) == 10
    assert ada.finish(client, recovery_code=ada.codes[0]).status_code == 200
    assert "You have 9 left." in mailbox.mails("recovery_code_used")[0].text
    assert json_of(ada.caller.get(PATH))["recovery_codes_left"] == 9
    assert code_of(ada.finish(client, recovery_code=ada.codes[0])) == (422, "INVALID_SECOND_FACTOR")


def test_a_code_has_120_bits(known: Known) -> None:
    # 24 letters and digits out of 32: a plain digest hides them, ASVS 6.5.2 wants 112 bits for that.
    assert {len(code.replace("-", "")) for code in with_app(known()).codes} == {24}


def test_a_shorter_code_from_before_still_works(app: APIFlask, known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    with app.app_context(), writing() as session:
        first = session.scalars(select(RecoveryCode)).first()
        assert first
        first.code_hash = secret_hash("k3vdm5xq7rtan2pw")
    assert ada.finish(client, recovery_code="k3vd-m5xq-7rta-n2pw").status_code == 200


def test_the_codes_are_stored_as_hashes(app: APIFlask, known: Known) -> None:
    ada = with_app(known())
    with app.app_context():
        stored = " ".join(db.session.scalars(select(RecoveryCode.code_hash)).all())
    assert not any(code in stored or code.replace("-", "") in stored for code in ada.codes)


def test_a_code_may_be_typed_as_it_is_read(known: Known, client: FlaskClient) -> None:
    ada = with_app(known())
    typed = ada.codes[0].upper().replace("-", " ").replace("O", "0").replace("L", "1")
    assert ada.finish(client, recovery_code=typed).status_code == 200


def test_a_code_of_somebody_else_is_refused(known: Known, client: FlaskClient) -> None:
    ada, eve = with_app(known()), with_app(known())
    assert code_of(ada.finish(client, recovery_code=eve.codes[0])) == (422, "INVALID_SECOND_FACTOR")
    assert json_of(eve.caller.get(PATH))["recovery_codes_left"] == 10


def test_new_codes_end_the_earlier_ones(known: Known, client: FlaskClient, mailbox: Mailbox) -> None:
    ada = with_app(known())
    fresh = json_of(ada.caller.post(f"{PATH}/recovery-codes"))["recovery_codes"]
    assert len(fresh) == 10
    assert not set(fresh) & set(ada.codes)
    assert code_of(ada.finish(client, recovery_code=ada.codes[0])) == (422, "INVALID_SECOND_FACTOR")
    assert ada.finish(client, recovery_code=fresh[0]).status_code == 200
    assert mailbox.mails("recovery_codes_created")


def test_codes_without_a_second_factor_would_replace_nothing(known: Known) -> None:
    assert code_of(known().post(f"{PATH}/recovery-codes")) == (409, "CONFLICT")


def test_the_last_code_is_said_to_be_the_last(known: Known, client: FlaskClient, mailbox: Mailbox) -> None:
    ada = with_app(known())
    for code in ada.codes:
        assert ada.finish(client, recovery_code=code).status_code == 200
    assert "It was the last one" in mailbox.mails("recovery_code_used")[0].text
    assert ada.log_in(client)["methods"] == ["code"]
