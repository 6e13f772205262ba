"""Passkeys: keys in a phone, a computer or a security key that sign a challenge of ours (WebAuthn)."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, generate_challenge, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from oriel.accounts.models import Passkey, PasskeyChallenge, User
from oriel.errors import Conflict, NotFound, WrongSecondFactor
from oriel.infra.clock import now
from oriel.settings import Settings

MOST_PASSKEYS = 10
CHALLENGE_LIFE = timedelta(minutes=10)

_TIMEOUT_MS = 120_000
# The library checks no types within the JSON and the CBOR that a browser sends.
_MALFORMED = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError)
_TITLE = "Oriel"


class Purpose(StrEnum):
    """What a challenge was made for."""

    REGISTER = "register"
    CHECK = "check"


def registration_options(session: Session, user: User) -> dict[str, Any]:
    """Return the options for `navigator.credentials.create()`; raise Conflict beyond ten passkeys."""
    _refuse_too_many(session, user.id)
    options = generate_registration_options(
        rp_id=_relying_party()[0],
        rp_name=_TITLE,
        user_id=user.id.encode(),
        user_name=user.email,
        user_display_name=user.name or user.email,
        challenge=_new_challenge(session, user.id, Purpose.REGISTER),
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        # The same device twice would look like two ways in.
        exclude_credentials=_descriptors(session, user.id),
    )
    return options_to_json_dict(options)


def register_passkey(session: Session, user_id: str, name: str, credential: Mapping[str, Any]) -> Passkey:
    """Add the credential that a browser made; raise WrongSecondFactor, and Conflict beyond ten passkeys."""
    _refuse_too_many(session, user_id)
    rp_id, origin = _relying_party()
    try:
        verified = verify_registration_response(
            credential=dict(credential),
            expected_challenge=_take_challenge(session, user_id, Purpose.REGISTER, credential),
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=False,
        )
    except _MALFORMED as error:
        raise WrongSecondFactor("This passkey could not be added. Please try again.") from error
    credential_id = bytes_to_base64url(verified.credential_id)
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == credential_id)):
        raise Conflict("This passkey is already in use. Choose another device or security key.")
    passkey = Passkey(
        user_id=user_id,
        name=name,
        credential_id=credential_id,
        public_key=bytes_to_base64url(verified.credential_public_key),
        sign_count=verified.sign_count,
        transports=list(credential["response"].get("transports") or []),
    )
    session.add(passkey)
    session.flush()
    return passkey


def check_options(session: Session, user_id: str) -> dict[str, Any]:
    """Return the options for `navigator.credentials.get()`; raise Conflict if the account has no passkey."""
    known = _descriptors(session, user_id)
    if not known:
        raise Conflict("Your account has no passkey.")
    options = generate_authentication_options(
        rp_id=_relying_party()[0],
        challenge=_new_challenge(session, user_id, Purpose.CHECK),
        timeout=_TIMEOUT_MS,
        allow_credentials=known,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json_dict(options)


def use_passkey(session: Session, user_id: str, answer: Mapping[str, Any]) -> None:
    """Accept the answer to a challenge, once; raise WrongSecondFactor."""
    rp_id, origin = _relying_party()
    query = select(Passkey).where(Passkey.user_id == user_id, Passkey.credential_id == answer["id"])
    passkey = session.scalar(query.with_for_update())
    try:
        challenge = _take_challenge(session, user_id, Purpose.CHECK, answer)
        if passkey is None:
            raise ValueError("the account has no such passkey")
        verified = verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
        )
    except _MALFORMED as error:
        raise WrongSecondFactor("This passkey was not accepted. Please try again.") from error
    passkey.sign_count, passkey.last_used_at = verified.new_sign_count, now()


def passkeys_of(user_id: str) -> Select[Passkey]:
    """Return the query for a user's passkeys, oldest first."""
    return select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.created_at, Passkey.id)


def own_passkey(session: Session, user_id: str, passkey_id: str) -> Passkey:
    """Return one of a user's passkeys; raise NotFound."""
    passkey = session.get(Passkey, passkey_id)
    if passkey is None or passkey.user_id != user_id:
        raise NotFound("There is no such passkey.")
    return passkey


def _relying_party() -> tuple[str, str]:
    """Return the id and the origin for which passkeys are made: those of PUBLIC_URL."""
    settings: Settings = current_app.config["ORIEL"]
    parts = urlsplit(settings.base_url)
    host, netloc = parts.hostname or "", parts.netloc
    if host == "127.0.0.1":
        # Browsers make no passkeys for an IP address. This one has a name.
        host, netloc = "localhost", netloc.replace("127.0.0.1", "localhost")
    return host, f"{parts.scheme}://{netloc}"


def _new_challenge(session: Session, user_id: str, purpose: Purpose) -> bytes:
    challenge = generate_challenge()
    row = PasskeyChallenge(
        challenge=bytes_to_base64url(challenge),
        user_id=user_id,
        purpose=str(purpose),
        expires_at=now() + CHALLENGE_LIFE,
    )
    session.add(row)
    return challenge


def _take_challenge(session: Session, user_id: str, purpose: Purpose, answer: Mapping[str, Any]) -> bytes:
    """Delete the challenge that an answer is about, and return it; raise ValueError if we did not ask for it."""
    signed = parse_client_data_json(base64url_to_bytes(answer["response"]["clientDataJSON"])).challenge
    ours = (
        PasskeyChallenge.challenge == bytes_to_base64url(signed),
        PasskeyChallenge.user_id == user_id,
        PasskeyChallenge.purpose == str(purpose),
    )
    taken = delete(PasskeyChallenge).where(*ours).returning(PasskeyChallenge.expires_at)
    expires_at = session.scalar(taken)
    if expires_at is None or expires_at <= now():
        raise ValueError("the challenge is unknown, used or expired")
    return signed


def _descriptors(session: Session, user_id: str) -> list[PublicKeyCredentialDescriptor]:
    known = {transport.value for transport in AuthenticatorTransport}
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(passkey.credential_id),
            transports=[AuthenticatorTransport(name) for name in passkey.transports if name in known],
        )
        for passkey in session.scalars(passkeys_of(user_id))
    ]


def _refuse_too_many(session: Session, user_id: str) -> None:
    count = session.scalar(select(func.count()).where(Passkey.user_id == user_id)) or 0
    if count >= MOST_PASSKEYS:
        raise Conflict(
            f"You have {MOST_PASSKEYS} passkeys, which is the limit. Remove one that you no longer use.",
            most=MOST_PASSKEYS,
        )
