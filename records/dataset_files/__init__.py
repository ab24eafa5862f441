"""The dataset as files: read, checked and replayed into a database, and written out of one."""

from records.dataset_files.dumping import UnsayableError, dump
from records.dataset_files.loading import Outcome, load
from records.dataset_files.reading import DatasetError

__all__ = ["DatasetError", "Outcome", "UnsayableError", "dump", "load"]
