"""Documentation of failures: the schema of a problem, and an example of each."""

from dataclasses import dataclass
from typing import Any

from aidapi.errors import (
    InvalidParameters,
    ParameterError,
    Problem,
    generic,
    overloaded,
)
from aidapi.replicas import Behind

Json = dict[str, Any]

PARAMETER_ERROR: Json = {
    "type": "object",
    "description": "Error of one query parameter: what is wrong, and what would be right.",
    "properties": {
        "parameter": {"type": "string", "description": "Name of the parameter, as it was sent."},
        "code": {"type": "string", "description": "Stable code of the error."},
        "detail": {"type": "string", "description": "What is wrong, and what would be right."},
        "suggestion": {
            "type": ["string", "null"],
            "description": "The parameter or value that was probably meant, if any.",
        },
    },
    "required": ["parameter", "code", "detail", "suggestion"],
}
PROBLEM: Json = {
    "type": "object",
    "description": "Why a request failed, as problem details (RFC 9457).",
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "URL of the documentation of this kind of problem.",
        },
        "title": {"type": "string", "description": "The kind of problem, in a few words."},
        "status": {"type": "integer", "description": "The HTTP status code."},
        "detail": {"type": "string", "description": "What happened, and what to do about it."},
        "code": {
            "type": "string",
            "description": "Stable code of the kind of problem.",
        },
        "request_id": {
            "type": "string",
            "description": "Id of the request, as in the header X-Request-Id: quote it when you "
            "report a problem.",
        },
        "errors": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/ParameterError"},
            "description": "One entry per invalid parameter; empty if the parameters are valid.",
        },
    },
    "required": ["type", "title", "status", "detail", "code", "request_id", "errors"],
}
WITHDRAWN_PROBLEM: Json = {
    "type": "object",
    # In full, not as `allOf` with a Problem, which client generators reduce to a Problem.
    "description": "Tombstone of a withdrawn record: a problem that says what was withdrawn.",
    "properties": PROBLEM["properties"]
    | {
        "withdrawn": {
            "type": "object",
            "description": "What was withdrawn, when and why.",
            "properties": {
                "id": {"type": "string", "description": "The record's id."},
                "revision": {"type": "integer", "description": "The revision that withdrew it."},
                "reason": {"type": "string", "description": "Why."},
                "last_version": {"type": "integer", "description": "Its last version."},
                "last_seen_in_revision": {
                    "type": "integer",
                    "description": "The last revision that has the record: `?revision=` with this "
                    "number returns it.",
                },
            },
            "required": ["id", "revision", "reason", "last_version", "last_seen_in_revision"],
        },
    },
    "required": [*PROBLEM["required"], "withdrawn"],
}
PROBLEM_SCHEMAS = {
    "ParameterError": PARAMETER_ERROR,
    "Problem": PROBLEM,
    "WithdrawnProblem": WITHDRAWN_PROBLEM,
}


@dataclass(frozen=True)
class Failure:
    """Response of one status: its name and meaning, with examples of problems."""

    name: str
    meaning: str
    examples: tuple[Problem, ...]


FAILURES = {
    400: Failure(
        name="InvalidParameters",
        meaning="Invalid query parameters: one is unknown, repeated, empty or malformed. The "
        "request was not executed; `errors` says what would be right.",
        examples=(
            InvalidParameters(
                [
                    ParameterError(
                        "giver",
                        "unknown_parameter",
                        "Unknown parameter. Did you mean `donor`?",
                        "donor",
                    ),
                    ParameterError("page_size", "repeated", "Repeated: give it once."),
                ]
            ),
            Problem(
                400,
                "nul_character",
                "Invalid character",
                "The request contains a NUL character: remove it.",
            ),
            generic(400),
        ),
    ),
    404: Failure(
        name="NotFound",
        meaning="What was requested does not exist, or does not exist in the requested revision.",
        examples=(
            Problem(
                404,
                "not_found",
                "No such record",
                "There is no donation `don-2p4r6t8v`. Ids look like don-7k3m9q2x.",
            ),
            Problem(
                404,
                "not_yet_published",
                "Not yet published",
                "Revision 1 has no don-7k3m9q2x: revision 2 published it.",
            ),
            Problem(
                404,
                "unknown_revision",
                "No such revision",
                "There is no revision 99; the latest is 4.",
            ),
        ),
    ),
    405: Failure(
        name="MethodNotAllowed",
        meaning="The API is read-only: use GET, HEAD or OPTIONS.",
        examples=(generic(405),),
    ),
    406: Failure(
        name="NotAcceptable",
        meaning="The Accept header accepts none of the available representations.",
        examples=(generic(406),),
    ),
    410: Failure(
        name="Withdrawn",
        meaning="The record was withdrawn. The tombstone says when and why, and which revision "
        "still has it.",
        examples=(
            Problem(
                410,
                "withdrawn",
                "Withdrawn",
                "don-7k3m9q2x was withdrawn in revision 3: it reported the same flight as "
                "don-2p4r6t8v.",
                withdrawn={
                    "id": "don-7k3m9q2x",
                    "revision": 3,
                    "reason": "it reported the same flight as don-2p4r6t8v.",
                    "last_version": 1,
                    "last_seen_in_revision": 2,
                },
            ),
        ),
    ),
    416: Failure(
        name="NoSuchRange",
        meaning="The Range header begins behind the end of the file: what you have is whole.",
        examples=(
            Problem(
                416,
                "range_not_satisfiable",
                "No such range",
                "The file has 372678 bytes: request a range that begins before its end.",
            ),
        ),
    ),
    429: Failure(
        name="TooManyRequests",
        meaning="Your address has reached its rate limit.",
        examples=(generic(429),),
    ),
    500: Failure(
        name="ServerError",
        meaning="The server failed; the request itself may be valid.",
        examples=(generic(500),),
    ),
    503: Failure(
        name="Unavailable",
        meaning="The database is unavailable or has not received the revision yet, the query "
        "takes too long, or too many requests are open. Retry-After is the number of seconds to "
        "wait.",
        examples=(
            generic(503),
            overloaded(),
            Behind("This server has no revision 42 yet; its latest is 41."),
        ),
    ),
}
