"""Pages of parties and items that are replaced, or that no record names."""

import pytest
from django.test import Client

from records.models import Item, Party, PartyType
from records.site.addresses import page_of
from tests.support.histories import History

pytestmark = pytest.mark.django_db


def test_a_replaced_code_leads_to_the_one_that_replaces_it(
    client: Client, history: History
) -> None:
    books = history.fork()
    books.edit(Party.objects.get(code="jack-ma-foundation"), replaced_by="alibaba-foundation")
    books.edit(Item.objects.get(code="surgical-mask"), replaced_by="respirator-n95")

    assert client.get("/parties/jack-ma-foundation/").headers["Location"] == (
        "/parties/alibaba-foundation/"
    )
    assert client.get("/items/surgical-mask/").headers["Location"] == "/items/respirator-n95/"
    assert "jack-ma-foundation" in client.get("/parties/alibaba-foundation/").content.decode()
    assert (
        "/parties/jack-ma-foundation/" not in client.get("/sitemaps/parties.xml").content.decode()
    )


def test_a_party_without_records_says_so(client: Client, history: History) -> None:
    party = Party.objects.create(
        code="nobody-yet", name="Nobody yet", type=PartyType.COMPANY, version=1
    )

    assert "No record names it" in client.get(page_of("party", party.code)).content.decode()
