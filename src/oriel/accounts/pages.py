"""The pages behind the links in emails. They work without scripts, and a GET uses no token.

Mail programs and scanners open links by themselves, so a GET only shows a form; its button sends the token.
"""

import re
from collections.abc import Sequence

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for
from pydantic import ValidationError

from oriel.accounts import notifications, password_reset, registration
from oriel.accounts.access import Who, allow
from oriel.accounts.bodies import ResetConfirmIn, ResetIn, TokenIn
from oriel.accounts.confirmation_links import link_behind
from oriel.accounts.origin import request_origin
from oriel.errors import CallerError, EmailTaken, InvalidToken, WeakPassword
from oriel.infra.limits import READS_A_MINUTE, address_key, rate

routes = APIBlueprint("account_pages", __name__, template_folder="templates", enable_openapi=False)

# Address and label of each.
Links = Sequence[tuple[str, str]]

_ID = re.compile(r"[0-9a-v]{26}")

_READ = rate(f"{READS_A_MINUTE}/minute", by=address_key, scope="reads")
_WRITE = rate("30/minute", by=address_key, scope="account pages")


@routes.get("/verify-email")
@allow(Who.ANYONE)
@_READ
def ask_to_verify() -> Response:
    """Show the button that confirms an address, or what became of a change."""
    token = _token(request.args.get("token"))
    link = link_behind(token)
    if link and link.is_change and link.is_done:
        return make_response(redirect(url_for(".changed"), 303))
    if link and link.is_over:
        return _change_is_over() if link.is_change else _link_is_over()
    return _page("verify_email.html", token=token, email=link.email if link else "")


@routes.post("/verify-email")
@allow(Who.ANYONE)
@_WRITE
def verify() -> Response:
    """Confirm the address, and say so."""
    token = _token(request.form.get("token"))
    try:
        confirmed = registration.confirm_email(token, request_origin())
    except (InvalidToken, EmailTaken) as error:
        link = link_behind(token)
        if isinstance(error, InvalidToken):
            return _change_is_over() if link and link.is_change else _link_is_over()
        return _page("verify_email.html", error.http_status, token="", problem=error.message)
    page = ".changed" if confirmed.is_change else ".verified"
    return make_response(redirect(url_for(page, project=confirmed.path.removeprefix("/shared/") or None), 303))


@routes.get("/verify-email/done")
@allow(Who.ANYONE)
@_READ
def verified() -> Response:
    """Say that the address is confirmed: a page of its own, to which the browser can go back."""
    title = "Your email address is confirmed"
    if shared := _way_to_shared_project():
        said = "What was shared with you is in My videos now."
        return message_page(title, said, links=[*shared, ("/studio", "Open the studio")])
    return message_page(
        title,
        "If you left one of our pages open in another tab, it continues by itself.",
        links=[("/studio", "Open the studio"), ("/billing", "Choose a plan")],
    )


@routes.get("/verify-email/changed")
@allow(Who.ANYONE)
@_READ
def changed() -> Response:
    """Say that the new address is the account's now."""
    said = "Use it to sign in from now on. Our emails go there too."
    links = [*_way_to_shared_project(), ("/account", "Open your account")]
    return message_page("Your new email address is confirmed", said, links=links)


def _link_is_over() -> Response:
    return message_page(
        "This link is no longer valid",
        "It was used before, or is older than two days. Your account can send a new one.",
        InvalidToken.http_status,
        links=[("/account", "Open your account"), ("/studio", "Open the studio")],
    )


def _change_is_over() -> Response:
    return message_page(
        "This link is no longer valid",
        "It did not change the email address of your account. You can change it, or get a new link, in your account.",
        InvalidToken.http_status,
        links=[("/account", "Open your account")],
    )


def _way_to_shared_project() -> Links:
    """Return the link to the shared project that the address names, if it names one."""
    project = request.args.get("project", "")
    return [(f"/shared/{project}", "Open the shared project")] if _ID.fullmatch(project) else []


@routes.get("/reset-password")
@allow(Who.ANYONE)
@_READ
def ask_for_password() -> Response:
    """Show the form for a new password, or the one that sends the link to it."""
    return _password_page(_token(request.args.get("token")))


@routes.post("/reset-password")
@allow(Who.ANYONE)
@_WRITE
def set_password() -> Response:
    """Set the new password, or send the link to where it can be set, and say so."""
    if "email" in request.form:
        return _send_link()
    token = _token(request.form.get("token"))
    try:
        password_reset.reset_password(token, _typed_password(), request_origin())
    except (InvalidToken, WeakPassword) as error:
        return _password_page(token, error)
    return make_response(redirect("/reset-password/done", 303))


@routes.get("/reset-password/done")
@allow(Who.ANYONE)
@_READ
def password_set() -> Response:
    """Say that the new password is set."""
    said = "You have been signed out everywhere. Sign in with your new password."
    return message_page("Your new password is set", said, links=[("/login", "Sign in")])


@routes.get("/unsubscribe")
@allow(Who.ANYONE)
@_READ
def ask_to_unsubscribe() -> Response:
    """Show the button that switches off a kind of email."""
    token = _token(request.args.get("token"))
    try:
        _, topic = notifications.topic_behind(token)
    except InvalidToken as error:
        return _page("unsubscribe.html", error.http_status, token="", problem=error.message)
    return _page("unsubscribe.html", token=token, topic=topic)


@routes.post("/unsubscribe")
@allow(Who.ANYONE)
@_WRITE
def unsubscribe() -> Response:
    """Switch off a kind of email, for the button and for mail programs (RFC 8058); no login and no cookie."""
    try:
        topic = notifications.unsubscribe(_token(request.args.get("token") or request.form.get("token")))
    except InvalidToken as error:
        return _page("unsubscribe.html", error.http_status, token="", problem=error.message)
    return message_page(
        "You will not get these emails any more",
        f"We have switched off “{topic.title}”. You can switch it on again in your account.",
        links=[("/account#notifications", "Open your account")],
    )


def message_page(
    title: str, said: str, status: int = 200, *, links: Links = (("/", "Go to the start page"),)
) -> Response:
    """Return a page with one message and a button for each link; the first one is the main one."""
    return _page("done.html", status, title=title, said=said, links=links)


def _token(text: str | None) -> str:
    """Return the text if it can be a token, otherwise an empty one."""
    try:
        return TokenIn(token=text or "").token
    except ValidationError:
        return ""


def _password_page(token: str, refused: CallerError | None = None) -> Response:
    """Return the form, or the reason why the link is not valid."""
    if not token:
        return _page("reset_password.html", token="")
    try:
        email = password_reset.owner_of_link(token).email
    except InvalidToken as error:
        return _page("reset_password.html", error.http_status, token="", problem=error.message)
    status, problem = (refused.http_status, refused.message) if refused else (200, None)
    return _page("reset_password.html", status, token=token, email=email, problem=problem)


def _send_link() -> Response:
    try:
        email = ResetIn(email=request.form["email"]).email
    except ValidationError:
        return _page("reset_password.html", 422, token="", problem="Please check the email address.")
    password_reset.ask_for_reset(email, request_origin())
    # The same whether or not there is such an account.
    return message_page("Check your email", f"If an account uses {email}, a link is on its way to you.")


def _typed_password() -> str:
    try:
        return ResetConfirmIn(token="-", password=request.form.get("password", "")).password  # noqa: S106  (only the password is checked)
    except ValidationError as error:
        raise WeakPassword("Please choose a password of 8 to 128 characters.") from error


def _page(template: str, status: int = 200, **values: object) -> Response:
    response = make_response(render_template(f"accounts/{template}", **values), status)
    # The address holds a secret: it must reach nobody else.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
