"""A letter: a subject, the same text as HTML and plain text, and inline pictures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Inline:
    """A picture of the HTML (`<img src="cid:…">`) that lies in the storage until the letter is sent.

    The HTML between `<!--inline:CID-->` and `<!--/inline:CID-->` is left out when the picture is gone by then.
    """

    cid: str
    storage_name: str
    media_type: str = "image/jpeg"


@dataclass(frozen=True)
class Letter:
    """One letter, addressed to nobody yet."""

    subject: str
    html: str
    text: str
    inline: tuple[Inline, ...] = ()
    # The address that switches off letters of this kind with one POST (RFC 8058); empty for letters that must arrive.
    unsubscribe: str = ""
