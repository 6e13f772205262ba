"""Letters about shared projects."""

from oriel.mails.letter import Letter, compose
from oriel.mails.wording import plain


def invitation(owner_name: str, owner_email: str, project_name: str, link: str, *, may_edit: bool) -> Letter:
    """Invite somebody, with or without an account, to a project; both names come from a stranger to the reader."""
    name = plain(owner_name)
    owner = name or owner_email
    project = plain(project_name)
    quoted = f"“{project}”" if project else "a project"
    return compose(
        "invitation",
        f"{owner} shared {quoted} with you",
        greeting="Hi,",
        owner=owner,
        # A name proves nothing: the address stands beside it.
        sender=f"{name} ({owner_email})" if name else owner_email,
        owner_email=owner_email,
        project=quoted,
        may_edit=may_edit,
        link=link,
    )
