"""A user and a profile as API answers."""

from oriel.accounts.avatar_links import avatar_path
from oriel.accounts.bodies import ProfileOut, StatisticsOut, UserOut
from oriel.accounts.models import User
from oriel.accounts.statistics import plan_of, statistics_of


def user_out(user: User) -> UserOut:
    """Return a user as every answer has it."""
    return UserOut.model_validate(_facts(user))


def profile_out(user: User) -> ProfileOut:
    """Return a user's profile with usage and limits."""
    statistics = StatisticsOut.model_validate(statistics_of(user.id))
    return ProfileOut.model_validate({**_facts(user), "pending_email": user.pending_email, "statistics": statistics})


def _facts(user: User) -> dict[str, object]:
    names = ("id", "email", "name", "email_verified", "role", "created_at", "deletion_due_at")
    return {**{name: getattr(user, name) for name in names}, "plan": plan_of(user.id), "avatar_url": avatar_path(user)}
