"""How long an upload may take."""

from oriel.billing.plans import PLANS
from oriel.media.patience import HEAD_START_S, SLOWEST_BYTES_S
from oriel.media.sweep import LEFT_S


def test_the_slowest_upload_of_the_largest_song_ends_long_before_its_folder_is_swept() -> None:
    largest = max(plan.song_bytes for plan in PLANS.values())
    assert HEAD_START_S + largest / SLOWEST_BYTES_S < LEFT_S / 2
