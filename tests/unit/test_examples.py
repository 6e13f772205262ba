"""The examples over HTTP: where they look for the service, and how they tell a refusal."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from examples.journey import local_url, sentence_of

ROOT = Path(__file__).parents[2]
REQUEST = httpx.Request("POST", "http://127.0.0.1:5000/api/render/submit")


def test_the_service_is_looked_for_on_the_port_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "5077")
    assert local_url() == "http://127.0.0.1:5077"
    monkeypatch.delenv("PORT")
    assert local_url() == "http://127.0.0.1:5000"


@pytest.mark.parametrize("command", [["examples/journey.py"], ["-m", "examples.paying"]])
def test_without_a_service_an_example_ends_with_a_sentence(command: list[str], tmp_path: Path) -> None:
    song = tmp_path / "song.wav"
    song.touch()
    # Port 1 is reserved: nothing listens there.
    environment = {**os.environ, "PORT": "1"}
    ended = subprocess.run(
        [sys.executable, *command, str(song)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 1
    said = "Nothing answers at http://127.0.0.1:1: start the service with `make run`, or name another one with --url."
    assert ended.stderr.splitlines() == [said]


def test_a_refusal_is_told_by_its_sentence() -> None:
    body = {"error": {"code": "TOO_LARGE", "message": "This file is too large.", "details": {}}}
    assert sentence_of(httpx.Response(413, json=body, request=REQUEST)) == "This file is too large."


@pytest.mark.parametrize("text", ["<html>", "[]", "{}", '{"error": 1}'])
def test_an_answer_of_something_else_is_told_by_its_status(text: str) -> None:
    sentence = sentence_of(httpx.Response(502, text=text, request=REQUEST))
    assert sentence == "POST http://127.0.0.1:5000/api/render/submit answers 502 Bad Gateway."
