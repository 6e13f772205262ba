"""Database models of accounts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from oriel.infra.clock import now
from oriel.infra.database import Base
from oriel.infra.ids import new_id

ROLE_USER = "user"
ROLE_ADMIN = "admin"


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
    # The new address of somebody who is changing it, until it is confirmed.
    pending_email: Mapped[str | None] = mapped_column(String(254))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_login_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "created_at", "id"),)

    @property
    def email_verified(self) -> bool:
        """Whether the address has been confirmed."""
        return self.email_verified_at is not None

    @property
    def is_admin(self) -> bool:
        """Whether this is an operator."""
        return self.role == ROLE_ADMIN


class UserSession(Base):
    """One login, from which a family of refresh tokens descends: only the youngest is good."""

    __tablename__ = "user_sessions"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # Names (jti) of the refresh token that is good now, and of the one that it replaced.
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

    __table_args__ = (Index(None, "user_id", "created_at"), Index(None, "expires_at"))


class MailedSecret:
    """The secret of a mail, good once and for a while; only its hash is kept."""

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class PasswordResetToken(MailedSecret, Base):
    """By which a password is set anew."""

    __tablename__ = "password_reset_tokens"


class PasswordResetRequest(Base):
    """Somebody asked for a reset link for an address, which may be nobody's; the clock answers."""

    __tablename__ = "password_reset_requests"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")


class EmailToken(MailedSecret, Base):
    """By which an address is confirmed."""

    __tablename__ = "email_tokens"

    email: Mapped[str] = mapped_column(String(254))

    __table_args__ = (Index(None, "email", "created_at"),)


class ApiKey(Base):
    """A secret for programs, shown once when it is made."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    # The first characters, by which its owner knows it again.
    prefix: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "user_id", "created_at"),)


class LoginDelay(Base):
    """How long a login for an account or from an address must wait, after so many failures."""

    __tablename__ = "login_delays"

    # "account:<hash>" or "address:<hash>": neither is stored in clear.
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_failure_at: Mapped[datetime] = mapped_column(index=True)
    blocked_until: Mapped[datetime | None]


class Activity(Base):
    """What somebody did to an account, and from where: for its owner to read, and for us after a theft."""

    __tablename__ = "activities"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(default=now)
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    __table_args__ = (Index(None, "user_id", "at"),)
