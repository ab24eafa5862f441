"""The text of a page, for comparing it with what it was, and for finding quotes in it."""

import hashlib
import re
from html.parser import HTMLParser

SILENT = frozenset({"script", "style", "noscript", "template", "svg", "head"})
"""Elements whose text readers do not see."""
INLINE = frozenset(
    [
        *("a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "dfn", "em", "font", "i", "kbd"),
        *("mark", "q", "s", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr"),
    ]
)
"""Elements within a word or sentence; others begin a new line."""
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


class TextParser(HTMLParser):
    """Collects the text that readers see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent.append(tag)
        elif tag == "body":
            # A head that was never closed ends here.
            self.silent.clear()
        self.separate(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            del self.silent[self.silent.index(tag) :]
        self.separate(tag)

    def separate(self, tag: str) -> None:
        if tag not in INLINE:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data)


def text_of(body: bytes, content_type: str) -> str | None:
    """Return the text of a page without markup; None where it is none (a PDF, a picture)."""
    kind = content_type.partition(";")[0].strip().lower()
    if not (kind.startswith("text/") or kind in ("", "application/xhtml+xml")):
        return None
    named = CHARSET.search(content_type) or CHARSET.search(body[:2048].decode("ascii", "replace"))
    try:
        text = body.decode(named[1] if named else "utf-8", "replace")
    except LookupError:
        text = body.decode("utf-8", "replace")
    if kind == "text/plain":
        return " ".join(text.split())
    parser = TextParser()
    parser.feed(text)
    parser.close()
    return " ".join("".join(parser.parts).split())


def digest_of(body: bytes, text: str | None) -> str:
    """Return the SHA-256 of a page's text, of the whole where it is no text."""
    return hashlib.sha256(body if text is None else text.encode()).hexdigest()
