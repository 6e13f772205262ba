"""What a profile says about renders."""

from collections.abc import Callable

from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob

from oriel.rendering.models import CANCELLED


def test_a_profile_counts_all_renders_ever(caller: Callable[..., Caller], make_job: MakeJob) -> None:
    ada = caller()
    make_job(ada.user_id)
    make_job(ada.user_id, status=CANCELLED)
    make_job()
    profile = ada.get("/api/user/profile").json
    assert profile
    assert profile["statistics"]["renders_total"] == 2
