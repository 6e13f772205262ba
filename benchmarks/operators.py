"""An operator for benchmarks: signed in to the panel, without the price of a password and a second factor."""

from apiflask import APIFlask
from flask.sessions import SecureCookieSessionInterface

from oriel.accounts.models import ROLE_ADMIN, AuthenticatorApp, User, UserSession
from oriel.accounts.tokens import REFRESH_LIFE
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.infra.ids import new_id


def panel_cookie(app: APIFlask) -> str:
    """Make an operator with a session of the panel; return the Cookie header of its browser."""
    with app.app_context(), writing() as session:
        user = User(email=f"operator-{new_id()}@example.com", password_hash=new_id(), role=ROLE_ADMIN)
        session.add(user)
        session.flush()
        login = UserSession(user_id=user.id, expires_at=now() + REFRESH_LIFE, second_factor_at=now())
        session.add_all([login, AuthenticatorApp(user_id=user.id, secret=new_id(), confirmed_at=now())])
        session.flush()
        named = {"session": login.id}
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(named)}"
