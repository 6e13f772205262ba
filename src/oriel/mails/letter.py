"""Composes a letter from its HTML and text templates, with the same values in both."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from oriel.infra.mail.letter import Inline, Letter

__all__ = ["Inline", "Letter", "compose"]


def compose(
    template: str, subject: str, *, inline: tuple[Inline, ...] = (), unsubscribe: str = "", **values: object
) -> Letter:
    """Return the letter of a template's name, filled in; with the link `unsubscribe` if it can be switched off."""
    filled = {"subject": subject, "unsubscribe": unsubscribe, **values}
    html = _templates().get_template(f"{template}.html").render(filled)
    text = _templates().get_template(f"{template}.txt").render(filled)
    return Letter(subject=subject, html=html, text=text.strip() + "\n", inline=inline, unsubscribe=unsubscribe)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("oriel.mails"),
        autoescape=select_autoescape(default=True, disabled_extensions=("txt",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
