"""Validation errors as sentences for people; pydantic's own name patterns and our classes."""

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# One line: no control characters, neither C0 nor DEL nor C1. A pattern in this package always means that.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"

# An answer must not echo megabytes of input.
MOST_PROBLEMS = 20
_LONGEST_NAME = 60
_LONGEST_TEXT = 1000
# Our own lists, such as the available looks, are longer than lists of problems.
_MOST_ITEMS = 200
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
    """Return the problem with one value, as the end of a sentence that names it."""
    said = _PYDANTICS_SUBJECT.sub("it must", problem["msg"].removeprefix("Value error, "))
    return _SENTENCES.get(problem["type"], said)


def fields_of(error: ValidationError) -> dict[str, str]:
    """Return the problems by the field's dotted path; problems of the whole are under "body".

    Lists at most 20 problems, and cuts names of fields to 60 characters.
    """
    said: dict[str, list[str]] = {}
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    for problem in problems[:MOST_PROBLEMS]:
        path = ".".join(_cut(str(part), _LONGEST_NAME) for part in problem["loc"])
        said.setdefault(path or "body", []).append(_cut(sentence_of(problem), _LONGEST_TEXT))
    fields = {path: "; ".join(dict.fromkeys(sentences)) for path, sentences in said.items()}
    more = len(problems) - MOST_PROBLEMS
    return {**fields, "…": f"and {more} more"} if more > 0 else fields


def refusal_of(fields: dict[str, str]) -> str:
    """Return the sentence for an invalid body or query."""
    return f"The request is not valid: {'; '.join(f'{path}: {said}' for path, said in fields.items())}."


def shortened(value: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return error details with long texts, lists and objects cut at every level."""
    if isinstance(value, str):
        return _cut(value, _LONGEST_TEXT)
    if isinstance(value, dict):
        items = islice(value.items(), MOST_PROBLEMS + 1)
        return {_cut(str(name), _LONGEST_NAME * 4): shortened(inner) for name, inner in items}
    if isinstance(value, list | tuple):
        return [shortened(inner) for inner in value[:_MOST_ITEMS]]
    return value


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
