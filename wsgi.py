"""Lets the `flask` command find the application in this folder: `flask db upgrade` needs no `--app`."""

from oriel.app import create_app

__all__ = ["create_app"]
