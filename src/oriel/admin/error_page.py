"""Failures of the panel's addresses, as a page of the panel: with its menu for operators, and bare for anybody else."""

from flask import Response, make_response
from sqlalchemy.exc import SQLAlchemyError

from oriel.admin import staff
from oriel.admin.views import PanelView
from oriel.infra.database import db


def error_page(view: PanelView, title: str, sentence: str, status: int) -> Response:
    """Return the page about a failure, rendered by a view that is in no menu."""
    try:
        # What failed may have left a transaction in which nothing can be read.
        db.session.rollback()
        shown = _rendered(view, title, sentence, status)
    except SQLAlchemyError:
        # The database is away, so nobody can be recognised.
        staff.recognise_nobody()
        shown = _rendered(view, title, sentence, status)
    return make_response(shown, status)


def _rendered(view: PanelView, title: str, sentence: str, status: int) -> str:
    return view.render("panel/error.html", title=title, sentence=sentence, is_ours=status >= 500)
