"""Checks of a second factor: a code, a passkey or a recovery code, delayed after failures as passwords are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from oriel.accounts import activity, delays, letters
from oriel.accounts.activity import Did
from oriel.accounts.models import User
from oriel.accounts.origin import Origin
from oriel.accounts.second_factors import passkeys, recovery_codes, totp
from oriel.errors import WrongSecondFactor
from oriel.infra.counters import Counter
from oriel.infra.database import writing

PROOFS = Counter("oriel_second_factors", "Second factors that were shown", ("method", "result"))


@dataclass(frozen=True)
class Proof:
    """What somebody shows: exactly one of the three."""

    code: str | None = None
    recovery_code: str | None = None
    passkey: Mapping[str, Any] | None = None

    @property
    def method(self) -> str:
        """The name of the one that is shown."""
        return "code" if self.code else "recovery_code" if self.recovery_code else "passkey"


def check_proof(user: User, proof: Proof, origin: Origin) -> None:
    """Use up a code, a recovery code or a passkey's answer; raise WrongSecondFactor or TooManyRequests."""
    keys = (delays.address_key(origin.address), delays.factor_key(user.id))
    delays.claim(*keys)
    refusal: WrongSecondFactor | None = None
    with writing() as session:
        try:
            _use(session, user, proof, origin)
            delays.forgive(session, *keys)
        except WrongSecondFactor as error:
            # The failure is committed, and so is the use of a passkey's challenge.
            refusal = error
            delays.begin(session, *keys)
            activity.record(session, user.id, Did.FACTOR_FAILED, origin, method=proof.method)
    PROOFS.add(proof.method, "refused" if refusal else "accepted")
    if refusal:
        raise refusal


def _use(session: Session, user: User, proof: Proof, origin: Origin) -> None:
    if proof.code:
        totp.use_code(session, user.id, proof.code)
    elif proof.recovery_code:
        left = recovery_codes.use_code(session, user.id, proof.recovery_code)
        letters.tell_recovery_code_used(session, user, left)
        activity.record(session, user.id, Did.RECOVERY_CODE_USED, origin, left=left)
    elif proof.passkey:
        passkeys.use_passkey(session, user.id, proof.passkey)
