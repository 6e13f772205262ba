"""Tokens of delivery links."""

from collections.abc import Iterator

import pytest
from flask import Flask

from oriel.errors import NotFound
from oriel.rendering import links

SEALED_WITH = "a secret of the tests"
JOB = "06h22iqsn9t9pejl0sbn44isno"


@pytest.fixture(autouse=True)
def context() -> Iterator[None]:
    app = Flask("links")
    app.config["SECRET_KEY"] = SEALED_WITH
    with app.app_context():
        yield


def test_a_link_that_was_given_out_stays_good_in_the_next_version() -> None:
    assert links.token_of(JOB, 1) == f"{JOB}74MNS9TgrOdlFRs5dL8SYg"
    assert links.token_of(JOB, 12) == f"{JOB}Uwsy42NZNVrp_NdS6LD9_w"


def test_every_token_has_one_length_and_is_sealed_for_one_generation() -> None:
    for generation in range(300):
        token = links.token_of(JOB, generation)
        assert links.job_id_in(token) == JOB
        assert links.is_sealed(token, generation)
        assert not links.is_sealed(token, generation + 1)


@pytest.mark.parametrize("text", ["", "x", JOB, JOB + "A" * 21, JOB + "A" * 23, JOB.upper() + "A" * 22])
def test_what_is_no_token_names_no_job(text: str) -> None:
    with pytest.raises(NotFound):
        links.job_id_in(text)
