"""A client of AidAPI: lists as iterators, records, totals with reasons, citations and files."""

from aidapi_client.asynchronous import AsyncAidAPI, AsyncList
from aidapi_client.client import AidAPI, List
from aidapi_client.errors import (
    AidAPIError,
    InvalidParameters,
    NotFound,
    ParameterProblem,
    TooManyRequests,
    Unavailable,
    UnexpectedResponse,
    Withdrawn,
)
from aidapi_client.tables import Table
from aidapi_client.totals import LeftOut, Total, Totals, Used

__all__ = [
    "AidAPI",
    "AidAPIError",
    "AsyncAidAPI",
    "AsyncList",
    "InvalidParameters",
    "LeftOut",
    "List",
    "NotFound",
    "ParameterProblem",
    "Table",
    "TooManyRequests",
    "Total",
    "Totals",
    "Unavailable",
    "UnexpectedResponse",
    "Used",
    "Withdrawn",
]
