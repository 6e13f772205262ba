"""Counts of answers over HTTP, good ones and those that are our fault."""

from oriel.infra.counters import Counter

OK = "ok"
FAILED = "failed"

ANSWERS = Counter("oriel_answers", "Answers over HTTP; failed ones are server errors (5xx)", ("result",))


def count_answer(status: int) -> None:
    """Count an answer by its HTTP status."""
    ANSWERS.add(FAILED if status >= 500 else OK)
