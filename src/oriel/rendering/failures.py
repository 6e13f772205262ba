"""The errors that can end an attempt at a render, or hold it up: what its song, settings, machine and steps raise."""

from oriel import errors
from oriel.errors import AppError

RENDER_ERRORS: tuple[type[AppError], ...] = (
    # --- the song and the pictures, as far as an upload did not show it
    errors.SongNotFound,
    errors.UnsupportedAudioFormat,
    errors.EmptySong,
    errors.UndecodableSong,
    errors.SongWithoutSound,
    errors.SongTooLong,
    errors.InvalidPicture,
    errors.AnimatedPicture,
    errors.UnsupportedPictureFormat,
    # --- settings that an older version took
    errors.InvalidSettings,
    errors.UnknownSetting,
    errors.UnknownLook,
    errors.UnknownPreset,
    errors.UnknownParameter,
    errors.InvalidParameter,
    errors.InvalidRange,
    # --- the machine
    errors.InvalidConfiguration,
    errors.ProgramMissing,
    errors.LooksMissing,
    errors.OutputNotWritable,
    errors.WorkFolderUnusable,
    errors.DiskFull,
    # --- the storage
    errors.StorageFailed,
    errors.StoredFileDamaged,
    errors.UploadLost,
    # --- our own; OurError is whatever nobody expected
    errors.OurError,
    errors.Unavailable,
    errors.ProcessFailed,
    errors.ProcessTimedOut,
    errors.EncodingFailed,
    errors.VerificationError,
    errors.StageCrashed,
    errors.StageHung,
    errors.WorkerLost,
)
