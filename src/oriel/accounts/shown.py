"""A user as the answers show it."""

from oriel.accounts.bodies import ProfileOut, StatisticsOut, UserOut
from oriel.accounts.models import User
from oriel.accounts.statistics import plan_of, statistics_of


def show_user(user: User) -> UserOut:
    """Return what is said of a user everywhere."""
    return UserOut.model_validate(_facts(user))


def show_profile(user: User) -> ProfileOut:
    """Return the profile, with what the user has used and may use."""
    statistics = StatisticsOut.model_validate(statistics_of(user.id))
    return ProfileOut.model_validate({**_facts(user), "pending_email": user.pending_email, "statistics": statistics})


def _facts(user: User) -> dict[str, object]:
    names = ("id", "email", "name", "email_verified", "role", "created_at")
    return {**{name: getattr(user, name) for name in names}, "plan": plan_of(user.id)}
