"""Names of copies, which no other project of their owner has."""

import re
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from oriel.names import cut
from oriel.projects.models import LONGEST_NAME, Project

_ENDING = re.compile(r" \(copy(?: \d{1,5})?\)$")
_LONGEST_ENDING = len(" (copy 99999)")


def copy_name(session: Session, user_id: str, name: str) -> str:
    """Return the first free one of "Song (copy)", "Song (copy 2)" and so on, for a song or a copy of it.

    Deleted projects keep their names: they may be brought back.
    """
    plain = _ENDING.sub("", name)
    begins_alike = Project.name.startswith(cut(plain, LONGEST_NAME - _LONGEST_ENDING), autoescape=True)
    taken = set(session.scalars(select(Project.name).where(Project.user_id == user_id, begins_alike)))
    endings = (" (copy)" if number == 1 else f" (copy {number})" for number in count(1))
    names = (f"{cut(plain, LONGEST_NAME - len(ending))}{ending}" for ending in endings)
    return next(each for each in names if each not in taken)
