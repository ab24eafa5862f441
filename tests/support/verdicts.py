"""What record pages say of the figures of a record in totals."""

import html
import re
from typing import Any

from django.test import Client

from tests.support.factories import ContractFactory, DonationFactory, ExportFactory

FACTORIES = {"donations": DonationFactory, "exports": ExportFactory, "contracts": ContractFactory}


def said(client: Client, id: str, **query: Any) -> list[str]:
    """Return what a page says of each figure in totals, without tags."""
    response = client.get(f"/records/{id}/", query)
    assert response.status_code == 200
    found = re.findall(r"In totals</dt><dd>(.*?)</dd>", response.content.decode())
    return [html.unescape(re.sub(r"<[^>]+>", "", one)) for one in found]
