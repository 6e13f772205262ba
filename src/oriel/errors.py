"""Every error, one class per situation: code, HTTP status, exit code and the sentence for the user."""

# ruff: noqa: N818  (a class is named for its situation; "Error" behind each would only repeat the module's name)

from collections.abc import Iterator
from typing import ClassVar


class AppError(Exception):
    """The root: `message` is a sentence for the user; `details` are JSON values with the facts."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False
    # Whether a retry on another machine, or on this one after a repair, can succeed.
    of_machine: ClassVar[bool] = False

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def as_json(self) -> dict[str, object]:
        """Return the body that the API and `--json` print under "error"."""
        return {"code": self.code, "message": self.message, "details": self.details}


class CallerError(AppError):
    """The caller can fix it: wrong usage, bad input, a folder that cannot be written, a missing program."""

    code = "INVALID_REQUEST"
    http_status = 422
    exit_code = 2


class OurError(AppError):
    """Our failure: the caller can only try again."""

    retryable = True


class Cancelled(AppError):
    """The work was cancelled, by a signal or by its customer."""

    code = "CANCELLED"
    http_status = 409
    exit_code = 130

    def __init__(self, message: str = "The work was cancelled.", **details: object) -> None:
        super().__init__(message, **details)


# --- songs and pictures ----------------------------------------------------------------------------------------------


class SongNotFound(CallerError):
    """The song's file does not exist or cannot be read."""

    code = "AUDIO_NOT_FOUND"


class UnsupportedAudioFormat(CallerError):
    """The file's name or content is not a supported audio format."""

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
    """The file or its sound is empty."""

    code = "EMPTY_AUDIO"


class UndecodableSong(CallerError):
    """No sound can be read from the file."""

    code = "UNDECODABLE_AUDIO"


class SongWithoutSound(CallerError):
    """The media file has no sound, as in a silent film."""

    code = "NO_AUDIO_STREAM"


class SongTooLong(CallerError):
    """The song is longer than the limit that applies."""

    code = "AUDIO_TOO_LONG"


class InvalidPicture(CallerError):
    """The picture is not a PNG, JPEG or WebP, is damaged, or is far too large."""

    code = "INVALID_PICTURE"


class AnimatedPicture(InvalidPicture):
    """The picture is animated; only still pictures can be used."""

    code = "ANIMATED_PICTURE"


class UnsupportedPictureFormat(CallerError):
    """The file's name or content is not a supported picture format."""

    code = "INVALID_PICTURE_FORMAT"
    http_status = 415


class InfectedFile(CallerError):
    """The virus scanner found malware in the upload."""

    code = "INFECTED_FILE"


class IncompleteUpload(CallerError):
    """The upload was interrupted."""

    code = "UPLOAD_INCOMPLETE"
    http_status = 400
    retryable = True


# --- settings --------------------------------------------------------------------------------------------------------


class InvalidSettings(CallerError):
    """The settings document is not valid."""

    code = "INVALID_SETTINGS"


class UnknownSetting(InvalidSettings):
    """The settings document has an unknown key."""

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
    """The look's schema does not allow a parameter's value."""

    code = "INVALID_PARAMETER"


class InvalidRange(InvalidSettings):
    """The range selects no part of the song."""

    code = "INVALID_RANGE"


# --- the machine -----------------------------------------------------------------------------------------------------


class InvalidConfiguration(CallerError):
    """The environment or .env has invalid settings."""

    code = "INVALID_CONFIGURATION"
    of_machine = True
    http_status = 500


class ProgramMissing(CallerError):
    """A required program is not installed."""

    code = "PROGRAM_MISSING"
    of_machine = True
    http_status = 503


class LooksMissing(CallerError):
    """The frontend has not been built, so there are no looks."""

    code = "LOOKS_MISSING"
    of_machine = True
    http_status = 503


class OutputNotWritable(CallerError):
    """The output file cannot be written."""

    code = "OUTPUT_NOT_WRITABLE"
    of_machine = True
    http_status = 500


class WorkFolderUnusable(CallerError):
    """The folder for intermediate files cannot be created or written."""

    code = "WORK_FOLDER_UNUSABLE"
    of_machine = True
    http_status = 500


class DiskFull(CallerError):
    """The disk is full."""

    code = "DISK_FULL"
    of_machine = True
    http_status = 507
    retryable = True


# --- the service: accounts, payments, limits -------------------------------------------------------------------------


class NotAuthenticated(CallerError):
    """The token or API key is missing, malformed, expired or revoked."""

    code = "NOT_AUTHENTICATED"
    http_status = 401


class NotAllowed(CallerError):
    """The caller is not allowed to do this."""

    code = "NOT_ALLOWED"
    http_status = 403


class AccountDisabled(NotAllowed):
    """The operator has disabled this account."""

    code = "ACCOUNT_DISABLED"


class EmailNotVerified(NotAllowed):
    """The address must be confirmed first."""

    code = "EMAIL_NOT_VERIFIED"


class SecondFactorNeeded(NotAllowed):
    """This needs a second factor that was checked within the last ten minutes; `methods` lists what can be sent."""

    code = "SECOND_FACTOR_REQUIRED"


class NotFound(CallerError):
    """It does not exist, or it belongs to someone else."""

    code = "NOT_FOUND"
    http_status = 404


class Conflict(CallerError):
    """The current state does not allow this."""

    code = "CONFLICT"
    http_status = 409


class WrongOffset(Conflict):
    """The bytes do not continue where the upload stands; `offset` says where that is."""

    code = "WRONG_OFFSET"


class UnsupportedTusVersion(CallerError):
    """The request names another version of the tus protocol than 1.0.0."""

    code = "UNSUPPORTED_TUS_VERSION"
    http_status = 412


class EmailTaken(Conflict):
    """An account with this address exists."""

    code = "EMAIL_TAKEN"


class WrongState(Conflict):
    """The render, or the subscription, is in a state that does not allow this."""

    code = "WRONG_STATE"


class PreviewOutdated(Conflict):
    """The preview of a plan change is older than ten minutes, or its price or dates have changed."""

    code = "PREVIEW_OUTDATED"


class Expired(CallerError):
    """It has expired and was deleted."""

    code = "EXPIRED"
    http_status = 410


class TooLarge(CallerError):
    """The request or file is larger than the limit."""

    code = "TOO_LARGE"
    http_status = 413


class InvalidBody(CallerError):
    """The request's body is not valid; `details` name each field."""

    code = "VALIDATION_ERROR"


class WrongLogin(CallerError):
    """The email address or the password is wrong."""

    code = "INVALID_CREDENTIALS"


class WrongSecondFactor(CallerError):
    """The code, recovery code or passkey is wrong, or the code was used before."""

    code = "INVALID_SECOND_FACTOR"


class InvalidToken(CallerError):
    """The token of an email's link, a login or a plan change's preview is unknown, used or expired."""

    code = "INVALID_TOKEN"


class WeakPassword(CallerError):
    """The password is too short, too long or too common."""

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
    """The payment request names nothing that is for sale."""

    code = "INVALID_PAYMENT_REQUEST"
    http_status = 400


class DuplicatePaymentSession(Conflict):
    """A payment page for the same thing is already open; `checkout_url` leads to it."""

    code = "DUPLICATE_PAYMENT_SESSION"


class InvalidSignature(CallerError):
    """The webhook's signature is wrong or too old."""

    code = "INVALID_SIGNATURE"
    http_status = 400


class InvalidEvent(CallerError):
    """The webhook is signed, but its event cannot be read."""

    code = "INVALID_EVENT"
    http_status = 400


class PlanLimitSize(PaymentRequired):
    """The frame or the song file is larger than the plan allows."""

    code = "PLAN_LIMIT_SIZE"


class PlanLimitFps(PaymentRequired):
    """The plan does not include this frame rate."""

    code = "PLAN_LIMIT_FPS"


class PlanLimitFormat(PaymentRequired):
    """The plan does not include this file format."""

    code = "PLAN_LIMIT_FORMAT"


class PlanLimitDuration(PaymentRequired):
    """The song is longer than the plan allows."""

    code = "PLAN_LIMIT_DURATION"


class PlanLimitStorage(PaymentRequired):
    """The plan's storage is full."""

    code = "PLAN_LIMIT_STORAGE"


class PlanLimitMonth(PaymentRequired):
    """All renders of this month are used."""

    code = "PLAN_LIMIT_MONTH"


class UpgradeNeeded(CallerError):
    """This address needs a WebSocket connection."""

    code = "UPGRADE_REQUIRED"
    http_status = 426


class UnreadableSecret(OurError):
    """A stored secret cannot be decrypted, because SECRET_KEY has changed."""

    code = "UNREADABLE_SECRET"


class Unavailable(OurError):
    """Part of the service is temporarily unavailable."""

    code = "UNAVAILABLE"
    http_status = 503


class PaymentsUnavailable(Unavailable):
    """The payment service is unavailable or not set up."""

    code = "PAYMENTS_UNAVAILABLE"


class StorageFailed(OurError):
    """The storage failed, and retries did not help."""

    code = "STORAGE_FAILED"
    of_machine = True
    http_status = 503


class StoredFileDamaged(StorageFailed):
    """A file in the storage is not as it was stored: its checksum is another one."""

    code = "STORED_FILE_DAMAGED"
    # Another machine reads the same bytes, and other files are whole.
    of_machine = False


class UploadLost(OurError):
    """The file of a song or picture is missing or damaged in our storage, and must be uploaded again."""

    code = "UPLOAD_LOST"
    # As for an upload that has expired.
    http_status = 410


# --- mail ------------------------------------------------------------------------------------------------------------


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


# --- our own failures ------------------------------------------------------------------------------------------------


class ProcessFailed(OurError):
    """A program ended with an error."""

    code = "PROCESS_FAILED"


class ProcessTimedOut(OurError):
    """A program exceeded its time limit and was stopped."""

    code = "PROCESS_TIMED_OUT"


class EncodingFailed(OurError):
    """FFmpeg could not encode the video."""

    code = "ENCODING_FAILED"


class VerificationError(OurError):
    """The finished video failed verification, so it is not delivered."""

    code = "VERIFICATION_FAILED"


class StageCrashed(OurError):
    """The browser, its page or its graphics context crashed."""

    code = "STAGE_CRASHED"


class StageHung(OurError):
    """The stage produced no new frame for too long."""

    code = "STAGE_HUNG"


class WorkerLost(OurError):
    """A render's worker was lost three times in a row without any progress."""

    code = "WORKER_LOST"


def error_classes() -> Iterator[type[AppError]]:
    """Yield every class of the tree, the root first, for the page of codes and its test."""
    waiting: list[type[AppError]] = [AppError]
    while waiting:
        known = waiting.pop(0)
        yield known
        waiting.extend(known.__subclasses__())
