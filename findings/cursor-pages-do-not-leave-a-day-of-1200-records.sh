#!/usr/bin/env bash
# Cursor pages by a date do not leave a day of 1,200 records, in DRF and in django-ninja
#
# Packages:   djangorestframework 3.18.3, django-ninja 1.7.1, Django 5.2.19 (PyPI)
# Input:      1,200 records of 31 December 2020, as of the end of a year, and 100 of the day before, in the order
#             of date and id, on pages of 50 of CursorPagination, which both packages have.
# Expected:   26 pages with 1,300 records, each once.
# Seen:       DRF returns the records of page 21 on every further page, and `next` never ends. django-ninja
#             returns one page, and for the second status 500.
# Reason:     A cursor holds the first field of the order alone, here the date, and how many records of it to skip:
#             cut off at 1,000 in DRF, refused from 100 on in django-ninja. The id is never in it.
# Do instead: Let the first field of the order be one that no two records share, such as a column of date and id
#             together; or raise `offset_cutoff` and NINJA_PAGINATION_MAX_OFFSET above the fullest day.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n '2,/^$/s/^# \{0,1\}//p' "$0"

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq --disable-pip-version-check djangorestframework==3.18.3 django-ninja==1.7.1 django==5.2.19
cat >"$work/gifts.py" <<'PY'
import datetime
import logging

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
    ROOT_URLCONF=__name__,
)
django.setup()

from django.db import connection, models
from django.test import Client
from django.urls import path
from ninja import NinjaAPI, Schema
from ninja.pagination import CursorPagination as CursorOfNinja
from ninja.pagination import paginate
from rest_framework import generics, serializers
from rest_framework.pagination import CursorPagination


class Gift(models.Model):
    day = models.DateField()

    class Meta:
        app_label = "gifts"


class GiftSerializer(serializers.ModelSerializer):
    class Meta:
        model = Gift
        fields = ["id", "day"]


class ByDay(CursorPagination):
    page_size = 50
    ordering = ("-day", "-id")


class Gifts(generics.ListAPIView):
    queryset = Gift.objects.all()
    serializer_class = GiftSerializer
    pagination_class = ByDay


class GiftSchema(Schema):
    id: int
    day: datetime.date


api = NinjaAPI()


@api.get("/gifts", response=list[GiftSchema])
@paginate(CursorOfNinja, ordering=("-day", "-id"), page_size=50)
def gifts(request):
    return Gift.objects.all()


urlpatterns = [path("drf/gifts", Gifts.as_view()), path("ninja/", api.urls)]
logging.disable(logging.CRITICAL)
with connection.schema_editor() as editor:
    editor.create_model(Gift)
for day, number in ((30, 100), (31, 1200)):
    Gift.objects.bulk_create(Gift(day=datetime.date(2020, 12, day)) for _ in range(number))

client = Client(raise_request_exception=False)
for name in ("drf", "ninja"):
    url, seen, pages = f"http://testserver/{name}/gifts", set(), 0
    while url and pages < 100:
        response = client.get(url.removeprefix("http://testserver"))
        if response.status_code != 200:
            break
        page = response.json()
        seen |= {gift["id"] for gift in page["results"]}
        url, pages = page["next"], pages + 1
    end = "no end" if url and pages == 100 else f"then {response.status_code}"
    print(f"{name}: {len(seen)} of {Gift.objects.count()} records in {pages} pages, {end}")
PY
"$work/venv/bin/python" "$work/gifts.py" >"$work/seen"

echo "Output:"
sed 's/^/  /' "$work/seen"
diff - "$work/seen" <<'TEXT'
drf: 1050 of 1300 records in 100 pages, no end
ninja: 50 of 1300 records in 1 pages, then 500
TEXT
echo "As described."
