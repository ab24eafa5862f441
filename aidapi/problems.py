"""What the documentation says of failures: the shape of a problem, and an example of each."""

from dataclasses import dataclass
from typing import Any

from aidapi.errors import (
    InvalidParameters,
    ParameterError,
    Problem,
    generic,
)

Json = dict[str, Any]

PARAMETER_ERROR: Json = {
    "type": "object",
    "description": "What is wrong with one query parameter, and what would be right.",
    "properties": {
        "parameter": {"type": "string", "description": "Its name, as it was sent."},
        "code": {"type": "string", "description": "What is wrong, as a stable word."},
        "detail": {"type": "string", "description": "What is wrong and how to mend it."},
        "suggestion": {
            "type": ["string", "null"],
            "description": "The parameter or value that was probably meant, if one comes near.",
        },
    },
    "required": ["parameter", "code", "detail", "suggestion"],
}
PROBLEM: Json = {
    "type": "object",
    "description": "Why a request failed: problem details as RFC 9457 has them.",
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "Address that explains this kind of problem.",
        },
        "title": {"type": "string", "description": "The kind of problem, in a few words."},
        "status": {"type": "integer", "description": "The HTTP status again."},
        "detail": {"type": "string", "description": "What happened, and what to do about it."},
        "code": {
            "type": "string",
            "description": "The kind of problem, as a stable word to branch on.",
        },
        "request_id": {
            "type": "string",
            "description": "Id of the request, as in the header X-Request-Id: tell it when you "
            "report a fault.",
        },
        "errors": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/ParameterError"},
            "description": "One entry per parameter at fault; empty where none is.",
        },
    },
    "required": ["type", "title", "status", "detail", "code", "request_id", "errors"],
}
WITHDRAWN_PROBLEM: Json = {
    "type": "object",
    # In full, not as `allOf` with a Problem: generators of clients take that for a mere Problem.
    "description": "The tombstone of a withdrawn record: a problem that says what was withdrawn.",
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
                    "description": "The last revision that has it: `?revision=` with this "
                    "number still shows it.",
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
    """The response of one status: its name and meaning, and the problems that it may carry."""

    name: str
    meaning: str
    examples: tuple[Problem, ...]


FAILURES = {
    400: Failure(
        name="InvalidParameters",
        meaning="The question is not well put: an unknown, repeated, empty or malformed "
        "parameter. Nothing was looked up; the errors say what would be right.",
        examples=(
            InvalidParameters(
                [
                    ParameterError(
                        "giver",
                        "unknown_parameter",
                        "There is no such parameter. Did you mean `donor`?",
                        "donor",
                    ),
                    ParameterError("page_size", "repeated", "Give it once."),
                ]
            ),
            Problem(
                400,
                "nul_character",
                "Bad character",
                "A NUL character cannot stand in a request.",
            ),
            generic(400),
        ),
    ),
    404: Failure(
        name="NotFound",
        meaning="There is no such thing, or there was none as of the revision asked for.",
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
                "Not there yet",
                "As of revision 1 there was no don-7k3m9q2x: revision 2 published it.",
            ),
            Problem(
                404,
                "unknown_revision",
                "No such revision",
                "There is no revision 99; the newest is 4.",
            ),
        ),
    ),
    405: Failure(
        name="MethodNotAllowed",
        meaning="The API only reads: GET, HEAD and OPTIONS.",
        examples=(generic(405),),
    ),
    406: Failure(
        name="NotAcceptable",
        meaning="The Accept header admits no representation that there is.",
        examples=(generic(406),),
    ),
    410: Failure(
        name="Withdrawn",
        meaning="The record was withdrawn. The tombstone says when and why, and in which "
        "revision it can still be read.",
        examples=(
            Problem(
                410,
                "withdrawn",
                "Withdrawn",
                "don-7k3m9q2x was withdrawn in revision 3: it told of the same flight as "
                "don-2p4r6t8v.",
                withdrawn={
                    "id": "don-7k3m9q2x",
                    "revision": 3,
                    "reason": "it told of the same flight as don-2p4r6t8v.",
                    "last_version": 1,
                    "last_seen_in_revision": 2,
                },
            ),
        ),
    ),
    429: Failure(
        name="TooManyRequests",
        meaning="Your address has sent more requests than it may.",
        examples=(generic(429),),
    ),
    500: Failure(
        name="ServerError",
        meaning="The server failed; nothing is wrong with the question.",
        examples=(generic(500),),
    ),
    503: Failure(
        name="Unavailable",
        meaning="The database does not answer, or the question takes it too long.",
        examples=(generic(503),),
    ),
}
