"""What a server does before the first request, so that no reader waits for it."""

from records.query import loading
from records.site.charts.chart import EMPTY
from records.site.charts.drawing import Canvas, Heading, complete, png, svg


def load() -> None:
    """Read what answers about a whole revision need of the latest, and start what draws charts,
    which takes a second."""
    loading.load()
    png(svg(complete(EMPTY, Heading("", []), Canvas.of()), 1, 1))
