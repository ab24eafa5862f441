"""The regions of UN M49 (Standard Country or Area Codes for Statistical Use)."""

REGIONS: dict[str, tuple[str, str]] = {
    # number: (name, number of the region around it)
    "001": ("World", ""),
    "002": ("Africa", "001"),
    "015": ("Northern Africa", "002"),
    "202": ("Sub-Saharan Africa", "002"),
    "014": ("Eastern Africa", "202"),
    "017": ("Middle Africa", "202"),
    "018": ("Southern Africa", "202"),
    "011": ("Western Africa", "202"),
    "019": ("Americas", "001"),
    "021": ("Northern America", "019"),
    "419": ("Latin America and the Caribbean", "019"),
    "029": ("Caribbean", "419"),
    "013": ("Central America", "419"),
    "005": ("South America", "419"),
    "010": ("Antarctica", "001"),
    "142": ("Asia", "001"),
    "143": ("Central Asia", "142"),
    "030": ("Eastern Asia", "142"),
    "035": ("South-eastern Asia", "142"),
    "034": ("Southern Asia", "142"),
    "145": ("Western Asia", "142"),
    "150": ("Europe", "001"),
    "151": ("Eastern Europe", "150"),
    "154": ("Northern Europe", "150"),
    "039": ("Southern Europe", "150"),
    "155": ("Western Europe", "150"),
    "009": ("Oceania", "001"),
    "053": ("Australia and New Zealand", "009"),
    "054": ("Melanesia", "009"),
    "057": ("Micronesia", "009"),
    "061": ("Polynesia", "009"),
}

REGION_CHOICES = [(number, f"{name} ({number})") for number, (name, _) in REGIONS.items()]
REGION_SLUGS = {
    name.lower().replace(" and the ", " ").replace(" and ", " ").replace(" ", "-"): number
    for number, (name, _) in REGIONS.items()
}
"""Names that parameters accept beside the numbers: `africa`, `south-eastern-asia`."""


def regions_around(number: str) -> list[str]:
    """Return the region's number and those of all regions around it."""
    around = []
    while number:
        around.append(number)
        _, number = REGIONS[number]
    return around


def regions_within(number: str) -> list[str]:
    """Return the region's number and those of all regions inside it."""
    within = [number]
    for inner, (_, around) in REGIONS.items():
        if around == number:
            within += regions_within(inner)
    return within
