"""Recovery codes: ten of them, each replaces a second factor once."""

import secrets
from base64 import b32encode

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from oriel.accounts.models import RecoveryCode
from oriel.errors import WrongSecondFactor
from oriel.infra.clock import now
from oriel.infra.ids import secret_hash

CODES = 10

# 120 bits, written as 24 letters and digits in groups of four. ASVS 6.5.2 wants 112 where only a digest is stored.
_BYTES = 15
_GROUP = 4


def make_codes(session: Session, user_id: str) -> list[str]:
    """Return ten new codes, which are stored as hashes; all earlier ones end."""
    delete_codes(session, user_id)
    codes = [_new_code() for _ in range(CODES)]
    session.add_all(RecoveryCode(user_id=user_id, code_hash=_hash(code)) for code in codes)
    return codes


def use_code(session: Session, user_id: str, code: str) -> int:
    """Use up a code, and return how many are left; raise WrongSecondFactor."""
    same = (RecoveryCode.user_id == user_id, RecoveryCode.code_hash == _hash(code), RecoveryCode.used_at.is_(None))
    used = update(RecoveryCode).where(*same).values(used_at=now()).returning(RecoveryCode.id)
    if session.scalar(used) is None:
        raise WrongSecondFactor("This recovery code is wrong or was already used. Try another one.")
    return codes_left(session, user_id)


def codes_left(session: Session, user_id: str) -> int:
    """Return how many codes have not been used."""
    query = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(query) or 0


def delete_codes(session: Session, user_id: str) -> None:
    """Delete all of a user's codes, in the caller's transaction."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def _new_code() -> str:
    letters = b32encode(secrets.token_bytes(_BYTES)).decode().lower()
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def _hash(code: str) -> str:
    # As people copy it: with or without its hyphens, and with digits that look like its letters.
    letters = "".join(letter for letter in code.lower() if letter.isalnum())
    return secret_hash(letters.replace("0", "o").replace("1", "l"))
