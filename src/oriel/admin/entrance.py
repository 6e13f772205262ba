"""The way into the panel: password, second factor, the set-up of a second factor, and the way out."""

from typing import Any
from urllib.parse import urlsplit

from flask import redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from oriel import json_text
from oriel.accounts import login
from oriel.accounts.login import SecondStep
from oriel.accounts.models import User, UserSession
from oriel.accounts.origin import request_origin
from oriel.accounts.second_factors import passkeys, totp
from oriel.accounts.second_factors.factors import announce_added, factors_of, has_second_factor, lock
from oriel.accounts.second_factors.proof import Proof
from oriel.accounts.second_factors.step_up import note_check
from oriel.admin import staff
from oriel.admin.staff import DOOR, current_staff
from oriel.admin.trail import Actor, in_trail, note_failed_login
from oriel.admin.views import PanelView, act, open_form
from oriel.errors import AppError, CallerError, InvalidToken, WrongSecondFactor
from oriel.infra.database import db, writing
from oriel.infra.limits import address_key, rate

_LONGEST = 254
_LONGEST_CREDENTIAL = 8000
_TRIES = rate("30/minute", by=address_key, scope="panel login")


class Entrance(PanelView):
    """Everything before the panel itself."""

    menu_name = "Sign in"
    part = "entrance"

    def __init__(self) -> None:
        # Flask-Admin wants a view at "/", which is the overview's.
        type(self)._default_view = "login"
        super().__init__(url="/admin")

    @open_form("/login")
    @_TRIES
    def login(self) -> Response | str | tuple[str, int]:
        """Ask for mail address and password."""
        if request.method == "GET":
            return self._home() if _is_in() else self._login_form()
        try:
            email, password = _field("email"), request.form.get("password", "")[:1024]
            begun = login.log_in(email, password, request_origin(), DOOR)
        except CallerError as error:
            return self._login_form(error)
        if isinstance(begun, SecondStep):
            staff.begin_second_step(begun.token)
            return redirect(url_for(".code", next=_next()), 303)
        self._enter(begun, "password")
        return redirect(url_for(".second_factor", next=_next()), 303)

    @open_form("/login/code")
    @_TRIES
    def code(self) -> Response | str | tuple[str, int]:
        """Ask for the second factor of a login."""
        token = staff.pending_login()
        try:
            user = login.owner_of_login(token)
        except InvalidToken:
            return redirect(url_for(".login", next=_next()), 303)
        if request.method == "GET":
            return self._code_form(user)
        try:
            begun = login.finish_log_in(token, _proof(), request_origin(), DOOR)
        except InvalidToken:
            return redirect(url_for(".login", next=_next()), 303)
        except CallerError as error:
            if isinstance(error, WrongSecondFactor):
                with writing() as session:
                    note_failed_login(session, user, request_origin(), _proof().method)
            return self._code_form(user, error)
        self._enter(begun, _proof().method)
        return self._home()

    @open_form("/second-factor", is_setup=True)
    @_TRIES
    def second_factor(self) -> Response | str | tuple[str, int]:
        """Set up an authenticator app, without which nobody comes further."""
        here = staff.staff()
        if here.has_proved:
            return self._home()
        if has_second_factor(here.user.id):
            # It was added elsewhere; this session has not checked it.
            staff.end()
            return redirect(url_for(".login"), 303)
        if request.method == "GET":
            return self._setup_form()
        try:
            codes = self._confirm(here)
        except CallerError as error:
            return self._setup_form(error)
        return self.render("panel/recovery_codes.html", codes=codes or [], next=_next())

    @act("/logout", "panel.logout")
    def logout(self) -> Response:
        """Sign out."""
        staff.end()
        return redirect(url_for(".login"), 303)

    def is_visible(self) -> bool:
        """Stay out of the menu."""
        return False

    def _enter(self, begun: UserSession, method: str) -> None:
        staff.begin(begun)
        user = staff.staff().user
        actor = Actor(user.id, user.email, user.role, request_origin().address)
        with in_trail(actor, "panel.login", "user", user.id, method=method):
            pass

    def _home(self) -> Response:
        return redirect(_next() or url_for("admin.index"), 303)

    def _login_form(self, error: AppError | None = None) -> str | tuple[str, int]:
        shown = self.render("panel/login.html", problem=error, email=_field("email"), next=_next())
        return (shown, error.http_status) if error else shown

    def _code_form(self, user: User, error: AppError | None = None) -> str | tuple[str, int]:
        methods = factors_of(db.session, user.id).methods
        values = {"methods": methods, "options": _passkey_options(user) if "passkey" in methods else None}
        shown = self.render("panel/code.html", problem=error, next=_next(), **values)
        return (shown, error.http_status) if error else shown

    def _setup_form(self, error: AppError | None = None) -> str | tuple[str, int]:
        with writing() as session:
            user = staff.staff().user
            setup = totp.waiting_setup(session, user) or totp.start_setup(session, user)
        picture = Markup(setup.qr_svg)  # noqa: S704  (drawn by segno)
        shown = self.render("panel/second_factor.html", problem=error, setup=setup, picture=picture, next=_next())
        return (shown, error.http_status) if error else shown

    def _confirm(self, here: staff.Staff) -> list[str] | None:
        origin = request_origin()
        with in_trail(here.actor, "panel.second_factor", "user", here.user.id), writing() as session:
            lock(session, here.user)
            totp.confirm_setup(session, here.user.id, _field("code"))
            note_check(session.get_one(UserSession, here.session_id))
            return announce_added(session, here.user, totp.APP_NAME, origin)


def _is_in() -> bool:
    found = current_staff()
    return found is not None and found.has_proved


def _passkey_options(user: User) -> dict[str, Any]:
    """Return what the browser needs to ask for a passkey; each page has a challenge of its own."""
    with writing() as session:
        return passkeys.check_options(session, user.id)


def _proof() -> Proof:
    code, recovery = _field("code").replace(" ", ""), _field("recovery_code")
    if credential := request.form.get("passkey", "")[:_LONGEST_CREDENTIAL]:
        return Proof(passkey=_credential(credential))
    return Proof(recovery_code=recovery) if recovery else Proof(code=code or "-")


def _credential(text: str) -> dict[str, Any]:
    try:
        value = json_text.loads(text.encode())
    except ValueError:
        return {"id": ""}
    return value if isinstance(value, dict) and "id" in value else {"id": ""}


def _field(name: str) -> str:
    return request.form.get(name, "").strip()[:_LONGEST]


def _next() -> str:
    """Return where somebody wanted to go: a path within the panel, or "" for any other address."""
    wanted = request.values.get("next", "")[:2000]
    parts = urlsplit(wanted)
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/admin/") and "\\" not in wanted
    return wanted if is_ours else ""
