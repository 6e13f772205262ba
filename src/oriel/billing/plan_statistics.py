"""The plan's figures in a profile: renders, credits and storage."""

from oriel.accounts import statistics
from oriel.billing.current_plan import plan_of
from oriel.billing.rights import credits_held, used_this_period
from oriel.billing.storage_use import storage_used
from oriel.infra.database import db


def register_statistics() -> None:
    """Register the plan and its figures with the accounts domain."""
    statistics.register_plan(lambda user_id: plan_of(user_id).name)
    statistics.register("renders_this_period", lambda user_id: used_this_period(db.session, user_id))
    statistics.register("renders_limit", lambda user_id: plan_of(user_id).renders)
    statistics.register("credits", lambda user_id: credits_held(db.session, user_id))
    statistics.register("storage_bytes", lambda user_id: storage_used(db.session, user_id))
    statistics.register("storage_limit", lambda user_id: plan_of(user_id).storage_bytes)
