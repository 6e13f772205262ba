"""What our letters say, in both forms, whatever a customer calls a song."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from oriel.infra.mail.letter import Inline
from oriel.mails import (
    Letter,
    RenderDetails,
    SecurityHelp,
    account_kept,
    address_wanted,
    alert_closed,
    alert_opened,
    api_key_made,
    confirmation,
    credit_held,
    credit_returned,
    deletion_asked,
    email_change,
    email_changed,
    expires_soon,
    export_failed,
    export_ready,
    invitation,
    limit_near,
    new_recovery_codes,
    password_changed,
    password_reset,
    payment_failed,
    payment_refunded,
    plan_changed,
    plan_stays,
    plan_will_change,
    receipt,
    recovery_code_used,
    render_failed,
    render_goes_on,
    render_held_up,
    render_lost,
    render_ready,
    renders_go_on,
    renders_wait,
    second_factor_added,
    second_factor_removed,
    second_factors_reset,
    seen_from,
)

LINK = "https://oriel.example.com/verify-email?token=abc&next=1"
EXPIRES = datetime(2026, 12, 20, 15, 40, tzinfo=UTC)
DETAILS = RenderDetails(1280, 720, 30, "mp4", 187.4, 48_213_991, watermark=True)
EVIL = "<script>alert(1)</script> & \"Co\" 'x'"


def every_letter(name: str = "Ada", title: str = "Night Drive", link: str = LINK) -> dict[str, Letter]:
    return {
        "confirmation": confirmation(name, link),
        "password_reset": password_reset(name, link),
        "email_change": email_change(name, link, "new@example.com"),
        "address_wanted": address_wanted(name),
        "email_changed": email_changed(name, "new@example.com", None),
        "api_key_made": api_key_made(name, title, SecurityHelp(link, None), may_render=True),
        "password_changed": password_changed(name, keys_ended=2),
        "second_factor_added": second_factor_added(name, title, SecurityHelp(link, "help@example.com")),
        "second_factor_removed": second_factor_removed(name, title, SecurityHelp(link, None), is_last=True),
        "recovery_code_used": recovery_code_used(name, 9, SecurityHelp(link, None)),
        "new_recovery_codes": new_recovery_codes(name, SecurityHelp(link, None)),
        "second_factors_reset": second_factors_reset(name, SecurityHelp(link, None)),
        "export_ready": export_ready(name, link, EXPIRES),
        "export_failed": export_failed(name, link),
        "deletion_asked": deletion_asked(name, EXPIRES, link),
        "account_kept": account_kept(name, link),
        "render_ready": render_ready(name, title, DETAILS, link, link, EXPIRES, "posters/1.png"),
        "render_failed": render_failed(name, title, "The song cannot be read.", title, title, link),
        "render_held_up": render_held_up(name, title),
        "render_goes_on": render_goes_on(name, title),
        "render_lost": render_lost(title, "a1", "STAGE_HUNG", "The browser does not answer.", 3, link),
        "renders_wait": renders_wait("DISK_FULL", "The disk is full.", "a1", EXPIRES, link),
        "renders_go_on": renders_go_on("DISK_FULL"),
        "alert_opened": alert_opened("Workers are missing", title, EXPIRES, (("Check:", "oriel doctor"),), link),
        "alert_closed": alert_closed("Workers are missing", title, EXPIRES, link),
        "expires_soon": expires_soon(name, title, link, EXPIRES),
        "receipt": receipt(name, title, 499, "usd", EXPIRES, title, link, link),
        "payment_failed": payment_failed(name, "Pro", 999, "usd", EXPIRES, link, link),
        "plan_changed": plan_changed(name, "Pro", "Free", [title], link, price=title, free_until=EXPIRES),
        "plan_stays": plan_stays(name, "Pro", link),
        "plan_will_change": plan_will_change(name, "Pro", "Free", EXPIRES, link, price=title),
        "payment_refunded": payment_refunded(name, title, 499, "usd", title),
        "credit_held": credit_held(name, title, link),
        "credit_returned": credit_returned(name, title, title, title, title, link),
        "invitation": invitation(name, "ada@example.com", title, link, may_edit=True),
        "limit_near": limit_near(name, title, "80%", "4 of 5 renders", title, link),
    }


KINDS = list(every_letter())
TO_OPERATORS = ("alert_opened", "alert_closed", "render_lost", "renders_wait", "renders_go_on")
WITHOUT_LINKS = (
    "renders_go_on",
    "address_wanted",
    "email_changed",
    "password_changed",
    "payment_refunded",
    "render_held_up",
    "render_goes_on",
)


def test_an_invitation_names_its_sender_but_advertises_nothing() -> None:
    letter = invitation("Buy at www.example.net", "ada@example.com", "Cheap pills: example.net/x", LINK, may_edit=False)
    assert letter.subject == "ada@example.com shared a project with you"
    assert "example.net" not in letter.text + letter.html


class Tags(HTMLParser):
    """Collects what a document consists of, and fails where a tag is not closed."""

    VOID = ("meta", "img", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


@pytest.mark.parametrize("kind", KINDS)
def test_both_forms_greet_and_carry_the_link(kind: str) -> None:
    letter = every_letter()[kind]
    links = {attrs["href"] for tag, attrs in Tags(letter.html).tags if tag == "a"}
    assert links == (set() if kind in WITHOUT_LINKS else {LINK})
    assert (LINK in letter.text.split()) == bool(links)
    greeting = "Hi," if kind == "invitation" or kind in TO_OPERATORS else "Hi Ada,"
    assert greeting in letter.text
    assert greeting in letter.html


@pytest.mark.parametrize("kind", KINDS)
def test_mail_clients_find_nothing_to_fetch_and_nothing_to_run(kind: str) -> None:
    tags = Tags(every_letter()[kind].html).tags
    assert not {"script", "link", "form", "iframe"} & {tag for tag, _ in tags}
    assert all(attrs["src"] == "cid:poster" for tag, attrs in tags if tag == "img")


@pytest.mark.parametrize("kind", KINDS)
def test_tables_for_the_layout_are_told_apart_from_tables_of_facts(kind: str) -> None:
    tables = [attrs for tag, attrs in Tags(every_letter()[kind].html).tags if tag == "table"]
    assert all(table.get("role") == "presentation" for table in tables)


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_and_a_title_stay_words(kind: str) -> None:
    html = every_letter(name=EVIL, title=EVIL)[kind].html
    assert "<script" not in html
    assert Tags(html).tags


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_cannot_leave_its_attribute(kind: str) -> None:
    html = every_letter(link='https://x.example/"><b>')[kind].html
    assert "<b>" not in html


@pytest.mark.parametrize("kind", KINDS)
def test_gmail_would_cut_off_a_letter_of_102_kilobytes(kind: str) -> None:
    assert len(every_letter()[kind].html.encode()) < 30_000


@pytest.mark.parametrize("kind", KINDS)
def test_no_line_of_the_text_is_left_from_the_template(kind: str) -> None:
    text = every_letter()[kind].text
    assert not re.search(r"\n{4,}|[ \t]\n|\{|\}", text)
    assert "&" not in text.replace(LINK, "")


class Visible(HTMLParser):
    """Collects the words that a document shows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: set[str] = set()
        self._hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # The preview in a list of mails, and the line above the headline, repeat the letter in other words.
        style = dict(attrs).get("style") or ""
        self._hidden = tag in ("style", "title") or style.startswith("display:none") or "text-transform" in style

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words |= words_of(data)


def words_of(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[\w$%.,-]*\w[\w%]*", text)}


# Around every letter: how to use its button, and what we are.
FRAME = words_of(
    "If the button does not work, copy this address into your browser: 3D videos for your songs Oriel Signal FX Pro"
)


@pytest.mark.parametrize("kind", KINDS)
def test_both_forms_say_the_same(kind: str) -> None:
    letter = every_letter(link="https://x")[kind]
    around = FRAME | words_of(letter.subject)
    shown, said = Visible(letter.html).words - around, words_of(letter.text) - around
    assert (sorted(said - shown), sorted(shown - said)) == ([], [])


@pytest.mark.parametrize("name", ["", "  ", "Win money at evil.com", "https://evil.com", "x" * 61, "a@b", "www.evil"])
def test_a_name_that_advertises_is_not_repeated_to_a_stranger(name: str) -> None:
    letter = confirmation(name, LINK)
    assert letter.text.startswith("Hi,\n")


@pytest.mark.parametrize("name", ["Ada", "Ada Lovelace", "J. R. Smith", "Łukasz O'Neil", "  Ada \n Lovelace "])
def test_a_name_is_repeated(name: str) -> None:
    assert confirmation(name, LINK).text.startswith(f"Hi {' '.join(name.split())},\n")


def test_a_finished_video_is_described() -> None:
    letter = every_letter()["render_ready"]
    assert letter.subject == "Your video is ready: Night Drive"
    assert letter.inline == (Inline("poster", "posters/1.png", "image/png"),)
    for words in ("1280 × 720, 30 fps", "3:07", "MP4, 48 MB", "until 20 December, 15:40 UTC"):  # noqa: RUF001
        assert words in letter.text
        assert words in letter.html
    assert "watermark" in letter.text
    assert "<!--inline:poster-->" in letter.html


def test_a_video_without_poster_and_watermark() -> None:
    paid = RenderDetails(3840, 2160, 60, "mov", 3723.0, 2_400_000_000)
    letter = render_ready("Ada", "", paid, LINK, LINK, EXPIRES, None)
    assert letter.inline == ()
    assert "cid:" not in letter.html
    assert "watermark" not in letter.text
    assert "1:02:03" in letter.text
    assert "MOV, 2.4 GB" in letter.text
    assert letter.subject == "Your video is ready: Untitled"


def test_the_picture_of_a_video_leads_to_its_page_and_the_button_to_the_file() -> None:
    file, page = "https://oriel.example/d/1", "https://oriel.example/v/1"
    letter = render_ready("Ada", "Night Drive", DETAILS, file, page, EXPIRES, "p.jpg")
    assert re.search(rf'<a href="{page}"[^>]*><img', letter.html)
    assert re.search(rf'<a href="{file}"[^>]*>Download the video</a>', letter.html)
    assert {file, page} <= set(letter.text.split())


@pytest.mark.parametrize(("width", "height", "shown"), [(1920, 1080, 600), (1080, 1080, 440), (1080, 1920, 248)])
def test_a_portrait_poster_leaves_the_words_in_sight(width: int, height: int, shown: int) -> None:
    details = RenderDetails(width, height, 30, "mp4", 10, 1)
    (poster,) = [
        attrs
        for tag, attrs in Tags(render_ready("", "x", details, LINK, LINK, EXPIRES, "p.jpg").html).tags
        if tag == "img"
    ]
    assert poster["width"] == str(shown)


def test_a_failed_video_says_that_it_does_not_count_what_is_kept_and_what_to_do() -> None:
    letter = render_failed("Ada", "Night Drive", "No.", "Your settings are still there.", "Choose the song", LINK)
    for said in (letter.text, letter.html):
        assert "does not count towards your limit. Your settings are still there." in said
        assert "Choose the song" in said


def test_a_long_title_is_cut_in_the_subject() -> None:
    subject = expires_soon("", "la " * 100, LINK, EXPIRES).subject
    assert len(subject) < 130
    assert subject.endswith("la…")


def test_ended_keys_are_told_where_there_were_any() -> None:
    some, none = password_changed("Ada", keys_ended=1), password_changed("Ada")
    assert "API keys" in some.text
    assert "API keys" in some.html
    assert "API keys" not in none.text + none.html


def test_a_removed_factor_leaves_others_or_the_password() -> None:
    last, another = (
        second_factor_removed("Ada", "Key ring", SecurityHelp(LINK, None), is_last=is_last) for is_last in (True, False)
    )
    assert "your password alone opens your account" in last.text
    assert "Your other second factors stay" in another.text


def test_a_letter_about_security_names_the_operator_where_there_is_an_address() -> None:
    for contact, said in (("help@example.com", "write to help@example.com."), (None, "and contact us.")):
        letter = new_recovery_codes("Ada", SecurityHelp(LINK, contact))
        assert said in letter.text
        assert said in letter.html
    assert "Write to help@example.com right away" in email_changed("Ada", "new@example.com", "help@example.com").text
    assert "Contact us right away" in email_changed("Ada", "new@example.com", None).text


def test_a_letter_about_security_says_when_and_from_where() -> None:
    seen = seen_from(datetime(2026, 12, 20, 15, 40, tzinfo=UTC), "203.0.113.9")
    assert seen == "This happened on 20 December 2026, 15:40 UTC, from the IP address 203.0.113.9."
    told = SecurityHelp(LINK, None, seen)
    for letter in (
        password_changed("Ada", seen=seen),
        email_changed("Ada", "new@example.com", None, seen),
        new_recovery_codes("Ada", told),
        api_key_made("Ada", "Build server", told, may_render=False),
    ):
        assert seen in letter.text
        assert seen in letter.html
    # An operator did that.
    assert "203.0.113.9" not in second_factors_reset("Ada", told).text


def test_an_invitation_names_its_sender_once() -> None:
    named = invitation("Zoe", "zoe@example.com", "Night", "https://x.example/shared/1", may_edit=False).text
    assert "Zoe (zoe@example.com) invites you" in named
    nameless = invitation("", "zoe@example.com", "Night", "https://x.example/shared/1", may_edit=False).text
    assert "\nzoe@example.com invites you" in nameless
