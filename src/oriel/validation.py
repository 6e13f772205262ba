"""What is wrong with what somebody sent, said to people: pydantic speaks of patterns and of our classes."""

import re
from typing import TYPE_CHECKING

from pydantic import ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# One line: no control characters, neither C0 nor DEL nor C1. A pattern in this package always means that.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"

# As in "String should have at most 80 characters".
_PYDANTICS_SUBJECT = re.compile(r"^(Input|String|Value|List|Dictionary|Data) should")
_SENTENCES = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such field",
    "string_pattern_mismatch": "it must be one line without control characters",
    "string_type": "it must be text",
    "string_unicode": "it must be valid Unicode text",
    "bool_type": "it must be true or false",
    "bool_parsing": "it must be true or false",
    "int_type": "it must be a whole number",
    "int_parsing": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_type": "it must be a number",
    "float_parsing": "it must be a number",
    "list_type": "it must be a list",
    "dict_type": "it must be a JSON object",
    "model_type": "it must be a JSON object",
    "model_attributes_type": "it must be a JSON object",
}


def sentence_of(problem: "ErrorDetails") -> str:
    """Return what is wrong with one value, as the end of a sentence that has named it."""
    said = _PYDANTICS_SUBJECT.sub("it must", problem["msg"].removeprefix("Value error, "))
    return _SENTENCES.get(problem["type"], said)


def fields_of(error: ValidationError) -> dict[str, str]:
    """Return what is wrong with each field, by its dotted path; the whole is called "body"."""
    said: dict[str, list[str]] = {}
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        said.setdefault(".".join(map(str, problem["loc"])) or "body", []).append(sentence_of(problem))
    return {path: "; ".join(dict.fromkeys(sentences)) for path, sentences in said.items()}


def refusal_of(fields: dict[str, str]) -> str:
    """Return the sentence about a body or a query that does not validate."""
    return f"The request is not valid: {'; '.join(f'{path}: {said}' for path, said in fields.items())}."
