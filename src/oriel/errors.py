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
    """By name or by content this is none of the formats that we take."""

    code = "INVALID_AUDIO_FORMAT"
    http_status = 415

    def __init__(self, received: str, supported: tuple[str, ...]) -> None:
        names = [name.upper() for name in supported]
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])}{',' * (len(names) > 2)} or {names[-1]}"
        super().__init__(
            f"Audio file must be {listed} format", received_format=received, supported_formats=list(supported)
        )


class EmptySong(CallerError):
    """The file has no bytes, or sound of no length."""

    code = "EMPTY_AUDIO"


class UndecodableSong(CallerError):
    """It looks like a song, but no sound can be read from it."""

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
    http_status = 500


class ProgramMissing(CallerError):
    """A program that we need is not installed."""

    code = "PROGRAM_MISSING"
    http_status = 503


class LooksMissing(CallerError):
    """The frontend has not been built, so there is nothing to draw with."""

    code = "LOOKS_MISSING"
    http_status = 503


class OutputNotWritable(CallerError):
    """The result cannot be written where it was asked for."""

    code = "OUTPUT_NOT_WRITABLE"
    http_status = 500


class WorkFolderUnusable(CallerError):
    """The folder for intermediate files cannot be created or written."""

    code = "WORK_FOLDER_UNUSABLE"
    http_status = 500


class DiskFull(CallerError):
    """The disk has no room for what must be written."""

    code = "DISK_FULL"
    http_status = 507
    retryable = True


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


def error_classes() -> Iterator[type[AppError]]:
    """Yield every class of the tree, the root first, for the page and the tests that list the codes."""
    waiting: list[type[AppError]] = [AppError]
    while waiting:
        known = waiting.pop(0)
        yield known
        waiting.extend(known.__subclasses__())
