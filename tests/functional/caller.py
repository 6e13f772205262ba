"""A customer of the tests: remembers the token and speaks JSON."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from oriel.accounts.models import ROLE_USER, ApiKey, Passkey, User, UserSession
from oriel.accounts.scopes import Scope
from oriel.accounts.tokens import REFRESH_LIFE, access_token
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.infra.ids import new_secret, secret_hash

_numbers = itertools.count(1)


@dataclass
class Caller:
    """Sends requests as one user; `session_id` is that of a login made beside the routes, which cost a hash each."""

    client: FlaskClient
    user_id: str
    email: str
    session_id: str
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def registered(cls, app: APIFlask, *, confirmed: bool = True, role: str = ROLE_USER) -> "Caller":
        """Make a user with a session; operators have signed in with a second factor."""
        with app.app_context():
            with writing() as session:
                user = User(
                    email=f"user{next(_numbers)}@example.com",
                    password_hash="nobody logs in with this",  # noqa: S106
                    role=role,
                    email_verified_at=now() if confirmed else None,
                )
                session.add(user)
                session.flush()
                proved_at = None if role == ROLE_USER else now()
                login = UserSession(user_id=user.id, expires_at=now() + REFRESH_LIFE, second_factor_at=proved_at)
                session.add(login)
            headers = {"Authorization": f"Bearer {access_token(user.id, login.id)}"}
            return cls(app.test_client(), user.id, user.email, login.id, headers)

    def refresh(self) -> None:
        """Get a token for now: tests move the clock further than a token lives."""
        with self.client.application.app_context():
            self.headers["Authorization"] = f"Bearer {access_token(self.user_id, self.session_id)}"

    def key(self, *scopes: Scope) -> tuple[str, str]:
        """Make an API key beside the routes, which cost a hash, with these scopes or all; return its id and secret."""
        secret = new_secret()
        with self.client.application.app_context(), writing() as session:
            key = ApiKey(user_id=self.user_id, name="For a script", prefix=secret[:12], secret_hash=secret_hash(secret))
            if scopes:
                key.scopes = list(map(str, scopes))
            session.add(key)
            session.flush()
            return key.id, secret

    def passkey(self) -> str:
        """Add a passkey beside the routes, as if it had just been used in this session; return its id."""
        with self.client.application.app_context(), writing() as session:
            passkey = Passkey(user_id=self.user_id, name="Key ring", credential_id=new_secret(), public_key="")
            session.add(passkey)
            session.get_one(UserSession, self.session_id).second_factor_at = now()
            session.flush()
            return passkey.id

    def get(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401
        return self._send("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401
        return self._send("POST", path, **options)

    def put(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401
        return self._send("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401
        return self._send("PATCH", path, **options)

    def head(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401
        return self._send("HEAD", path, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:  # noqa: ANN401
        return self._send("DELETE", path, **options)

    def _send(self, method: str, path: str, **options: Any) -> TestResponse:  # noqa: ANN401
        headers = {**self.headers, **options.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **options)
