"""Storage: how much there is of each kind, and who has the most of it."""

from oriel.admin.customers import address_of, customer_link, load_addresses
from oriel.admin.lists import Cell
from oriel.admin.views import PanelView, page
from oriel.mails.wording import size
from oriel.quantities import quantity
from oriel.rendering.storage_figures import KINDS, Share, largest_customers, storage_totals

_TITLES = dict(zip(KINDS, ("Videos", "Songs", "Pictures", "Avatars", "Uploads under way"), strict=True))
_LARGEST = 20


class StorageView(PanelView):
    """What the storage holds."""

    menu_name = "Storage"
    part = "storage"
    group = "Work"

    @page("/")
    def index(self) -> str:
        """Show the totals and the largest customers, as the database counts them."""
        totals, shares = storage_totals(), largest_customers(_LARGEST)
        load_addresses(share.user_id for share in shares)
        whole = sum(total.size_bytes for total in totals)
        return self.render(
            "panel/storage.html",
            figures=[("Everything", size(whole), _objects(sum(total.count for total in totals)))]
            + [(_TITLES[total.kind], size(total.size_bytes), _objects(total.count)) for total in totals],
            header=("Customer", "Objects", "Size", "Share"),
            rows=[_row(share, whole) for share in shares],
        )


def _objects(count: int) -> str:
    return quantity(count, "object")


def _row(share: Share, whole: int) -> tuple[object, ...]:
    customer = Cell(address_of(share.user_id), customer_link(share.user_id))
    return customer, share.count, size(share.size_bytes), f"{share.size_bytes / max(1, whole):.1%}"
