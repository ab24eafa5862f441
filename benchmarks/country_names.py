"""Names of countries: to how many of 40 names, and of 10 that are none, the right code is offered.

They are asked of the dataset's vocabulary as a client would: each as `donor=` of a list. A name of
another code, or any code for what is no country, is false; no code is neither.
"""

# ruff: noqa: T201 (it prints what it measures)

import time
from urllib.parse import urlencode

import databases

MEANT = {
    "United States": "USA",
    "us": "USA",
    "U.S.A.": "USA",
    "Estados Unidos": "USA",
    "pk": "PAK",
    "gb": "GBR",
    "KR": "KOR",
    "IR": "IRN",
    "GR": "GRC",
    "NI": "NIC",
    "Republic of Korea": "KOR",
    "South Korea": "KOR",
    "DPRK": "PRK",
    "Sout Korea": "KOR",
    "Great Britain": "GBR",
    "Unted Kingdom": "GBR",
    "Royaume-Uni": "GBR",
    "UK": "GBR",
    "Russian Federation": "RUS",
    "Rusia": "RUS",
    "Россия": "RUS",
    "Росія": "RUS",
    "Ivory Coast": "CIV",
    "Cote d Ivoire": "CIV",
    "Burma": "MMR",
    "Swaziland": "SWZ",
    "Czech Republic": "CZE",
    "Česko": "CZE",
    "Holland": "NLD",
    "Macedonia": "MKD",
    "Iran": "IRN",
    "ایران": "IRN",
    "中国": "CHN",
    "Tyskland": "DEU",
    "Allemagne": "DEU",
    "Pakstan": "PAK",
    "Phillipines": "PHL",
    "Saudi Arabai": "SAU",
    "East Timor": "TLS",
    "Democratic Republic of the Congo": "COD",
}
NONE = [
    *("England", "Bavaria", "Persia", "Kurdistan", "Soviet Union"),
    *("Yugoslavia", "Atlantis", "Catalonia", "Korea", "Congo"),
]
"""Places that are no country, or two."""


def measure(url: str) -> None:
    databases.set_up_django(url)
    from django.test import Client

    client = Client()
    right, false, times = [], [], []
    for name in [*MEANT, *NONE]:
        start = time.perf_counter()
        response = client.get(f"/api/v1/donations/?{urlencode({'donor': name})}")
        times.append((time.perf_counter() - start) * 1000)
        (error,) = response.json()["errors"]
        if error["suggestion"] is not None:
            wanted = MEANT.get(name)
            (right if error["suggestion"] == wanted else false).append(name)
    missed = [name for name in MEANT if name not in right]
    print(f"{len(MEANT)} names: {len(right)} right; no suggestion: {missed or 'none'}.")
    print(f"These and {len(NONE)} that are no country, or two: {len(false)} false {false or ''}.")
    print(
        f"Milliseconds: {times[0]:.0f} for the first, then {sorted(times)[len(times) // 2]:.0f}."
    )


def main() -> None:
    databases.apart(measure, databases.with_dataset("sqlite", "dataset"))


if __name__ == "__main__":
    main()
