"""Routes for the second factors of one's own account."""

from apiflask import APIBlueprint
from flask import Response, g

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.origin import request_origin
from oriel.accounts.second_factors import changes, passkeys
from oriel.accounts.second_factors.bodies import (
    AppOut,
    CheckedOut,
    CodeIn,
    CodesOut,
    OptionsOut,
    PasskeyIn,
    PasskeyMadeOut,
    PasskeyNameIn,
    PasskeyOut,
    ProofIn,
    SecondFactorOut,
    SetupIn,
    SetupOut,
)
from oriel.accounts.second_factors.factors import factors_of
from oriel.accounts.second_factors.step_up import check_again
from oriel.infra.bodies import only_small_bodies
from oriel.infra.database import db, writing
from oriel.infra.limits import READS_A_MINUTE, rate

routes = APIBlueprint("second_factor", __name__, url_prefix="/api/user/second-factor", tag="user")
routes.before_request(only_small_bodies)

_READ = rate(f"{READS_A_MINUTE}/minute", scope="reads")
_WRITE = rate("30/minute", scope="account writes")
_REFUSALS = [401, 403, 429]


@routes.get("")
@allow(Who.USER)
@_READ
@routes.output(SecondFactorOut)
@routes.doc(summary="Show your second factors", responses=_REFUSALS)
def show() -> SecondFactorOut:
    """Return the authenticator app, the passkeys and how many recovery codes are left."""
    factors = factors_of(db.session, current_user().id)
    return SecondFactorOut(
        enabled=bool(factors.app or factors.passkeys),
        app=AppOut.model_validate(factors.app) if factors.app else None,
        passkeys=[PasskeyOut.model_validate(passkey) for passkey in factors.passkeys],
        recovery_codes_left=factors.recovery_codes_left,
    )


@routes.post("/verify")
@allow(Who.USER)
@_WRITE
@routes.input(ProofIn)
@routes.output(CheckedOut)
@routes.doc(summary="Confirm with a second factor that it is you", responses=[*_REFUSALS, 422])
def verify(json_data: ProofIn) -> CheckedOut:
    """Check a second factor; sensitive changes in this session need it to be at most ten minutes old."""
    ends = check_again(current_user(), g.session_id, json_data.proof(), request_origin())
    return CheckedOut(expires_at=ends)


@routes.post("/verify/options")
@allow(Who.USER)
@_WRITE
@routes.output(OptionsOut)
@routes.doc(summary="Get the options to use a passkey", responses=[*_REFUSALS, 409])
def offer_check() -> OptionsOut:
    """Return a challenge, valid for ten minutes, for one of the account's passkeys."""
    with writing() as session:
        return OptionsOut(options=passkeys.check_options(session, current_user().id))


@routes.post("/totp")
@allow(Who.USER)
@_WRITE
@routes.input(SetupIn)
@routes.output(SetupOut, status_code=201)
@routes.doc(summary="Start to set up an authenticator app", responses=[*_REFUSALS, 409, 422, 503])
def set_up_app(json_data: SetupIn) -> SetupOut:
    """Return a new secret; it counts once `confirm` has got a code, within 30 minutes."""
    setup = changes.set_up_app(current_user(), g.session_id, json_data.current_password, request_origin())
    return SetupOut(secret=setup.secret, uri=setup.uri, qr_svg=setup.qr_svg)


@routes.post("/totp/confirm")
@allow(Who.USER)
@_WRITE
@routes.input(CodeIn)
@routes.output(CodesOut)
@routes.doc(summary="Switch the authenticator app on with its first code", responses=[*_REFUSALS, 409, 422])
def confirm_app(json_data: CodeIn) -> CodesOut:
    """Switch the app on; with the first second factor come ten recovery codes."""
    codes = changes.confirm_app(current_user(), g.session_id, json_data.code, request_origin())
    return CodesOut(recovery_codes=codes)


@routes.delete("/totp")
@allow(Who.USER)
@_WRITE
@routes.output({}, status_code=204)
@routes.doc(summary="Remove the authenticator app", responses=[*_REFUSALS, 404])
def switch_off_app() -> Response:
    """Remove the app; with the last second factor the recovery codes end."""
    changes.switch_off_app(current_user(), g.session_id, request_origin())
    return Response(status=204)


@routes.post("/recovery-codes")
@allow(Who.USER)
@_WRITE
@routes.output(CodesOut)
@routes.doc(summary="Make new recovery codes; the earlier ones end", responses=[*_REFUSALS, 409])
def renew_recovery_codes() -> CodesOut:
    """Return ten new codes."""
    codes = changes.renew_recovery_codes(current_user(), g.session_id, request_origin())
    return CodesOut(recovery_codes=codes)


@routes.post("/passkeys/options")
@allow(Who.USER)
@_WRITE
@routes.input(SetupIn)
@routes.output(OptionsOut)
@routes.doc(summary="Get the options to make a passkey", responses=[*_REFUSALS, 409, 422, 503])
def offer_passkey(json_data: SetupIn) -> OptionsOut:
    """Return a challenge, valid for ten minutes, for a new passkey."""
    options = changes.offer_passkey(current_user(), g.session_id, json_data.current_password, request_origin())
    return OptionsOut(options=options)


@routes.post("/passkeys")
@allow(Who.USER)
@_WRITE
@routes.input(PasskeyIn)
@routes.output(PasskeyMadeOut, status_code=201)
@routes.doc(summary="Add a passkey", responses=[*_REFUSALS, 409, 422])
def add_passkey(json_data: PasskeyIn) -> PasskeyMadeOut:
    """Add a passkey; with the first second factor come ten recovery codes."""
    passkey, codes = changes.add_passkey(
        current_user(), g.session_id, json_data.name, json_data.credential.model_dump(), request_origin()
    )
    return PasskeyMadeOut(**PasskeyOut.model_validate(passkey).model_dump(), recovery_codes=codes)


@routes.patch("/passkeys/<id:passkey_id>")
@allow(Who.USER)
@_WRITE
@routes.input(PasskeyNameIn)
@routes.output(PasskeyOut)
@routes.doc(summary="Rename a passkey", responses=[*_REFUSALS, 404, 422])
def rename_passkey(passkey_id: str, json_data: PasskeyNameIn) -> PasskeyOut:
    """Give a passkey another name."""
    return PasskeyOut.model_validate(changes.rename_passkey(current_user(), passkey_id, json_data.name))


@routes.delete("/passkeys/<id:passkey_id>")
@allow(Who.USER)
@_WRITE
@routes.output({}, status_code=204)
@routes.doc(summary="Remove a passkey", responses=[*_REFUSALS, 404])
def delete_passkey(passkey_id: str) -> Response:
    """Remove a passkey; with the last second factor the recovery codes end."""
    changes.delete_passkey(current_user(), g.session_id, passkey_id, request_origin())
    return Response(status=204)
