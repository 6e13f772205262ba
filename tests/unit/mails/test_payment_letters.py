"""What our letters about money say, in both forms."""

import re
from datetime import UTC, datetime, timedelta, timezone
from html import unescape

import pytest

from oriel.mails import (
    Letter,
    credit_held,
    credit_returned,
    payment_failed,
    payment_refunded,
    plan_changed,
    plan_stays,
    plan_will_change,
    receipt,
)
from oriel.mails.wording import money

BILLING = "https://oriel.example.com/billing?a=1&b=2"
NEXT = "https://oriel.example.com/renders/1?a=1&b=2"
PAY = "https://invoice.example.com/i/1?s=ap&t=2"
RECEIPT = "https://receipts.example.com/1?s=ap&t=2"
# 20 December in UTC already, still the 19th where the customer is.
WHEN = datetime(2026, 12, 19, 19, 40, tzinfo=timezone(timedelta(hours=-5)))
WHEN_SAID = "20 December, 00:40 UTC"
PAID_SAID = "20 December 2026, 00:40 UTC"


def words(html: str) -> str:
    """Return what a reader sees of a letter, its preview included."""
    body = html.split("</head>")[1]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def both(letter: Letter) -> tuple[str, str]:
    return words(letter.html), " ".join(letter.text.split())


def links(letter: Letter) -> set[str]:
    found = {unescape(link) for link in re.findall(r'<a [^>]*href="([^"]*)"', letter.html)}
    assert found == set(re.findall(r"https://\S+", letter.text))
    return found


@pytest.mark.parametrize(
    ("cents", "currency", "said"),
    [
        (499, "usd", "$4.99"),
        (499, "USD", "$4.99"),
        (499, "eur", "€4.99"),
        (2_900, "gbp", "£29.00"),
        (5, "usd", "$0.05"),
        (0, "usd", "$0"),
        (2_050, "usd", "$20.50"),
        (123_456_789, "usd", "$1,234,567.89"),
        (-499, "usd", "-$4.99"),
        (-5, "eur", "-€0.05"),
        (499, "jpy", "¥499"),
        (1_250_000, "krw", "KRW 1,250,000"),
        (4_990, "kwd", "KWD 4.990"),
        (5, "bhd", "BHD 0.005"),
        # They have no decimals, and Stripe counts them in hundredths all the same.
        (500, "isk", "ISK 5"),
        (500, "ugx", "UGX 5"),
    ],
)
def test_smallest_units_become_an_amount(cents: int, currency: str, said: str) -> None:
    assert money(cents, currency) == said


def test_a_currency_without_decimals_is_written_without_them() -> None:
    for said in both(receipt("Ada", "One render", 750, "jpy", WHEN, "06gv", RECEIPT, NEXT)):
        assert "¥750" in said
        assert "7.50" not in said


def test_a_receipt_says_what_was_paid_and_leads_to_the_payment_services_own() -> None:
    letter = receipt("Ada", "One render", 499, "usd", WHEN, "06gv", RECEIPT, NEXT)
    assert letter.subject == "Your receipt: One render"
    for said in both(letter):
        assert all(part in said for part in ("Hi Ada,", "One render", "$4.99", PAID_SAID, "06gv", "For your books"))
    assert links(letter) == {RECEIPT, NEXT}


def test_a_receipt_where_the_payment_service_has_none() -> None:
    letter = receipt("", "Pro, one month", 999, "eur", WHEN, "06gv", None, NEXT)
    for said in both(letter):
        assert "Pro, one month" in said
        assert "€9.99" in said
        assert "For your books" not in said
    assert links(letter) == {NEXT}
    assert letter.text.startswith("Hi,\n")


def test_a_renewal_that_failed_costs_nothing_while_it_is_tried_again() -> None:
    letter = payment_failed("Ada", "Pro", 999, "usd", WHEN, PAY, BILLING)
    assert letter.subject == "We could not renew your Pro plan"
    for said in both(letter):
        assert all(part in said for part in ("$9.99", WHEN_SAID, "Next attempt", "You keep Pro"))
        assert "Pay the open invoice" in said
        assert "last attempt" not in said
    assert links(letter) == {PAY, BILLING}


def test_a_renewal_without_a_page_to_pay_it_on() -> None:
    letter = payment_failed("Ada", "Pro", 999, "usd", WHEN, None, BILLING)
    for said in both(letter):
        assert "Open your billing page" in said
        assert "open invoice" not in said
    assert links(letter) == {BILLING}


def test_the_last_try_of_a_renewal() -> None:
    letter = payment_failed("Ada", "Pro", 999, "usd", None, PAY, BILLING)
    for said in both(letter):
        assert all(part in said for part in ("last attempt", "goes back to Free", "Your videos are not affected"))
        assert "We will try again" not in said
    assert links(letter) == {PAY, BILLING}


def test_another_plan_says_what_it_changes() -> None:
    changes = ["50 renders a month instead of 5", "videos without our watermark"]
    letter = plan_changed("Ada", "Free", "Pro", changes, BILLING, price="$9.99 a month")
    assert letter.subject == "You are now on Pro"
    for said in both(letter):
        assert "Your plan has changed from Free to Pro." in said
        assert "50 renders a month instead of 5" in said
        assert "Videos without our watermark" in said
        assert "deleted" not in said
    assert links(letter) == {BILLING}


def test_a_trial_says_when_it_ends_and_what_comes_then() -> None:
    letter = plan_changed("Ada", "Free", "Pro", [], BILLING, price="$9.99 a month", free_until=WHEN)
    for said in both(letter):
        told = said.replace("\u00a0", " ")
        assert "It is free until 20 December, then $9.99 a month." in told


def test_another_plan_that_changes_nothing_worth_a_word() -> None:
    letter = plan_changed("Ada", "Free", "Pro", [], BILLING, price="$9.99 a month")
    assert all("what changes:" not in said for said in both(letter))
    assert "from Free to Pro.\n\nSee your plan:\n" in letter.text


@pytest.mark.parametrize("changes", [[], ["5 renders a month instead of 50"]])
def test_whoever_goes_back_to_free_loses_no_video_at_once(changes: list[str]) -> None:
    for said in both(plan_changed("Ada", "Pro", "Free", changes, BILLING, price="$9.99 a month")):
        assert "Nothing has been deleted" in said
        assert "until the date" in said


def test_a_smaller_plan_comes_when_the_period_is_over() -> None:
    letter = plan_will_change("Ada", "Enterprise", "Pro", WHEN, BILLING, price="$9.99 a month")
    assert letter.subject == "Your plan changes to Pro on 20 December"
    for said in both(letter):
        assert WHEN_SAID in said
        assert "you keep Enterprise" in said
        assert "After that, you are on Pro, for $9.99 a month" in said
        assert "charged" not in said
    assert links(letter) == {BILLING}


def test_a_plan_that_ends_is_not_charged_again() -> None:
    for said in both(plan_will_change("Ada", "Pro", "Free", WHEN, BILLING, price="$9.99 a month")):
        assert "You will not be charged for Pro again." in said
        assert "Nothing is deleted on that day" in said


def test_a_plan_that_ends_later_than_its_period_is_charged_until_then() -> None:
    before = WHEN - timedelta(days=40)
    letter = plan_will_change("Ada", "Pro", "Free", WHEN, BILLING, price="$0 a month", renewed_on=before)
    for said in both(letter):
        assert "renewed and charged as usual, next on 10 November" in said
        assert "You will not be charged" not in said


def test_a_change_that_is_taken_back() -> None:
    letter = plan_stays("Ada", "Pro", BILLING)
    assert letter.subject == "You keep Pro"
    for said in both(letter):
        assert "You stay on Pro, and it renews as before." in said
    assert links(letter) == {BILLING}


def test_money_that_goes_back() -> None:
    letter = payment_refunded("Ada", "One render", 499, "usd", "You paid twice.")
    assert letter.subject == "We refunded $4.99"
    for said in both(letter):
        assert all(
            part in said for part in ("One render", "$4.99", "You paid twice.", "You do not need to do anything.")
        )
    assert links(letter) == set()


def test_a_paid_render_that_could_not_be_started_is_kept() -> None:
    letter = credit_held("Ada", "This song was deleted.", NEXT)
    for said in both(letter):
        assert all(
            part in said for part in ("We are sorry", "This song was deleted.", "You have a credit for one render")
        )
    assert links(letter) == {NEXT}


def test_a_paid_render_that_failed_gives_its_credit_back() -> None:
    letter = credit_returned("Ada", "Night Drive", "The song cannot be read.", "It is kept.", "Go on", NEXT)
    assert letter.subject == "We could not make your video, and your credit is back: Night Drive"
    for said in both(letter):
        assert all(
            part in said for part in ("Night Drive", "The song cannot be read.", "use it right away", "It is kept.")
        )
    assert links(letter) == {NEXT}


def test_a_moment_is_said_in_utc() -> None:
    said = [
        receipt("", "One render", 499, "usd", when, "06gv", None, NEXT).text for when in (WHEN, WHEN.astimezone(UTC))
    ]
    assert said[0] == said[1]
