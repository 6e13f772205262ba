"""What privacy itself holds of a customer: exports, product analytics, and the erasure under way."""

from collections.abc import Iterator

from sqlalchemy import delete, select

from oriel.accounts.personal_data import Listing, PersonalData, Row, fields, in_batches
from oriel.infra.database import writing
from oriel.infra.storage import storage
from oriel.privacy.exports import folder_of
from oriel.privacy.models import AccountErasure, DataExport, FeatureUse


def listings(user_id: str) -> Iterator[Listing]:
    """Yield the exports that were asked for, and what was counted with consent."""
    yield Listing("account/exports.json", _exports(user_id))
    yield Listing("account/product-analytics.json", _uses(user_id))


def erase(user_id: str) -> None:
    """Delete the exports and the counts; the row of the erasure forgets its user when it is finished."""
    with writing() as session:
        session.execute(delete(DataExport).where(DataExport.user_id == user_id))
        session.execute(delete(FeatureUse).where(FeatureUse.user_id == user_id))
    storage().delete_all(folder_of(user_id))


PRIVACY_DATA = PersonalData(
    domain="privacy", tables=(DataExport, FeatureUse, AccountErasure), listings=listings, erase=erase
)


def _exports(user_id: str) -> Iterator[Row]:
    names = ("id", "state", "asked_at", "ready_at", "expires_at", "size_bytes")
    query = select(DataExport).where(DataExport.user_id == user_id)
    return in_batches(query, DataExport.id, lambda row: fields(row, *names))


def _uses(user_id: str) -> Iterator[Row]:
    query = select(FeatureUse).where(FeatureUse.user_id == user_id)
    return in_batches(query, FeatureUse.id, lambda row: fields(row, "day", "feature", "uses"))
