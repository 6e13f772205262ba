"""Authenticator apps: codes of six digits that change every 30 seconds (TOTP, RFC 6238)."""

import io
from dataclasses import dataclass
from datetime import timedelta

import pyotp
import segno
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from oriel.accounts.models import AuthenticatorApp, User
from oriel.errors import Conflict, WrongSecondFactor
from oriel.infra.clock import now
from oriel.infra.encryption import decrypt, encrypt

APP_NAME = "Authenticator app"
SETUP_LIFE = timedelta(minutes=30)

_ISSUER = "Oriel"
_STEP_S = 30
# The clock of a phone may be wrong by one step.
_DRIFT = (0, -1, 1)


@dataclass(frozen=True)
class Setup:
    """What an authenticator app needs: the secret as text, as an address, and that address as a QR code (SVG)."""

    secret: str
    uri: str
    qr_svg: str


def start_setup(session: Session, user: User) -> Setup:
    """Store a new secret that waits for its first code; raise Conflict if the account has an app."""
    app = session.get(AuthenticatorApp, user.id) or AuthenticatorApp(user_id=user.id)
    if app.confirmed_at:
        raise Conflict("Your account already has an authenticator app. Remove it before you set up another one.")
    secret = pyotp.random_base32()
    app.secret, app.created_at = encrypt(secret, _purpose(user.id)), now()
    session.add(app)
    return _setup(user, secret)


def waiting_setup(session: Session, user: User) -> Setup | None:
    """Return the set-up that waits for its first code, for a page that is shown again; None where there is none."""
    app = session.get(AuthenticatorApp, user.id)
    if app is None or app.confirmed_at or app.created_at < now() - SETUP_LIFE:
        return None
    return _setup(user, decrypt(app.secret, _purpose(user.id)))


def confirm_setup(session: Session, user_id: str, code: str) -> None:
    """Accept the first code of a new app; raise WrongSecondFactor, and Conflict if no set-up is waiting."""
    app = session.get(AuthenticatorApp, user_id)
    if app is None or app.confirmed_at or app.created_at < now() - SETUP_LIFE:
        raise Conflict("No set-up is waiting for a code. Please start it again.")
    step = _step_of(app, code)
    if step is None:
        raise WrongSecondFactor(
            "This code is wrong. Enter the one that your app shows now, and check the clock of your phone."
        )
    app.confirmed_at, app.last_step = now(), step


def use_code(session: Session, user_id: str, code: str) -> None:
    """Accept a code once; raise WrongSecondFactor."""
    app = session.get(AuthenticatorApp, user_id)
    step = _step_of(app, code) if app and app.confirmed_at else None
    if step is None:
        raise WrongSecondFactor("This code is wrong. Enter the one that your app shows now.")
    is_newer = or_(AuthenticatorApp.last_step.is_(None), AuthenticatorApp.last_step < step)
    accepted = update(AuthenticatorApp).where(AuthenticatorApp.user_id == user_id, is_newer).values(last_step=step)
    # Of two requests with one code, the second one finds the step taken.
    if session.scalar(accepted.returning(AuthenticatorApp.user_id)) is None:
        raise WrongSecondFactor("This code was already used. Wait until your app shows the next one.")


def app_of(session: Session, user_id: str) -> AuthenticatorApp | None:
    """Return an account's app; None if there is none or its set-up is not confirmed."""
    query = select(AuthenticatorApp).where(AuthenticatorApp.user_id == user_id)
    return session.scalar(query.where(AuthenticatorApp.confirmed_at.is_not(None)))


def _setup(user: User, secret: str) -> Setup:
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=_ISSUER)
    return Setup(secret, uri, _qr_svg(uri))


def _qr_svg(text: str) -> str:
    picture = io.BytesIO()
    # White around the code, which cameras need on a dark page.
    segno.make(text, error="m").save(picture, kind="svg", xmldecl=False, scale=4, border=4, light="#fff")
    return picture.getvalue().decode()


def _step_of(app: AuthenticatorApp, code: str) -> int | None:
    """Return the time step to which a code belongs, of those around now."""
    totp = pyotp.TOTP(decrypt(app.secret, _purpose(app.user_id)))
    current = int(now().timestamp()) // _STEP_S
    steps = (current + drift for drift in _DRIFT)
    return next((step for step in steps if pyotp.utils.strings_equal(totp.generate_otp(step), code)), None)


def _purpose(user_id: str) -> str:
    # With the id in it, a secret that is copied to another account's row cannot be read there.
    return f"authenticator app of {user_id}"
