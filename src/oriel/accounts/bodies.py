"""Request and response bodies of the account routes."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from oriel.infra.clock import Instant
from oriel.infra.paging import Page, PageQuery

# No control characters; PostgreSQL refuses NUL. We strip spaces ourselves: pydantic would strip before it checks the
# length, and accept texts that the document calls too long.
_ONE_LINE = r"^\s*[^\x00-\x1f\x7f-\x9f]*\s*$"
_NO_EMPTY_LINE = r"^\s*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*\s*$"


# The names of `Scope`.
ScopeName = Literal["read", "render"]


def _not_empty(line: str) -> str:
    if not line.strip():
        raise ValueError("it must not be empty")
    return line.strip()


def _of_our_time(moment: datetime) -> datetime:
    if not 2000 <= moment.year < 3000:
        raise ValueError("it must lie between the years 2000 and 2999")
    return moment


def _with_read(scopes: list[ScopeName]) -> list[ScopeName]:
    """Return the scopes in their order; nobody could follow a render without reading."""
    return ["read", "render"] if "render" in scopes else ["read"]


Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=254, pattern=_ONE_LINE),
    AfterValidator(str.strip),
    Field(examples=["ada@example.com"]),
]
Name = Annotated[str, StringConstraints(max_length=120, pattern=_ONE_LINE), AfterValidator(str.strip)]
KeyName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=_ONE_LINE),
    AfterValidator(_not_empty),
    Field(json_schema_extra={"pattern": _NO_EMPTY_LINE}),
]
# `passwords.refuse_weak` has the rules for passwords; this only bounds the input.
Password = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
# Of our time: databases know no years beyond 9999, and a zone could lead there.
Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
Scopes = Annotated[list[ScopeName], Field(min_length=1, max_length=2), AfterValidator(_with_read)]
LinkToken = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Body(BaseModel):
    """A request's body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


# --- requests


class RegisterIn(Body):
    """A new account."""

    email: Email
    password: Password = Field(description="8 to 128 characters; common passwords are refused")
    name: Name = ""


class LoginIn(Body):
    """A login."""

    email: Email
    password: Password
    cookie: bool = Field(
        default=False,
        description="For browsers: send the refresh token as an HttpOnly cookie instead of in the answer."
        " /api/auth/refresh and /api/auth/logout then need the cookie `__Host-oriel_csrf` in the header X-CSRF-TOKEN"
        " (`oriel_csrf` in development).",
    )


class TokenIn(Body):
    """The token from an email's link."""

    token: LinkToken


class ResetIn(Body):
    """The address of an account whose password was forgotten."""

    email: Email


class ResetConfirmIn(Body):
    """The token from the email's link, and the new password."""

    token: LinkToken
    password: Password


class ProfileIn(Body):
    """The fields to change; `email` and `password` need `current_password`."""

    name: Name | None = None
    email: Email | None = Field(default=None, description="Takes effect when the link in the email to it is opened")
    password: Password | None = None
    current_password: Password | None = None


class ActivityFilter(BaseModel):
    """Which lines of the activity log are asked for."""

    model_config = ConfigDict(extra="forbid")

    topic: Literal["sign-in", "password", "email", "second-factor", "keys", "account"] | None = Field(
        default=None, description="Only lines about this"
    )
    since: Moment | None = Field(default=None, description="From this time on")
    until: Moment | None = Field(default=None, description="Before this time")


class ActivityQuery(PageQuery, ActivityFilter):
    """A page of the activity log."""


class KeyIn(Body):
    """A name for the key, and the password, because a key outlives its session."""

    name: KeyName
    current_password: Password
    scopes: Scopes = Field(
        default=["read", "render"],
        description="What the key may do: `read` sees and downloads, `render` also uploads, renders and pays",
        examples=[["read"]],
    )


class NotificationIn(Body):
    """A kind of email to switch on or off."""

    topic: Annotated[str, StringConstraints(max_length=20)]
    is_on: bool


# --- answers


class UserOut(BaseModel):
    """A user, as shown to the user."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    email: str
    name: str
    email_verified: bool
    role: Literal["user", "support", "admin"]
    plan: str
    created_at: Instant
    deletion_due_at: Instant | None = Field(
        description="When the account will be deleted, at its owner's request; logging in before then keeps it"
    )
    avatar_url: str | None = Field(
        description="A picture that opens without logging in, for 6 to 12 hours; null while there is none"
    )


class Registered(BaseModel):
    """The new account."""

    user: UserOut


class LoginOut(BaseModel):
    """Tokens for the next calls."""

    access_token: str
    refresh_token: str | None = Field(description="null when it is sent as a cookie")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  (the name of a scheme)
    expires_in: int = Field(description="Seconds until the access token expires")
    user: UserOut
    account_kept: bool = Field(description="True if the account was to be deleted, and this login has kept it")


class StatisticsOut(BaseModel):
    """Usage and limits; null means no limit."""

    renders_total: int
    renders_this_period: int
    renders_limit: int | None
    storage_bytes: int
    storage_limit: int | None
    credits: int


class ProfileOut(UserOut):
    """A user's profile."""

    pending_email: str | None = Field(description="A new address that is not confirmed yet")
    statistics: StatisticsOut


class VerifyOut(BaseModel):
    """The user whose address is confirmed."""

    user: UserOut


class SaidOut(BaseModel):
    """A sentence for the user."""

    message: str


class SessionVerifyOut(BaseModel):
    """The owner of a valid token."""

    valid: Literal[True] = True
    user: UserOut
    expires_at: Instant | None = Field(description="When the access token expires; null for an API key")


class SessionOut(BaseModel):
    """An active session."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    created_at: Instant
    last_used_at: Instant
    expires_at: Instant
    address: str
    user_agent: str
    current: bool = Field(description="True for the session that sends this request")


class SessionList(Page[SessionOut]):
    """Sessions, newest first."""


class KeyOut(BaseModel):
    """An API key without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    prefix: str
    scopes: list[ScopeName]
    created_at: Instant
    last_used_at: Instant | None


class KeyMadeOut(KeyOut):
    """A new API key: its secret is shown this once."""

    secret: str


class KeyList(Page[KeyOut]):
    """API keys, newest first."""


class NotificationOut(BaseModel):
    """A kind of email that an account does not need."""

    topic: str
    title: str
    description: str
    is_on: bool


class NotificationList(BaseModel):
    """All kinds of emails that can be switched off."""

    items: list[NotificationOut]


class ActivityOut(BaseModel):
    """A line of the account's activity log."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    at: Instant
    address: str
    user_agent: str
    details: dict[str, Any]


class ActivityList(Page[ActivityOut]):
    """The account's activity, newest first."""
