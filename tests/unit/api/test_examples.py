"""The document's examples are what the service really says."""

import re

from oriel.accounts import keys
from oriel.api.examples import FIELDS, REFUSALS
from oriel.billing.plans import FREE
from oriel.billing.refusals import Demand, allowed_by, refused_song
from oriel.errors import error_classes
from oriel.infra.web import CODES
from oriel.rendering import links


def test_the_limits_of_free_are_those_of_the_plan() -> None:
    [too_long] = refused_song(FREE, 0, FREE.song_seconds + 1)
    [too_large] = refused_song(FREE, FREE.song_bytes + 1, 0.0)
    assert REFUSALS["/api/uploads"]["402"] == (too_long.error.code, too_long.sentence)
    assert REFUSALS["/api/uploads"]["413"] == ("TOO_LARGE", too_large.sentence)
    [refusal] = allowed_by(FREE, Demand(1920, 1080, 30, "mp4", 60, 1, 1))
    assert REFUSALS["/api/render/submit"]["402"] == (refusal.error.code, refusal.sentence)


def test_every_code_is_one_of_ours() -> None:
    known = {error.code for error in error_classes()} | set(CODES.values())
    assert {code for refusals in REFUSALS.values() for code, _ in refusals.values()} <= known


def test_a_key_and_its_first_characters_belong_together() -> None:
    secret = str(FIELDS["KeyMadeOut.secret"])
    assert secret.startswith(keys._MARK)
    assert FIELDS["prefix"] == secret[: keys._SHOWN]


def test_a_link_has_the_form_of_ours() -> None:
    for name in ("video_url", "LinkOut.download_url"):
        assert re.fullmatch(links._TOKEN, str(FIELDS[name]).rpartition("/")[2])
