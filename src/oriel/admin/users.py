"""Users: found by mail address, name or id, with everything of theirs, and what operators do to their accounts."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from flask import request
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from oriel.accounts import operators, password_reset
from oriel.accounts.addresses import spelled_email
from oriel.accounts.models import ROLE_ADMIN, ROLE_SUPPORT, ROLE_USER, User
from oriel.accounts.origin import request_origin
from oriel.admin.lists import (
    COUNTED_TO,
    REASON,
    BaseModelView,
    Button,
    Column,
    Condition,
    Entry,
    Filter,
    Section,
    starts_with,
)
from oriel.admin.staff import staff
from oriel.admin.trail import in_trail
from oriel.admin.user_facts import dashboard_of, end_of_subscription, sections_of, standing_of
from oriel.admin.views import act, field, finish, number, reason
from oriel.billing.current_plan import set_plan
from oriel.billing.granted_credits import MOST_AT_ONCE, grant_credits, take_credits
from oriel.billing.plans import FREE, PLANS
from oriel.billing.subscription_sync import cancel_for_closed_account
from oriel.errors import PaymentsUnavailable, WrongState
from oriel.infra.database import db
from oriel.infra.ids import new_id
from oriel.mails.wording import date

_ENDS = "Sessions, API keys, downloads and shared links stop at once. Renders already waiting or running still finish."
_PLANS = {name: plan.title for name, plan in PLANS.items()}


class UserView(BaseModelView[User]):
    """The accounts."""

    menu_name = "Users"
    part = "users"
    group = "Customers"
    model = User
    search_hint = "the beginning of the address or the name, or an id"
    columns = (
        Column("Email", lambda user: user.email, lambda user: f"/admin/users/{user.id}"),
        Column("Name", lambda user: user.name),
        Column("Role", lambda user: user.role),
        Column("Created", lambda user: user.created_at),
        Column("Last login", lambda user: user.last_login_at),
        Column("Disabled", lambda user: user.disabled_at),
    )
    filters = (
        Filter("role", "Role", {role: User.role == role for role in (ROLE_USER, ROLE_SUPPORT, ROLE_ADMIN)}),
        Filter("state", "State", {"disabled": User.disabled_at.is_not(None), "enabled": User.disabled_at.is_(None)}),
    )

    def searched(self, text: str) -> Condition:
        """Find by the beginning of the mail address or the name, or by id; the first 1,000 of each."""
        mail, name = spelled_email(text), text.casefold()
        by_mail = select(User.id).where(starts_with(User.email, mail)).limit(COUNTED_TO).subquery()
        by_name = select(User.id).where(starts_with(func.lower(User.name), name)).limit(COUNTED_TO).subquery()
        # One after the other: an OR would lead a database to read the whole table.
        return User.id.in_(select(by_mail.c.id).union(select(by_name.c.id), select(User.id).where(User.id == text)))

    def title_of(self, row: User) -> str:
        """Return the mail address."""
        return row.email

    def sections(self, row: User) -> Sequence[Section]:
        """Return everything of a user."""
        return sections_of(row, standing_of(row.id))

    def buttons(self, row: User) -> Sequence[Button]:
        """Return what an operator can do to the account."""

        def button(action: str, *fields: Entry, is_dangerous: bool = False, confirm: str = "") -> Button:
            path = f"/admin/users/{row.id}/{action.partition('.')[2].replace('_', '-')}"
            return Button(action, path, fields, is_dangerous, confirm)

        standing = standing_of(row.id)
        held = standing.holding
        is_subscribed = held is not None and held.subscription_id is not None
        present = held.plan if held else FREE.name
        others = {name: title for name, title in _PLANS.items() if name != present}
        can_take = min(standing.credits_given, MOST_AT_ONCE)
        fate = end_of_subscription(standing.holding, is_disabled=row.disabled_at is not None)
        return (
            button("user.view"),
            button("user.reset_password", confirm=f"It goes to {row.email}, and works for an hour."),
            button("user.end_sessions", confirm="They are signed out on every device. API keys go on."),
            button("user.grant_credits", _count(MOST_AT_ONCE), REASON),
            *([button("user.take_credits", _count(can_take), REASON)] if can_take else []),
            *([] if is_subscribed else [button("user.set_plan", Entry("plan", "Plan", others), REASON)]),
            button("user.enable", REASON, confirm=fate)
            if row.disabled_at
            else button("user.disable", REASON, is_dangerous=True, confirm=f"{_ENDS} {fate}".strip()),
        )

    @act("/<id:user_id>/disable", "user.disable")
    def disable(self, user_id: str) -> Response:
        """Disable an account, and cancel its subscription."""
        return finish(lambda: self._disable(user_id), self.url_of(user_id))

    @act("/<id:user_id>/enable", "user.enable")
    def enable(self, user_id: str) -> Response:
        """Enable an account."""

        def do() -> str:
            with self._in_trail("user.enable", user_id, reason=reason()):
                operators.enable_user(user_id)
            return "The account is enabled."

        return finish(do, self.url_of(user_id))

    @act("/<id:user_id>/end-sessions", "user.end_sessions")
    def end_sessions(self, user_id: str) -> Response:
        """End all sessions."""

        def do() -> str:
            with self._in_trail("user.end_sessions", user_id):
                count = operators.end_all_sessions(user_id)
            return f"Sessions ended: {count}."

        return finish(do, self.url_of(user_id))

    @act("/<id:user_id>/reset-password", "user.reset_password")
    def reset_password(self, user_id: str) -> Response:
        """Send the customer a link for a new password."""

        def do() -> str:
            user = self._found(user_id)
            if password_reset.is_refused(db.session, user):
                raise WrongState("No link was sent: this account is disabled, or got three within the hour.")
            with self._in_trail("user.reset_password", user_id):
                password_reset.ask_for_reset(user.email, request_origin())
            return f"A link is on its way to {user.email}."

        return finish(do, self.url_of(user_id))

    @act("/<id:user_id>/grant-credits", "user.grant_credits")
    def grant_credits(self, user_id: str) -> Response:
        """Give credits; the same form again gives none."""

        def do() -> str:
            count, once = number("count", most=MOST_AT_ONCE), _once()
            with self._in_trail("user.grant_credits", user_id, count=count, reason=reason()):
                given = grant_credits(user_id, count, first_id=once)
            return f"Credits given: {given}."

        return finish(do, self.url_of(user_id))

    @act("/<id:user_id>/take-credits", "user.take_credits")
    def take_credits(self, user_id: str) -> Response:
        """Take credits back that were given."""

        def do() -> str:
            count = number("count", most=MOST_AT_ONCE)
            with self._in_trail("user.take_credits", user_id, count=count, reason=reason()):
                taken = take_credits(user_id, count)
            return f"Credits taken back: {taken}."

        return finish(do, self.url_of(user_id))

    @act("/<id:user_id>/set-plan", "user.set_plan")
    def set_plan(self, user_id: str) -> Response:
        """Put a customer without a subscription on a plan."""

        def do() -> str:
            plan = field("plan")
            with self._in_trail("user.set_plan", user_id, plan=plan, reason=reason()):
                title = set_plan(user_id, plan).title
            return f"The plan is {title} now."

        return finish(do, self.url_of(user_id))

    @act("/<id:user_id>/view", "user.view")
    def view(self, user_id: str) -> str:
        """Show what the customer's dashboard shows, with nothing to press; a POST, because it leaves a line."""
        user = self._found(user_id)
        with self._in_trail("user.view", user_id):
            pass
        title = f"What {user.email} sees"
        lead = (
            "The projects and videos of their page “My videos”, as rows: without pictures, and with nothing to press."
        )
        sections = dashboard_of(user)
        return self.render("panel/details.html", row=user, title=title, lead=lead, sections=sections, buttons=())

    def _disable(self, user_id: str) -> str:
        if user_id == staff().user.id:
            raise WrongState("This is your own account. Ask another operator.")
        with self._in_trail("user.disable", user_id, reason=reason()):
            operators.disable_user(user_id)
        try:
            ends = cancel_for_closed_account(user_id)
        except (PaymentsUnavailable, WrongState) as error:
            return f"The account is disabled. Its subscription is still charged: {error.message} Cancel it at Stripe."
        return (
            f"The account is disabled. Its subscription ends on {date(ends)}." if ends else "The account is disabled."
        )

    def _found(self, user_id: str) -> User:
        return self.row(user_id)

    def _in_trail(self, action: str, user_id: str, **detail: object) -> AbstractContextManager[dict[str, object]]:
        self._found(user_id)
        return in_trail(staff().actor, action, "user", user_id, **detail)


def _count(most: int) -> Entry:
    return Entry("count", f"Credits (1 to {most})", kind="number", most=most)


def _once() -> str:
    text = request.form.get("once", "")
    return text if len(text) == len(new_id()) and text.isalnum() else new_id()
