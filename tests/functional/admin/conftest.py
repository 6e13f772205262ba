"""What the tests of the panel share."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from tests.functional.accounts.conftest import cheap_hashes, known, mailbox
from tests.functional.admin.staff import Operator, signed_in

from oriel.accounts.models import ROLE_ADMIN, ROLE_SUPPORT

__all__ = ["cheap_hashes", "known", "mailbox"]


@pytest.fixture
def operator(app: APIFlask) -> Callable[..., Operator]:
    """Make operators that are signed in to the panel."""
    return lambda role=ROLE_ADMIN, **options: signed_in(app, role, **options)


@pytest.fixture
def admin(app: APIFlask) -> Operator:
    """An operator with all rights."""
    return signed_in(app)


@pytest.fixture
def support(app: APIFlask) -> Operator:
    """An operator who may see everything and do little."""
    return signed_in(app, ROLE_SUPPORT)
