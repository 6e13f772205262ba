"""Database models of accounts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from oriel.accounts.scopes import Scope
from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id

ROLE_USER = "user"
ROLE_ADMIN = "admin"
# Sees everything in the admin panel and may do what harms nobody; see oriel.admin.actions.
ROLE_SUPPORT = "support"
STAFF_ROLES = (ROLE_ADMIN, ROLE_SUPPORT)


class User(Base):
    """A customer, or an operator."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    # In lower case: two spellings of one address are one account.
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16), default=ROLE_USER)
    email_verified_at: Mapped[datetime | None]
    # A new address that is not confirmed yet.
    pending_email: Mapped[str | None] = mapped_column(String(254))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_login_at: Mapped[datetime | None]
    # Its owner has asked for the deletion; a login before then keeps the account.
    deletion_due_at: Mapped[datetime | None] = mapped_column(index=True)
    # Since when its owner agrees to product analytics; None is no.
    analytics_since: Mapped[datetime | None]
    # An upload; uploads refer to users, so there is no foreign key back.
    avatar_id: Mapped[str | None] = mapped_column(String(26))

    __table_args__ = (Index(None, "created_at", "id"),)

    @property
    def email_verified(self) -> bool:
        """Whether the address has been confirmed."""
        return self.email_verified_at is not None

    @property
    def is_admin(self) -> bool:
        """Whether this is an operator with all rights."""
        return self.role == ROLE_ADMIN

    @property
    def is_staff(self) -> bool:
        """Whether this is an operator, also one who may only help."""
        return self.role in STAFF_ROLES


class UserSession(Base):
    """One login and its refresh tokens, of which only the newest is valid."""

    __tablename__ = "user_sessions"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # The ids (jti) of the valid refresh token and of the one before.
    refresh_id: Mapped[str] = mapped_column(String(26), default=new_id)
    previous_refresh_id: Mapped[str | None] = mapped_column(String(26))
    refreshed_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    # When a second factor was last checked in this session.
    second_factor_at: Mapped[datetime | None]

    # Whether this login has kept an account that was to be deleted; known to the request that logs in, not stored.
    has_kept_account = False

    __table_args__ = (Index(None, "user_id", "created_at"), Index(None, "expires_at"))


class PendingLogin(Base):
    """A login whose password was right and whose second factor is missing."""

    __tablename__ = "pending_logins"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AuthenticatorApp(Base):
    """The secret that an account shares with an authenticator app (TOTP, RFC 6238)."""

    __tablename__ = "authenticator_apps"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    # Encrypted: a copy of the database alone must not make codes.
    secret: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(default=now)
    # Null until a code from the app has confirmed the set-up.
    confirmed_at: Mapped[datetime | None]
    # The time step of the last accepted code; it and all earlier ones are refused.
    last_step: Mapped[int | None] = mapped_column(BigInteger)


class Passkey(Base):
    """A WebAuthn credential: a phone, a computer or a security key."""

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    # Both in base64url. An id has at most 1023 bytes.
    credential_id: Mapped[str] = mapped_column(String(1364), unique=True)
    public_key: Mapped[str] = mapped_column(Text)
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    transports: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "user_id", "created_at"),)


class PasskeyChallenge(Base):
    """A challenge that a passkey has to sign, once."""

    __tablename__ = "passkey_challenges"

    challenge: Mapped[str] = mapped_column(String(90), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(12))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class RecoveryCode(Base):
    """A code that replaces a second factor once; only its hash is stored."""

    __tablename__ = "recovery_codes"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "user_id", "code_hash", unique=True),)


class MailedSecret:
    """A single-use secret in an email, valid for a while; only its hash is stored."""

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class PasswordResetToken(MailedSecret, Base):
    """The secret of a password reset link."""

    __tablename__ = "password_reset_tokens"


class PasswordResetRequest(Base):
    """A request for a reset link, for any address; the clock process answers it."""

    __tablename__ = "password_reset_requests"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")


class EmailToken(MailedSecret, Base):
    """The secret of a link that confirms an address."""

    __tablename__ = "email_tokens"

    email: Mapped[str] = mapped_column(String(254))

    __table_args__ = (Index(None, "email", "created_at"),)


class ApiKey(Base):
    """A secret for programs, shown once when it is created."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    # The first characters, so that its owner recognises it.
    prefix: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON, default=lambda: list(map(str, Scope)))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "user_id", "created_at"),)


class MutedNotification(Base):
    """A kind of notification that a user has switched off; see notifications.py."""

    __tablename__ = "muted_notifications"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(20), primary_key=True)


class LoginDelay(Base):
    """The failures, and the resulting block, of an account or a network address."""

    __tablename__ = "login_delays"

    # Such as "account:<hash>" or "address:<hash>"; see delays.py.
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_failure_at: Mapped[datetime] = mapped_column(index=True)
    blocked_until: Mapped[datetime | None]


class Activity(Base):
    """A line of an account's activity log, for its owner and for us after a theft."""

    __tablename__ = "activities"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(default=now)
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (Index(None, "user_id", "at"),)
