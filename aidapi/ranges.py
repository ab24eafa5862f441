"""Parts of files (RFC 9110): what a download that broke off is continued with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import http_date

from aidapi.errors import Problem

BLOCK = 1 << 16
RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")


@dataclass(frozen=True)
class Part:
    """Bytes of a file, from the first to the last."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class NoSuchPart(Exception):
    """Error of a range that begins behind the end."""


class Bytes:
    """Iterator over a part of a file in blocks; the server closes it."""

    def __init__(self, file: IO[bytes], part: Part) -> None:
        self.file = file
        self.left = part.length
        file.seek(part.first)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = self.file.read(min(BLOCK, self.left))
        if not block:
            raise StopIteration
        self.left -= len(block)
        return block

    def close(self) -> None:
        self.file.close()


def whole_file(file: IO[bytes]) -> Bytes:
    """Return the iterator over all of a file."""
    return Bytes(file, Part(0, file.seek(0, 2) - 1))


def part_wanted(header: str, size: int) -> Part | None:
    """Return the part that a Range header names; None for the whole file: also for several parts,
    and for headers that cannot be read, which may be ignored."""
    match = RANGE.fullmatch(header.strip())
    if match is None or match["first"] == match["last"] == "":
        return None
    if match["first"] == "":
        length = min(int(match["last"]), size)
        if length == 0:
            raise NoSuchPart
        return Part(size - length, size - 1)
    first = int(match["first"])
    last = min(int(match["last"]), size - 1) if match["last"] else size - 1
    if match["last"] and int(match["last"]) < first:
        return None
    if first >= size:
        raise NoSuchPart
    return Part(first, last)


def no_such_part(size: int) -> Problem:
    problem = Problem(
        416,
        "range_not_satisfiable",
        "No such range",
        f"The file has {size} bytes: request a range that begins before its end.",
    )
    problem.headers |= {"Content-Range": f"bytes */{size}"}
    return problem


def file_response(
    request: HttpRequest, file: IO[bytes], modified: datetime
) -> StreamingHttpResponse:
    """Return an open file that was last modified then, or the part of it that is requested; raise
    Problem if there is no such part."""
    size = file.seek(0, 2)
    part = None
    changed = http_date(modified.timestamp())
    if request.headers.get("If-Range", changed).strip() == changed:
        try:
            part = part_wanted(request.headers.get("Range", ""), size)
        except NoSuchPart:
            file.close()
            raise no_such_part(size) from None
    sent = part or Part(0, size - 1)
    response = StreamingHttpResponse(Bytes(file, sent))
    response["Content-Length"] = str(sent.length)
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    return response
