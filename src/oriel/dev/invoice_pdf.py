"""An invoice of the offline payment service as a PDF of one page, so that every download works without Stripe."""

from collections.abc import Sequence

from oriel.billing.gateway import Invoice
from oriel.billing.plans import PLANS
from oriel.mails.wording import money

_PAGE = "595 842"  # A4, in points
_LEFT, _TOP, _LINE = 72, 760, 24


def invoice_pdf(invoice: Invoice) -> bytes:
    """Return the document."""
    plan = PLANS[invoice.plan].title if invoice.plan in PLANS else "Subscription"
    return one_page(
        [
            f"Invoice {invoice.number}",
            f"Date: {invoice.created_at:%Y-%m-%d}",
            f"Oriel Signal FX {plan}, one month: {money(invoice.amount, invoice.currency)}",
            f"State: {invoice.state}",
            "Made by the offline payment service of development. Nothing was charged.",
        ]
    )


def one_page(lines: Sequence[str]) -> bytes:
    """Return a PDF with these lines of text, the first one larger; characters outside of Latin-1 become "?"."""
    shown = [
        f"BT /F1 {20 if not at else 12} Tf {_LEFT} {_TOP - at * _LINE} Td ({_escaped(line)}) Tj ET"
        for at, line in enumerate(lines)
    ]
    stream = "\n".join(shown).encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_PAGE}] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    document, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(document)
    document += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    document += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    document += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(document)


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "()\\" else char for char in text)
