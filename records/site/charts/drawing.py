"""Drawing: from a Vega-Lite specification to SVG and PNG, in this process.

A chart is drawn on a canvas of known size, so that a page can leave room for it. Colours are those
of the pages; neither the specification nor the SVG has style sheets or scripts.
"""

import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import vl_convert

Json = dict[str, Any]

VEGA_LITE = "6.4"
"""Version of the grammar; vl-convert has several."""
PNG_SCALE = 2
WIDTHS = {"wide": 720, "narrow": 380}
MARGIN = 16
CHARACTER, BOLD = 0.54, 0.6
"""Mean width of a character of the font, and of the bold one, in font sizes."""
WIDEST_AXIS = 90
"""Room for the labels of amounts, at most."""
DATES, GAP = 24, 12
"""Height of the dates below a panel, and of the gap between two."""
TITLE_SIZE, TEXT_SIZE = 16, 12
SUBTITLE_GAP, TITLE_GAP = 6, 14
LINE = 1.3
"""Height of a line, in font sizes."""


EMPTY: Json = {"data": {"values": []}, "mark": "point", "width": 1, "height": 1}
"""Drawing below a heading that says all there is."""


@dataclass(frozen=True)
class Scheme:
    """Colours of a chart."""

    paper: str
    ink: str
    soft: str
    line: str
    solid: str
    """What is proven, and the latest point of a series."""
    pale: str
    """What rests on approximate numbers."""
    muted: str
    """Points that a later one overtakes."""
    warning: str
    """Points that another record contradicts."""
    steps: tuple[str, ...]
    """Classes of a map, the least first."""


SCHEMES = {
    "light": Scheme(
        *("#ffffff", "#1c2024", "#5a636b", "#d9dee3"),
        *("#14588a", "#a5c9e4", "#75808a", "#b3420d"),
        ("#d5e5f1", "#a5c9e4", "#6ea6d0", "#357fb4", "#14588a", "#0b3252"),
    ),
    "dark": Scheme(
        *("#14181c", "#e6eaee", "#a3adb6", "#333b43"),
        *("#82c0f0", "#33597a", "#87929c", "#f0955c"),
        ("#1d3346", "#274a68", "#33678f", "#478bbd", "#82c0f0", "#c4e2f9"),
    ),
}


@dataclass(frozen=True)
class Canvas:
    """Size and colours of a drawing."""

    scheme: Scheme
    width: int
    narrow: bool

    @classmethod
    def of(cls, size: str = "wide", scheme: str = "light") -> "Canvas":
        """Return the canvas of those names."""
        return cls(SCHEMES[scheme], WIDTHS[size], size == "narrow")

    def lines(self, text: str, font: int) -> list[str]:
        """Return a text as lines that fit."""
        room = int((self.width - 2 * MARGIN) / (font * CHARACTER))
        return textwrap.wrap(text, room) or [""]


PANEL_TITLE_GAP = 6


def panel_title(name: str, room: float) -> Json:
    """Return the title of a panel of that width; none if it has no name."""
    if not name:
        return {}
    lines = panel_lines(name, room)
    return {
        "title": {
            "text": lines,
            "fontSize": TEXT_SIZE,
            "lineHeight": TEXT_SIZE * LINE,
            "offset": PANEL_TITLE_GAP,
            "frame": "group",
        }
    }


def panel_lines(name: str, room: float) -> list[str]:
    """Return the name of a panel as lines that fit."""
    return textwrap.wrap(name, int(room / (TEXT_SIZE * BOLD))) or [""]


def panels_height(names: Sequence[str], tall: int, canvas: Canvas) -> float:
    """Return the height of panels with their names and their dates."""
    room = canvas.width - 2 * MARGIN - WIDEST_AXIS
    lines = sum(len(panel_lines(name, room)) for name in names if name)
    named = sum(PANEL_TITLE_GAP for name in names if name)
    return lines * TEXT_SIZE * LINE + named + len(names) * (tall + DATES) + GAP * (len(names) - 1)


def text_width(text: str, font: int = TEXT_SIZE) -> float:
    """Return about how wide a text is."""
    return len(text) * font * CHARACTER


@dataclass(frozen=True)
class Heading:
    """The heading of a drawing."""

    title: str
    about: Sequence[str]
    """Sentences on how to read it, and its source."""

    def spec(self, canvas: Canvas) -> Json:
        """Return the title of a specification."""
        return {
            "text": canvas.lines(self.title, TITLE_SIZE),
            "subtitle": canvas.lines(" ".join(self.about), TEXT_SIZE),
        }

    def height(self, canvas: Canvas) -> float:
        """Return the height of the title, with the gaps around it."""
        lines = self.spec(canvas)
        text = TITLE_SIZE * len(lines["text"]) + TEXT_SIZE * len(lines["subtitle"])
        return LINE * text + SUBTITLE_GAP + TITLE_GAP


def config(canvas: Canvas) -> Json:
    """Return fonts, colours and lines of all charts."""
    scheme = canvas.scheme
    text = {"labelColor": scheme.soft, "titleColor": scheme.soft, "labelFontSize": 11}
    return {
        "background": scheme.paper,
        "font": "sans-serif",
        "padding": MARGIN,
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "color": scheme.ink,
            "subtitleColor": scheme.soft,
            "fontSize": TITLE_SIZE,
            "lineHeight": TITLE_SIZE * LINE,
            "subtitleFontSize": TEXT_SIZE,
            "subtitleLineHeight": TEXT_SIZE * LINE,
            "subtitlePadding": SUBTITLE_GAP,
            "offset": TITLE_GAP,
        },
        "axis": text
        | {
            "domainColor": scheme.line,
            "tickColor": scheme.line,
            "gridColor": scheme.line,
            "titleFontWeight": "normal",
            "titleFontSize": 11,
        },
        "legend": text | {"titleFontWeight": "normal", "labelLimit": 300},
        "text": {"color": scheme.ink, "fontSize": TEXT_SIZE},
    }


def complete(spec: Json, heading: Heading, canvas: Canvas) -> Json:
    """Return a whole specification."""
    return {
        "$schema": f"https://vega.github.io/schema/vega-lite/v{VEGA_LITE.partition('.')[0]}.json",
        "title": heading.spec(canvas),
        "config": config(canvas),
        **spec,
    }


ROOT = re.compile(
    r'width="(?P<width>[0-9.]+)" height="(?P<height>[0-9.]+)" viewBox="[^"]*">'
    r'<rect width="[0-9.]+" height="[0-9.]+"'
)
"""Size and ground of an SVG that Vega draws."""
OUTLINE = re.compile(r' d="[^"]*"')
DECIMALS = re.compile(r"(\.[0-9])[0-9]+")
"""A tenth of a pixel is enough; a map has half the size without the rest."""


def svg(spec: Json, width: int, height: int) -> str:
    """Return the drawing of a specification as SVG of that size."""
    drawn = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)

    def fitted(found: re.Match[str]) -> str:
        # One that is larger is scaled, one that is smaller has its ground extended.
        scale = max(float(found["width"]) / width, float(found["height"]) / height, 1)
        box = f"{width * scale:.1f}", f"{height * scale:.1f}"
        return (
            f'width="{width}" height="{height}" viewBox="0 0 {box[0]} {box[1]}">'
            f'<rect width="{box[0]}" height="{box[1]}"'
        )

    drawn = ROOT.sub(fitted, drawn, count=1)
    return OUTLINE.sub(lambda found: DECIMALS.sub(r"\1", found[0]), drawn)


def png(drawn: str) -> bytes:
    """Return an SVG as PNG, at twice its size."""
    return vl_convert.svg_to_png(drawn, scale=PNG_SCALE)


AMOUNT_LABELS = (
    "datum.value >= 1e12 ? format(datum.value / 1e12, ',~f') + ' trillion' : "
    "datum.value >= 1e9 ? format(datum.value / 1e9, ',~f') + ' billion' : "
    "datum.value >= 1e6 ? format(datum.value / 1e6, ',~f') + ' million' : "
    "format(datum.value, ',~f')"
)
"""Labels of an axis of amounts: 50 million, not 50M."""


def short_amount(number: float) -> str:
    """Return a number as the axis has it, rounded down to three digits: 45.6 million."""
    for scale, name in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if number >= scale:
            return f"{floored(number / scale):,}{name}"
    return f"{floored(number):,}"


def floored(number: float) -> float | int:
    """Return a number rounded down to three digits."""
    digits = 3 - len(str(int(number)))
    if digits <= 0:
        return int(number) // 10**-digits * 10**-digits
    found = math.floor(number * 10**digits + 1e-9) / 10**digits
    return int(found) if found == int(found) else found


def amounts(title: str | None = None, **more: Any) -> Json:
    """Return an axis of amounts."""
    return {"title": title, "labelExpr": AMOUNT_LABELS, "tickCount": 4, **more}


def heading_png(heading: Heading, canvas: Canvas) -> bytes:
    """Return a heading alone as an image."""
    size = canvas.width, round(heading.height(canvas) + 2 * MARGIN)
    return png(svg(complete(EMPTY, heading, canvas), *size))
