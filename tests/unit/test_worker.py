"""The worker process, as far as it needs no service."""

import os
import socket

import pytest
from sqlalchemy import String

from oriel.rendering.models import Leader, RenderJob
from oriel.worker import own_name


def test_two_workers_with_one_number_have_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    # In a container each worker has the number of the one before.
    monkeypatch.setattr(os, "getpid", lambda: 7)
    names = {own_name() for _ in range(50)}
    assert len(names) == 50
    assert {name.rpartition("-")[0] for name in names} == {f"{socket.gethostname()[:40]}-7"}


def test_the_longest_name_has_room_in_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "h" * 253)
    monkeypatch.setattr(os, "getpid", lambda: 2**22)
    for column in (RenderJob.__table__.c.worker, Leader.__table__.c.holder):
        assert isinstance(column.type, String)
        assert column.type.length
        assert len(own_name()) <= column.type.length
