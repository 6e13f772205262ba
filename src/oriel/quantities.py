"""Numbers of things in English sentences."""


def quantity(count: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, such as "1 worker" and "1,200 workers"; `plural` is for nouns without an -s."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
