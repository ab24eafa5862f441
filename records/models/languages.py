"""Language tags (BCP 47): which exist, how they are written, and which was meant."""

import re

import langcodes

WELL_FORMED = r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*"
"""Pattern of what may be a tag."""


def canonical(tag: str) -> str | None:
    """Return an existing tag in its canonical form, such as zh-Hant for ZH-hant; None if it is no
    tag, or one of its subtags is not in the IANA registry."""
    if re.fullmatch(WELL_FORMED, tag) is None or not langcodes.tag_is_valid(tag):
        return None
    return langcodes.standardize_tag(tag)


def meant(text: str) -> str | None:
    """Return the tag that was probably meant: `en` for `english`, `en-US` for `en_US`, `zh` for
    `cn`; None if there is no such language or country."""
    if tag := canonical(text.replace("_", "-").strip("-")):
        return tag
    if re.fullmatch("[A-Za-z]{2}", text):
        country = langcodes.Language.make(territory=text.upper())
        if not country.territory_name().startswith("Unknown"):
            return country.maximize().language
    try:
        return langcodes.find(text).to_tag()
    except LookupError:
        return None
