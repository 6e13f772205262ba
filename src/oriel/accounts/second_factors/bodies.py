"""Request and response bodies of second factors."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from oriel.accounts.bodies import Body, KeyName, Password
from oriel.accounts.second_factors.proof import Proof
from oriel.infra.clock import Instant

Method = Literal["code", "passkey", "recovery_code"]


def _without_space(code: str) -> str:
    return code.replace(" ", "")


# Apps show a code in two groups of three.
Code = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{3} ?[0-9]{3}$"),
    AfterValidator(_without_space),
    Field(description="Six digits from the authenticator app", examples=["287082"]),
]
RecoveryText = Annotated[
    str,
    StringConstraints(min_length=16, max_length=60, pattern=r"^[A-Za-z0-9 -]*$"),
    Field(description="Works once", examples=["k3vd-m5xq-7rta-n2pw-hx4c-6jye"]),
]
_Encoded = Annotated[str, StringConstraints(min_length=1, max_length=100_000, pattern=r"^[A-Za-z0-9_-]*$")]
_CredentialId = Annotated[str, StringConstraints(min_length=1, max_length=1364, pattern=r"^[A-Za-z0-9_-]*$")]
_Transport = Annotated[str, StringConstraints(max_length=20)]


class _FromBrowser(BaseModel):
    # As `PublicKeyCredential.toJSON()` writes it; browsers add fields.
    model_config = ConfigDict(extra="ignore")


class AttestationResponse(_FromBrowser):
    """What an authenticator says about a new key, in base64url."""

    clientDataJSON: _Encoded  # noqa: N815  (the standard's name)
    attestationObject: _Encoded  # noqa: N815
    transports: Annotated[list[_Transport], Field(max_length=10)] | None = None


class NewCredential(_FromBrowser):
    """The `toJSON()` of what `navigator.credentials.create()` returns."""

    id: _CredentialId
    rawId: _CredentialId  # noqa: N815
    type: Literal["public-key"]
    response: AttestationResponse


class AssertionResponse(_FromBrowser):
    """A signed challenge, in base64url."""

    clientDataJSON: _Encoded  # noqa: N815
    authenticatorData: _Encoded  # noqa: N815
    signature: _Encoded


class SignedChallenge(_FromBrowser):
    """The `toJSON()` of what `navigator.credentials.get()` returns."""

    id: _CredentialId
    rawId: _CredentialId  # noqa: N815
    type: Literal["public-key"]
    response: AssertionResponse


class ProofIn(Body):
    """A second factor: exactly one of `code`, `recovery_code` and `passkey`."""

    code: Code | None = None
    recovery_code: RecoveryText | None = None
    passkey: SignedChallenge | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(each is not None for each in (self.code, self.recovery_code, self.passkey)) != 1:
            raise ValueError("send one of code, recovery_code and passkey")
        return self

    def proof(self) -> Proof:
        """Return what is shown."""
        return Proof(self.code, self.recovery_code, self.passkey.model_dump() if self.passkey else None)


class LoginProofIn(ProofIn):
    """The token of a login that waits for its second factor, and the factor."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    cookie: bool = Field(default=False, description="As in the login itself")


class PendingLoginIn(Body):
    """The token of a login that waits for its second factor."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SetupIn(Body):
    """The password, where the account has no second factor yet."""

    current_password: Password | None = None


class CodeIn(Body):
    """The first code of a new authenticator app."""

    code: Code


class PasskeyIn(Body):
    """A new passkey, and how its owner calls it."""

    name: KeyName
    credential: NewCredential


class PasskeyNameIn(Body):
    """Another name."""

    name: KeyName


class PendingLoginOut(BaseModel):
    """The password was right; the login needs a second factor."""

    second_factor_required: Literal[True] = True
    token: str = Field(description="For /api/auth/login/second-factor")
    methods: list[Method] = Field(description="The fields, one of which that call needs")
    expires_in: int = Field(description="Seconds until the token expires")


class OptionsOut(BaseModel):
    """Options for a browser, as `PublicKeyCredential.parse…OptionsFromJSON()` reads them."""

    options: dict[str, Any]


class CheckedOut(BaseModel):
    """Until when sensitive changes need no further check."""

    expires_at: Instant


class SetupOut(BaseModel):
    """The secret for an authenticator app, in three forms."""

    secret: str
    uri: str
    qr_svg: str = Field(description="The `uri` as a QR code, an SVG document")


class CodesOut(BaseModel):
    """Recovery codes; they are shown only once."""

    recovery_codes: list[str] | None = Field(description="null where the earlier ones stay")


class AppOut(BaseModel):
    """An authenticator app."""

    model_config = ConfigDict(from_attributes=True)

    confirmed_at: Instant


class PasskeyOut(BaseModel):
    """A passkey."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    created_at: Instant
    last_used_at: Instant | None


class PasskeyMadeOut(PasskeyOut):
    """A new passkey, and the recovery codes if they are new."""

    recovery_codes: list[str] | None = Field(description="null where the earlier ones stay")


class SecondFactorOut(BaseModel):
    """The account's second factors."""

    enabled: bool
    app: AppOut | None
    passkeys: list[PasskeyOut]
    recovery_codes_left: int
