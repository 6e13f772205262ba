"""Housekeeping: jobs that the clock runs by a table, and operators by hand; each may run twice without harm."""

from oriel.housekeeping import models

__all__ = ["models"]
