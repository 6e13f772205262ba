"""Everything that can go wrong, one class per situation: code, HTTP status, exit code and the user's sentence."""

# ruff: noqa: N818  (a class is named for its situation; "Error" behind each would only repeat the module's name)

from collections.abc import Iterator
from typing import ClassVar


class AppError(Exception):
    """The root: `message` is a sentence for the user, `details` are JSON values that name what it is about."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False
    # Whether another machine, or this one after somebody has mended it, can do what failed.
    of_machine: ClassVar[bool] = False

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def as_json(self) -> dict[str, object]:
        """Return the body that the API and `--json` print under "error"."""
        return {"code": self.code, "message": self.message, "details": self.details}


class CallerError(AppError):
    """The caller can mend it: wrong usage, bad input, a folder that cannot be written, a missing program."""

    code = "INVALID_REQUEST"
    http_status = 422
    exit_code = 2


class OurError(AppError):
    """It is our failure: nothing that the caller changes would help, trying again may."""

    retryable = True


class Cancelled(AppError):
    """Somebody asked for an end, by a signal or by the cancel button."""

    code = "CANCELLED"
    http_status = 409
    exit_code = 130

    def __init__(self, message: str = "The work was cancelled.", **details: object) -> None:
        super().__init__(message, **details)


# --- songs and pictures ---------------------------------------------------------------------------------------------


class SongNotFound(CallerError):
    """There is no readable file under the given name."""

    code = "AUDIO_NOT_FOUND"


class UnsupportedAudioFormat(CallerError):
    """The name or the content is not a supported audio format."""

    code = "INVALID_AUDIO_FORMAT"
    http_status = 415

    def __init__(self, received: str, supported: tuple[str, ...], message: str = "") -> None:
        names = [name.upper() for name in supported]
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}{',' * (len(names) > 2)} or {names[-1]}"
        super().__init__(
            message or f"Audio file must be {listed} format",
            received_format=received,
            supported_formats=list(supported),
        )


class EmptySong(CallerError):
    """The file has no bytes, or sound of no length."""

    code = "EMPTY_AUDIO"


class UndecodableSong(CallerError):
    """No sound can be read from the file."""

    code = "UNDECODABLE_AUDIO"


class SongWithoutSound(CallerError):
    """A media file without any sound, such as a silent film."""

    code = "NO_AUDIO_STREAM"


class SongTooLong(CallerError):
    """The song is longer than the limit that applies."""

    code = "AUDIO_TOO_LONG"


class InvalidPicture(CallerError):
    """A cover or background that is no PNG, JPEG or WebP, is damaged or far too large."""

    code = "INVALID_PICTURE"


class AnimatedPicture(InvalidPicture):
    """A picture that moves, where only a still one can be used."""

    code = "ANIMATED_PICTURE"


class UnsupportedPictureFormat(CallerError):
    """The name or the content is not a supported picture format."""

    code = "INVALID_PICTURE_FORMAT"
    http_status = 415


class InfectedFile(CallerError):
    """The virus scanner has found something in an upload."""

    code = "INFECTED_FILE"


class IncompleteUpload(CallerError):
    """The upload was interrupted."""

    code = "UPLOAD_INCOMPLETE"
    http_status = 400
    retryable = True


# --- settings -------------------------------------------------------------------------------------------------------


class InvalidSettings(CallerError):
    """The settings document does not validate."""

    code = "INVALID_SETTINGS"


class UnknownSetting(InvalidSettings):
    """A key that no settings document has."""

    code = "UNKNOWN_SETTING"


class UnknownLook(InvalidSettings):
    """No look has this name."""

    code = "UNKNOWN_LOOK"


class UnknownPreset(InvalidSettings):
    """The look has no preset of this name."""

    code = "UNKNOWN_PRESET"


class UnknownParameter(InvalidSettings):
    """The look has no parameter of this name."""

    code = "UNKNOWN_PARAMETER"


class InvalidParameter(InvalidSettings):
    """A parameter's value is not what the look's schema allows."""

    code = "INVALID_PARAMETER"


class InvalidRange(InvalidSettings):
    """The range leaves nothing of the song."""

    code = "INVALID_RANGE"


# --- the machine ----------------------------------------------------------------------------------------------------


class InvalidConfiguration(CallerError):
    """The environment or .env holds something that we cannot start with."""

    code = "INVALID_CONFIGURATION"
    of_machine = True
    http_status = 500


class ProgramMissing(CallerError):
    """A program that we need is not installed."""

    code = "PROGRAM_MISSING"
    of_machine = True
    http_status = 503


class LooksMissing(CallerError):
    """The frontend has not been built, so there is nothing to draw with."""

    code = "LOOKS_MISSING"
    of_machine = True
    http_status = 503


class OutputNotWritable(CallerError):
    """The result cannot be written where it was asked for."""

    code = "OUTPUT_NOT_WRITABLE"
    of_machine = True
    http_status = 500


class WorkFolderUnusable(CallerError):
    """The folder for intermediate files cannot be created or written."""

    code = "WORK_FOLDER_UNUSABLE"
    of_machine = True
    http_status = 500


class DiskFull(CallerError):
    """The disk has no room for what must be written."""

    code = "DISK_FULL"
    of_machine = True
    http_status = 507
    retryable = True


# --- the service: who asks, and what for ----------------------------------------------------------------------------


class NotAuthenticated(CallerError):
    """No token or key came with the request, or one that is malformed, expired or ended."""

    code = "NOT_AUTHENTICATED"
    http_status = 401


class NotAllowed(CallerError):
    """The caller is known and may not do this."""

    code = "NOT_ALLOWED"
    http_status = 403


class AccountDisabled(NotAllowed):
    """The operator has closed this account."""

    code = "ACCOUNT_DISABLED"


class EmailNotVerified(NotAllowed):
    """The address must be confirmed first."""

    code = "EMAIL_NOT_VERIFIED"


class NotFound(CallerError):
    """It does not exist, or it belongs to someone else."""

    code = "NOT_FOUND"
    http_status = 404


class Conflict(CallerError):
    """The current state does not allow this."""

    code = "CONFLICT"
    http_status = 409


class EmailTaken(Conflict):
    """An account with this address exists."""

    code = "EMAIL_TAKEN"


class WrongState(Conflict):
    """The render is not in a state in which this can be done."""

    code = "WRONG_STATE"


class PreviewOutdated(Conflict):
    """The preview of a change of the plan is older than ten minutes, or its price or dates are others now."""

    code = "PREVIEW_OUTDATED"


class Expired(CallerError):
    """It has expired and was deleted."""

    code = "EXPIRED"
    http_status = 410


class TooLarge(CallerError):
    """More bytes than the limit that applies."""

    code = "TOO_LARGE"
    http_status = 413


class InvalidBody(CallerError):
    """The request's body does not validate; `details` name each field."""

    code = "VALIDATION_ERROR"


class WrongLogin(CallerError):
    """The email address or the password is wrong."""

    code = "INVALID_CREDENTIALS"


class InvalidToken(CallerError):
    """The link from an email is unknown, used or expired."""

    code = "INVALID_TOKEN"


class WeakPassword(CallerError):
    """A password that is too short, too long or on the list of common ones."""

    code = "WEAK_PASSWORD"


class InvalidEmail(CallerError):
    """The email address is not valid."""

    code = "INVALID_EMAIL"


class IdempotencyMismatch(CallerError):
    """The key was used for another request."""

    code = "IDEMPOTENCY_MISMATCH"


class TooManyRequests(CallerError):
    """Too many requests; `retry_after_s` says how long to wait."""

    code = "RATE_LIMITED"
    http_status = 429
    retryable = True


class PaymentRequired(CallerError):
    """Neither the plan nor a credit pays for this."""

    code = "PAYMENT_REQUIRED"
    http_status = 402


class CardDeclined(PaymentRequired):
    """The bank declined the card; nothing was changed."""

    code = "CARD_DECLINED"


class InvalidPaymentRequest(CallerError):
    """The payment request names nothing that can be bought."""

    code = "INVALID_PAYMENT_REQUEST"
    http_status = 400


class DuplicatePaymentSession(Conflict):
    """A payment page for the same thing is already open; `checkout_url` leads to it."""

    code = "DUPLICATE_PAYMENT_SESSION"


class InvalidSignature(CallerError):
    """Not written by the payment service, or too long ago."""

    code = "INVALID_SIGNATURE"
    http_status = 400


class InvalidEvent(CallerError):
    """Signed by the payment service, but not an event that we can read."""

    code = "INVALID_EVENT"
    http_status = 400


class PlanLimitSize(PaymentRequired):
    """A larger frame, or a larger song file, than the plan allows."""

    code = "PLAN_LIMIT_SIZE"


class PlanLimitFps(PaymentRequired):
    """A frame rate that the plan does not have."""

    code = "PLAN_LIMIT_FPS"


class PlanLimitFormat(PaymentRequired):
    """A file format that the plan does not have."""

    code = "PLAN_LIMIT_FORMAT"


class PlanLimitDuration(PaymentRequired):
    """A longer song than the plan takes."""

    code = "PLAN_LIMIT_DURATION"


class PlanLimitStorage(PaymentRequired):
    """The plan's storage has no room for it."""

    code = "PLAN_LIMIT_STORAGE"


class PlanLimitMonth(PaymentRequired):
    """The month's renders are used up."""

    code = "PLAN_LIMIT_MONTH"


class UpgradeNeeded(CallerError):
    """The address speaks another protocol."""

    code = "UPGRADE_REQUIRED"
    http_status = 426


class Unavailable(OurError):
    """Something that we need is temporarily unavailable."""

    code = "UNAVAILABLE"
    http_status = 503


class PaymentsUnavailable(Unavailable):
    """The payment service is unavailable or not set up."""

    code = "PAYMENTS_UNAVAILABLE"


class StorageFailed(OurError):
    """The storage refuses, and trying again did not help."""

    code = "STORAGE_FAILED"
    of_machine = True
    http_status = 503


# --- mail: what became of one that was handed over --------------------------------------------------------------------


class MailFailed(OurError):
    """A mail provider did not accept an email."""

    code = "MAIL_FAILED"


class MailRefused(MailFailed):
    """The provider rejected this email for good."""

    code = "MAIL_REFUSED"
    retryable = False


class MailProviderRefusesUs(MailRefused):
    """The provider rejected our API key or sender, not this email."""

    code = "MAIL_PROVIDER_REFUSES_US"


class MailNotTaken(MailFailed):
    """The provider did not take the email; a retry may succeed."""

    code = "MAIL_NOT_TAKEN"


class MailOutcomeUnknown(MailFailed):
    """The provider received the email but did not confirm it; a retry could deliver it twice."""

    code = "MAIL_OUTCOME_UNKNOWN"


# --- our own failures -----------------------------------------------------------------------------------------------


class ProcessFailed(OurError):
    """A program that we started ended with an error."""

    code = "PROCESS_FAILED"


class ProcessTimedOut(OurError):
    """A program that we started took longer than its limit and was ended."""

    code = "PROCESS_TIMED_OUT"


class EncodingFailed(OurError):
    """FFmpeg did not write what it was given."""

    code = "ENCODING_FAILED"


class VerificationError(OurError):
    """The finished video is not what was planned, so it is not handed out."""

    code = "VERIFICATION_FAILED"


class StageCrashed(OurError):
    """The browser, its page or its graphics context died."""

    code = "STAGE_CRASHED"


class StageHung(OurError):
    """The stage has made no new frame for too long."""

    code = "STAGE_HUNG"


class WorkerLost(OurError):
    """A render's attempts ended unexpectedly, three times in a row and without getting any further."""

    code = "WORKER_LOST"


def error_classes() -> Iterator[type[AppError]]:
    """Yield every class of the tree, the root first, for the page and the tests that list the codes."""
    waiting: list[type[AppError]] = [AppError]
    while waiting:
        known = waiting.pop(0)
        yield known
        waiting.extend(known.__subclasses__())
