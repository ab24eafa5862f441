"""The dataset as files: read, checked and replayed into a database, and written out of one."""

from records.actions.dataset.dumping import dump
from records.actions.dataset.loading import Outcome, load
from records.actions.dataset.reading import DatasetError

__all__ = ["DatasetError", "Outcome", "dump", "load"]
