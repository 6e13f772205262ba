"""Routes to register, confirm an address, log in and reset a password."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify
from flask_jwt_extended import set_refresh_cookies, unset_refresh_cookies

from oriel.accounts import login, password_reset, registration, sessions
from oriel.accounts.access import Who, allow, current_user, presented_token
from oriel.accounts.bodies import (
    LoginIn,
    LoginOut,
    Registered,
    RegisterIn,
    ResetConfirmIn,
    ResetIn,
    SaidOut,
    TokenIn,
    VerifyOut,
)
from oriel.accounts.models import UserSession
from oriel.accounts.origin import refuse_foreign_pages, request_origin
from oriel.accounts.second_factors import passkeys
from oriel.accounts.second_factors.bodies import LoginProofIn, OptionsOut, PendingLoginIn, PendingLoginOut
from oriel.accounts.serializers import user_out
from oriel.accounts.tokens import ACCESS_LIFE, REFRESH_LIFE, access_token, claims_in_cookie, refresh_token
from oriel.infra.bodies import only_small_bodies
from oriel.infra.database import writing
from oriel.infra.limits import address_key, rate

routes = APIBlueprint("auth", __name__, url_prefix="/api/auth", tag="auth")
# Otherwise another site could log visitors in as somebody else, who would then get their songs.
routes.before_request(refuse_foreign_pages)
routes.before_request(only_small_bodies)

_LOGIN_ANSWERS: dict[int, Any] = {
    202: {
        "description": "The password is right, and the account has a second factor: go on at `second-factor`",
        "content": {"application/json": {"schema": PendingLoginOut.model_json_schema()}},
    },
    403: "The account is disabled, or the request came from another website",
    503: "Too many people are logging in right now",
}


@routes.post("/register")
@allow(Who.ANYONE)
@rate("20/minute;100/hour", by=address_key)
@routes.input(RegisterIn)
@routes.output(Registered, status_code=201)
@routes.doc(summary="Create an account", responses=[400, 403, 409, 422, 429, 503])
def register(json_data: RegisterIn) -> dict[str, object]:
    """Create an account, and send the email that confirms its address."""
    user = registration.register_user(json_data.email, json_data.password, json_data.name, request_origin())
    return {"user": user_out(user)}


@routes.post("/verify-email")
@allow(Who.ANYONE)
@rate("30/minute", by=address_key)
@routes.input(TokenIn)
@routes.output(VerifyOut)
@routes.doc(summary="Confirm an email address with the token from the email", responses=[400, 403, 409, 422, 429])
def verify_email(json_data: TokenIn) -> dict[str, object]:
    """Confirm an address."""
    return {"user": user_out(registration.confirm_email(json_data.token, request_origin()).user)}


@routes.post("/verify-email/send")
@allow(Who.USER)
@rate("5/minute")
@routes.output(SaidOut, status_code=202)
@routes.doc(summary="Send the confirmation email again", responses=[401, 403, 409, 429])
def send_verification() -> dict[str, str]:
    """Send the link to the unconfirmed address again."""
    registration.send_confirmation_again(current_user().id)
    return {
        "message": "We have sent the email again, unless this address got several within the last hour."
        " Check your spam folder too."
    }


@routes.post("/login")
@allow(Who.ANYONE)
@rate("30/minute", by=address_key)
@routes.input(LoginIn)
@routes.output(LoginOut)
@routes.doc(summary="Log in", responses=_LOGIN_ANSWERS)
def log_in(json_data: LoginIn) -> Response:
    """Start a session; if the account has a second factor, answer 202 with a token for the second step."""
    begun = login.log_in(json_data.email, json_data.password, request_origin())
    if isinstance(begun, login.SecondStep):
        return _second_step(begun)
    return _first_tokens(begun, in_cookie=json_data.cookie)


@routes.post("/login/second-factor")
@allow(Who.ANYONE)
@rate("30/minute", by=address_key)
@routes.input(LoginProofIn)
@routes.output(LoginOut)
@routes.doc(summary="Finish a login with a second factor", responses=[400, 403, 422, 429])
def finish_log_in(json_data: LoginProofIn) -> Response:
    """Start the session of a login that answered 202; the token works for ten minutes and for one session."""
    begun = login.finish_log_in(json_data.token, json_data.proof(), request_origin())
    return _first_tokens(begun, in_cookie=json_data.cookie)


@routes.post("/login/second-factor/options")
@allow(Who.ANYONE)
@rate("30/minute", by=address_key)
@routes.input(PendingLoginIn)
@routes.output(OptionsOut)
@routes.doc(summary="Get the options to finish a login with a passkey", responses=[400, 403, 409, 422, 429])
def offer_passkey(json_data: PendingLoginIn) -> dict[str, object]:
    """Return a challenge, valid for ten minutes, for one of the account's passkeys."""
    user = login.owner_of_login(json_data.token)
    with writing() as session:
        return {"options": passkeys.check_options(session, user.id)}


@routes.post("/refresh")
@allow(Who.SESSION)
@rate("60/minute", by=address_key)
@routes.output(LoginOut)
@routes.doc(summary="Exchange a refresh token for new tokens; each works once", responses=[401, 403, 429])
def refresh() -> Response:
    """Return new tokens; the refresh token comes back the way it came, as JSON or as a cookie."""
    token = presented_token(refresh=True)
    return _tokens(sessions.refresh_session(token.claims, request_origin()), in_cookie=token.in_cookie)


@routes.post("/logout")
@allow(Who.SESSION)
@routes.output({}, status_code=204)
@routes.doc(summary="Log out", responses=[401, 403])
def log_out() -> Response:
    """End the session of an access or refresh token, and delete the cookies."""
    claims = presented_token().claims
    sessions.log_out(claims.user_id, claims.session_id, request_origin())
    answer = Response(status=204)
    unset_refresh_cookies(answer)
    return answer


@routes.post("/reset-password")
@allow(Who.ANYONE)
@rate("20/minute;100/hour", by=address_key)
@routes.input(ResetIn)
@routes.output(SaidOut, status_code=202)
@routes.doc(summary="Send a password reset link", responses=[400, 403, 422, 429])
def ask_for_reset(json_data: ResetIn) -> dict[str, str]:
    """Give the same answer whether or not the account exists."""
    password_reset.ask_for_reset(json_data.email, request_origin())
    return {"message": "If an account uses this address, we have sent it an email with a link."}


@routes.post("/reset-password/confirm")
@allow(Who.ANYONE)
@rate("20/minute", by=address_key)
@routes.input(ResetConfirmIn)
@routes.output(SaidOut)
@routes.doc(summary="Set a new password with the token from the email", responses=[400, 403, 422, 429, 503])
def confirm_reset(json_data: ResetConfirmIn) -> dict[str, str]:
    """Set the password; all sessions end."""
    password_reset.reset_password(json_data.token, json_data.password, request_origin())
    return {"message": "Your new password is set. Please sign in with it."}


def _second_step(step: login.SecondStep) -> Response:
    answer = PendingLoginOut.model_validate(
        {
            "token": step.token,
            "methods": step.methods,
            "expires_in": int(login.PENDING_LIFE.total_seconds()),
        }
    )
    response = jsonify(answer.model_dump(mode="json"))
    response.status_code = 202
    return response


def _first_tokens(session: UserSession, *, in_cookie: bool) -> Response:
    """Return the tokens of a new session; in a browser it takes the place of the one that its cookie held."""
    if in_cookie and (before := claims_in_cookie()):
        sessions.log_out(before.user_id, before.session_id, request_origin())
    return _tokens(session, in_cookie=in_cookie)


def _tokens(session: UserSession, *, in_cookie: bool) -> Response:
    user = sessions.user_of(session)
    renewal = refresh_token(user.id, session.id, session.refresh_id)
    answer = LoginOut(
        access_token=access_token(user.id, session.id),
        refresh_token=None if in_cookie else renewal,
        expires_in=int(ACCESS_LIFE.total_seconds()),
        user=user_out(user),
        account_kept=session.has_kept_account,
    )
    response = jsonify(answer.model_dump(mode="json"))
    if in_cookie:
        set_refresh_cookies(response, renewal, max_age=int(REFRESH_LIFE.total_seconds()))
    return response
