"""Pages and actions of the panel: each says which roles it admits, and each POST carries a CSRF token.

A view derives from PanelView. `page` declares what is read by GET, `act` what changes something by POST:

    class RenderView(PanelView):
        @page("/")
        def index(self) -> str: ...

        @act("/<id:render_id>/retry", "render.retry")
        def retry(self, render_id: str) -> Response: ...
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import flash, redirect, request, url_for
from flask_admin import BaseView, expose
from flask_admin.form import SecureForm
from jinja2 import TemplateNotFound
from markupsafe import Markup
from werkzeug.wrappers import Response

from oriel.accounts.access import Who, note_access
from oriel.admin.actions import ACTIONS, STAFF, may
from oriel.admin.nonce import nonce
from oriel.admin.refused_form import keep_form, take_form
from oriel.admin.staff import LONGEST, current_staff
from oriel.errors import AppError, InvalidBody, NotAllowed, NotAuthenticated, Unavailable
from oriel.infra.bodies import only_small_bodies

View = TypeVar("View", bound=Callable[..., Any])

READING = ("GET",)
_MOST_DIGITS = 9
_ACCESS = "panel_access"


@dataclass(frozen=True)
class Access:
    """Whom a route of the panel admits: anyone, or operators of some roles."""

    roles: frozenset[str]
    # The name in oriel.admin.actions of what the route does; "" for a page.
    action: str = ""
    # Open before a login, or before the second factor is set up.
    is_open: bool = False
    is_setup: bool = False


def page(path: str, *, roles: frozenset[str] = STAFF) -> Callable[[View], View]:
    """Declare a page, read by GET."""
    return _declared(path, READING, Access(roles))


def act(path: str, action: str) -> Callable[[View], View]:
    """Declare an action of oriel.admin.actions, taken by POST; its roles are those of the table.

    GET leads back to the page that has its button: browsers ask for the address again that they show.
    """
    return _declared(path, (*READING, "POST"), Access(ACTIONS[action].roles, action))


def open_form(path: str, *, is_setup: bool = False) -> Callable[[View], View]:
    """Declare a form that is open before a login or, with `is_setup`, to an operator without a second factor."""
    return _declared(path, ("GET", "POST"), Access(STAFF, is_open=not is_setup, is_setup=is_setup))


def access_of(view: Callable[..., Any]) -> Access | None:
    """Return whom a view function admits; None for one that says nothing."""
    found: Access | None = getattr(view, _ACCESS, None)
    return found


def _declared(path: str, methods: Sequence[str], access: Access) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        # For tests that ask every route of the service who may call it.
        note_access(view, Who.ANYONE if access.is_open else Who.ADMIN)
        setattr(view, _ACCESS, access)
        exposed: View = expose(path, methods)(view)
        return exposed

    return decorate


class PanelForm(SecureForm):
    """A form with a CSRF token and nothing else; it lives as long as a session of the panel."""

    class Meta(SecureForm.Meta):
        """How the token is made."""

        csrf_time_limit = LONGEST


class PanelView(BaseView):
    """A part of the panel: checks every request, and gives templates what all of them need."""

    menu_name: str
    # In the address, in the endpoint, and the name of the icon.
    part: str
    # The heading in the menu above it.
    group: str | None = None

    def __init__(self, **options: Any) -> None:  # noqa: ANN401  (those of Flask-Admin)
        names = {"name": self.menu_name, "category": self.group, "menu_icon_value": self.part}
        super().__init__(**{**names, "endpoint": f"panel_{self.part}", "url": f"/admin/{self.part}", **options})

    def create_blueprint(self, admin: Any) -> Any:  # noqa: ANN401  (Flask-Admin's own types)
        """Return the blueprint, with declared routes only: Flask-Admin's own would admit anyone."""
        urls: list[tuple[str, str, Sequence[str]]] = getattr(type(self), "_urls")  # noqa: B009  (an untyped base's)
        self._urls = [each for each in urls if access_of(getattr(type(self), each[1]))]
        return super().create_blueprint(admin)

    def is_accessible(self) -> bool:
        """Return whether the menu shows this part."""
        access = access_of(getattr(type(self), type(self)._default_view))
        found = current_staff()
        return bool(access and found and found.has_proved and found.user.role in access.roles)

    def render(self, template: str, **values: Any) -> str:  # noqa: ANN401  (whatever the template takes)
        """Return a page of the panel."""
        found = current_staff()
        values = {
            "staff": found,
            "may": lambda action: found is not None and found.has_proved and may(found.user.role, action),
            "actions": ACTIONS,
            "csrf_field": csrf_field,
            "panel_nonce": nonce(),
            "refused": take_form(),
            **values,
        }
        try:
            rendered: str = super().render(template, **values)
        except TemplateNotFound as error:
            raise Unavailable("This page is not built yet: run `make setup` first.") from error
        return rendered

    def page_behind(self, _key: str | None) -> str:
        """Return the address of the page with the buttons of this part's actions, for the row of a key."""
        return url_for("admin.index")

    def _handle_view(self, name: str, **values: Any) -> Any:  # noqa: ANN401
        """Check a request before its view; called by Flask-Admin. No action gets past it by GET."""
        access = access_of(getattr(type(self), name))
        assert access, f"{type(self).__name__}.{name} does not say whom it admits"
        if access.action and _is_reading():
            key = next(iter(values.values()), None) or request.args.get("key")
            return _refused(Access(STAFF)) or redirect(self.page_behind(key), 303)
        return _refused(access)

    def _run_view(self, view: Callable[..., Any], *args: Any, **values: Any) -> Any:  # noqa: ANN401
        """Call the view; Flask-Admin's own would call it a second time after a TypeError."""
        return view(self, *args, **values)


def finish(do: Callable[[], str], back_to: str) -> Response:
    """Take an action and go back to a page, which says how it went: the sentence that `do` returns, or its refusal.

    A refused form is open there again, with what was typed.
    """
    try:
        flash(do(), "success")
    except AppError as error:
        flash(error.message, "error")
        keep_form(error.message)
    return redirect(back_to, 303)


def reason() -> str:
    """Return the reason that an operator entered, which the audit trail keeps; raise InvalidBody without one."""
    text = field("reason", longest=300)
    if not text:
        raise InvalidBody("Please give a reason.", reason="is needed")
    return text


def field(name: str, *, longest: int = 255) -> str:
    """Return a field of the form that was sent, in one line."""
    return " ".join(request.form.get(name, "").split())[:longest]


def number(name: str, *, most: int) -> int:
    """Return a field as a number from 1 to `most`; raise InvalidBody."""
    text = field(name)
    if not text.isdecimal() or len(text) > _MOST_DIGITS or not 1 <= int(text) <= most:
        raise InvalidBody(f"Please enter a number from 1 to {most}.", **{name: "is no such number"})
    return int(text)


def csrf_field() -> Markup:
    """Return the hidden field with the session's CSRF token, for every form that posts."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(PanelForm().csrf_token.current_token)


def _refused(access: Access) -> Response | None:
    """Return the way to the login or to the second factor, or None for a request that is admitted.

    Raise NotAuthenticated, NotAllowed.
    """
    only_small_bodies()
    found = current_staff()
    if not access.is_open:
        if found is None:
            return _sent_to("panel_entrance.login", next=request.full_path.removesuffix("?"))
        if not found.has_proved and not access.is_setup:
            return _sent_to("panel_entrance.second_factor")
        if found.user.role not in access.roles:
            raise NotAllowed("Your role does not allow this. Ask an operator with the role “admin”.")
    if not _is_reading():
        _refuse_without_token()
    return None


def _is_reading() -> bool:
    return request.method in ("GET", "HEAD")


def _sent_to(endpoint: str, **values: Any) -> Response:  # noqa: ANN401
    if not _is_reading():
        raise NotAuthenticated("Your session in the panel has ended. Please sign in again.")
    return redirect(url_for(endpoint, **values), 303)


def _refuse_without_token() -> None:
    if not PanelForm(request.form).validate():
        raise NotAllowed("This form is not from this session. Go back, reload the page and try again.")
