"""Example values of the OpenAPI document: by field name, and by status for each operation."""

from collections.abc import Mapping

Refusal = tuple[str, str]

_ID = "06gv3k2v9hmqf5t8e1b7c0d4ns"
_LINK = f"https://oriel.example.com/d/{_ID}8dK2vQ0xR7mYt5cWn3LhZp"
_POSTER = f"/api/render/poster/{_ID}692a5c008dK2vQ0xR7mYt5cWn3LhZp"
_PREVIEW = "eyJ1c2VyIjoiMDZndjNrMnY5aG1xIn0.8dK2vQ0xR7mYt5cWn3LhZp1sJf6"
_NEXT_MONTH = "2026-12-28T14:03:07.512Z"
_WHEN = "2026-11-28T14:03:07.512Z"

# The example of a field by its name, in any schema; "Schema.field" takes precedence.
FIELDS: Mapping[str, object] = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwNmd2In0.c2lnbmF0dXJl",
    "refresh_token": "eyJhbGciOiJIUzI1NiJ9.eyJ0eXAiOiJyZWZyZXNoIn0.c2lnbmF0dXJl",
    "ActivityOut.kind": "login",
    "EstimateOut.size_bytes": 96_300_000,
    "ErrorOut.code": "EMPTY_AUDIO",
    "RefusalOut.code": "PLAN_LIMIT_SIZE",
    "RefusalOut.message": "You asked for 1080p, and the limit on Free is 720p. Upgrade to Pro to lift this limit.",
    "ErrorOut.message": "This file is empty. Please choose another one.",
    "KeyMadeOut.secret": "oriel_8dK2vQ0xR7mYt5cWn3LhZp1sJf6uBgA4eXqT9oViM0k",
    "LookOut.description": "One solid of cut glass or polished metal in a dark room.",
    "SaidOut.message": "Your new password is set. Please log in with it.",
    "StatusOfServiceOut.version": "1.0.0",
    "SubscriptionOut.status": "active",
    "address": "203.0.113.7",
    "amount": 499,
    "amount_now": 2250,
    "artist": "The Band",
    "at": _WHEN,
    "attempt": 1,
    "checkout_url": "https://checkout.stripe.com/c/pay/cs_live_a1B2c3D4",
    "completed_at": "2026-11-28T14:05:41.020Z",
    "created_at": _WHEN,
    "currency": "usd",
    "credit": 749,
    "current_password": "correct horse battery staple",
    "current_period_end": _NEXT_MONTH,
    "download_url": f"/api/render/download/{_ID}",
    "LinkOut.download_url": _LINK,
    "duration_s": 183.4,
    "email": "ada@example.com",
    "eta_s": 41.5,
    "expires_at": "2026-12-28T14:05:41.020Z",
    "TicketOut.expires_in": 30,
    "expires_in": 900,
    "filename": "Night Drive.mp3",
    "format": "mp3",
    "has_cover": True,
    "id": _ID,
    "job_id": _ID,
    "key": "0d1f6c1e-1f0b-4f0e-9a53-0f9d7d5f3c11",
    "largest_frame": 1080,
    "last_used_at": _WHEN,
    "loudness_lufs": -9.8,
    "KeyIn.name": "My uploader",
    "KeyOut.name": "My uploader",
    "KeyMadeOut.name": "My uploader",
    "LookOut.name": "prism",
    "LookOut.title": "Prism",
    "LookPreset.name": "midnight-chrome",
    "LookPreset.title": "Midnight Chrome",
    "PlanOut.name": "pro",
    "PlanOut.title": "Pro",
    "name": "Ada Lovelace",
    "ProjectIn.name": "Night Drive, second cut",
    "ProjectChange.name": "Night Drive, second cut",
    "ProjectSummary.name": "Night Drive, second cut",
    "ProjectOut.name": "Night Drive, second cut",
    "NamedSettings.name": "Night Drive, second cut",
    "ProjectSummary.thumbnail_url": "/api/projects/thumbnail/06f2c4q7d1n8h3m5s0v9t2r6ko6928a3c0tZ4vQ0xR7mYt5cWn3LhZp1",
    "ProjectOut.thumbnail_url": "/api/projects/thumbnail/06f2c4q7d1n8h3m5s0v9t2r6ko6928a3c0tZ4vQ0xR7mYt5cWn3LhZp1",
    "thumbnail_id": _ID,
    "project_id": _ID,
    "ids": [_ID],
    "version": 3,
    "search": "night",
    "next_amount": 2999,
    "next_at": _NEXT_MONTH,
    "number": "A1B2C3D4-0001",
    "loop_url": "/assets/prism-midnight-chrome-B1c2D3e4.webm",
    "thumbnail_url": "/assets/prism-midnight-chrome-A1b2C3d4.webp",
    "page_url": "https://invoice.stripe.com/i/acct_1/live_a1B2",
    "password": "correct horse battery staple",
    "pdf_url": "https://invoice.stripe.com/i/acct_1/live_a1B2.pdf",
    "plan": "pro",
    "look": "prism",
    "poster_url": _POSTER,
    "prefix": "oriel_8dK2vQ",
    "progress": 0.42,
    "queue_position": 2,
    "receipt_url": "https://pay.stripe.com/receipts/a1B2",
    "renders_limit": 50,
    "session_id": "cs_live_a1B2c3D4",
    "settings": {"look": "prism", "preset": "midnight-chrome", "text": {"title": "Night Drive"}},
    "SubmitForm.settings": '{"look": "prism", "preset": "midnight-chrome"}',
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size_bytes": 4402177,
    "starts_at": _WHEN,
    "storage_bytes": 48213991,
    "ticket": "8dK2vQ0xR7mYt5cWn3LhZp1sJf6uBgA4eXqT9oViM0k",
    "title": "Night Drive",
    "ChangeIn.token": _PREVIEW,
    "PreviewOut.token": _PREVIEW,
    "token": "tZ4vQ0xR7mYt5cWn3LhZp1sJf6uBgA4eXqT9oViM0k8",
    "upload_id": _ID,
    "url": "https://billing.stripe.com/p/session/live_a1B2",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    "video_url": _LINK,
    "what": "One render",
}

# A running render with consistent values.
RUNNING_RENDER: Mapping[str, object] = {
    "id": _ID,
    "status": "processing",
    "stage": "rendering",
    "progress": 0.42,
    "eta_s": 41.5,
    "queue_position": None,
    "attempt": 1,
    "cancel_requested": False,
    "counted": None,
    "error": None,
    "created_at": _WHEN,
    "completed_at": None,
    "download_url": None,
    "video_url": None,
    "expires_at": None,
    "watermark": True,
    "title": "Night Drive",
    "artist": "Ada Lovelace",
    "filename": "Night Drive.mp3",
    "upload_id": _ID,
    "project_id": None,
    "look": "prism",
    "settings": {"version": 1, "look": "prism", "preset": "midnight-chrome", "text": {"title": "Night Drive"}},
    "duration_s": None,
    "size_bytes": None,
    "poster_url": _POSTER,
    "warnings": [],
}

# By path prefix; the first match counts.
REFUSALS: Mapping[str, Mapping[str, Refusal]] = {
    "/api/render/submit": {
        "402": (
            "PLAN_LIMIT_SIZE",
            "You asked for 1080p, and the limit on Free is 720p. Upgrade to Pro to lift this limit.",
        ),
        "404": ("NOT_FOUND", "There is no such upload. Please upload the file again."),
        "410": ("EXPIRED", "This upload has expired. Please upload the file again."),
        "415": ("INVALID_AUDIO_FORMAT", "Audio file must be MP3, WAV, or M4A format"),
        "422": ("UNKNOWN_LOOK", "There is no look “prisma”: did you mean “prism”?"),
        "429": ("RATE_LIMITED", "Too many requests. Please try again in 12 s."),
    },
    "/api/render/estimate": {
        "422": ("UNKNOWN_LOOK", "There is no look “prisma”: did you mean “prism”?"),
    },
    "/api/render/cancel": {"409": ("WRONG_STATE", "This render has already ended: it is completed.")},
    "/api/render/events": {
        "426": ("UPGRADE_REQUIRED", "This address needs a WebSocket: open it with `new WebSocket(…?ticket=…)`."),
        "503": ("UNAVAILABLE", "Live updates are not available right now. Poll the status instead."),
    },
    "/api/render/poster": {
        "404": ("NOT_FOUND", "There is no picture at this address."),
        "410": ("EXPIRED", "This address has expired. Ask for the render's status to get a new one."),
    },
    "/d/": {"404": ("NOT_FOUND", "There is no video at this link. Check that you copied all of it.")},
    "/api/uploads/resumable": {
        "404": ("NOT_FOUND", "This upload is not there. Please start it again."),
        "409": ("WRONG_OFFSET", "This upload has 8388608 bytes: send the next ones with Upload-Offset set to that."),
        "410": ("EXPIRED", "This upload has ended, or was not finished in time. Please start it again."),
        "413": ("TOO_LARGE", "This file is too large: the limit on Free is 75 MB. Upgrade to Pro to lift this limit."),
        "415": ("INVALID_AUDIO_FORMAT", "Audio file must be MP3, WAV, or M4A format"),
        "429": ("RATE_LIMITED", "5 of your uploads are unfinished. Please finish or cancel one of them first."),
    },
    "/api/projects/thumbnail": {
        "404": ("NOT_FOUND", "There is no picture at this address."),
        "410": ("EXPIRED", "This address has expired. Ask for the project to get a new one."),
    },
    "/api/projects": {
        "404": ("NOT_FOUND", "There is no such project."),
        "409": ("CONFLICT", "Somebody has changed this project since you opened it."),
        "410": ("EXPIRED", "This upload has expired. Please upload the file again."),
    },
    "/api/uploads": {
        "402": (
            "PLAN_LIMIT_DURATION",
            "This song is too long: the limit on Free is 6 minutes. Upgrade to Pro to lift this limit.",
        ),
        "404": ("NOT_FOUND", "There is no such upload. Please upload the file again."),
        "409": ("CONFLICT", "A project, a render or an open payment uses this file, so you cannot delete it yet."),
        "410": ("EXPIRED", "This upload has expired. Please upload the file again."),
        "413": ("TOO_LARGE", "This file is too large: the limit on Free is 75 MB. Upgrade to Pro to lift this limit."),
        "415": ("INVALID_AUDIO_FORMAT", "Audio file must be MP3, WAV, or M4A format"),
        "422": ("EMPTY_AUDIO", "This file is empty. Please choose another one."),
    },
    "/api/auth/login": {"422": ("INVALID_CREDENTIALS", "Wrong email address or password. Please check both.")},
    "/api/auth/register": {
        "409": (
            "EMAIL_TAKEN",
            "An account with this email address already exists. Log in, or reset your password if you forgot it.",
        ),
        "422": ("WEAK_PASSWORD", "This password is too easy to guess. Please choose another one."),
    },
    "/api/auth/verify-email/send": {"409": ("CONFLICT", "Your email address is already confirmed.")},
    "/api/auth/verify-email": {
        "409": (
            "EMAIL_TAKEN",
            "An account with this email address already exists. Log in, or reset your password if you forgot it.",
        ),
        "422": ("INVALID_TOKEN", "This link is no longer valid. Log in to get a new one."),
    },
    "/api/auth/reset-password": {
        "422": ("INVALID_TOKEN", "This link has expired or was already used. Please ask for a new one."),
    },
    "/api/user/keys": {"404": ("NOT_FOUND", "There is no such key.")},
    "/api/user/sessions": {"404": ("NOT_FOUND", "There is no such session.")},
    "/api/payments/create-session": {
        "400": ("INVALID_PAYMENT_REQUEST", "Set “kind” to what you want to pay for: render or subscription."),
        "404": ("NOT_FOUND", "There is no such upload. Please upload the file again."),
        "409": ("DUPLICATE_PAYMENT_SESSION", "You already have an open payment page for this."),
    },
    "/api/payments/webhook": {
        "400": ("INVALID_SIGNATURE", "The signature does not match the body, or is older than 5 minutes."),
    },
    "/api/payments/status": {"404": ("NOT_FOUND", "You have no payment with this id.")},
    "/api/billing": {
        "402": ("CARD_DECLINED", "Your card was declined."),
        "409": (
            "WRONG_STATE",
            "You have no subscription. To subscribe, open a payment page: POST /api/payments/create-session.",
        ),
        "503": (
            "PAYMENTS_UNAVAILABLE",
            "The payment service is not responding right now. Please try again in a few minutes.",
        ),
    },
}


def refusal_of_operation(path: str, status: str) -> Refusal | None:
    """Return the code and sentence of an operation's error with this status; None without one of its own."""
    for prefix, refusals in REFUSALS.items():
        if path.startswith(prefix) and status in refusals:
            return refusals[status]
    return None
