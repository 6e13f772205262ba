"""What is wrong with what somebody sent, said to people: pydantic speaks of patterns and of our classes."""

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# One line: no control characters, neither C0 nor DEL nor C1. A pattern in this package always means that.
ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"

# An answer must not give back the megabytes that somebody has sent.
MOST_PROBLEMS = 20
_LONGEST_NAME = 60
_LONGEST_TEXT = 1000
# Lists of ours, such as the looks that there are, are longer than lists of problems.
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
    """Return what is wrong with one value, as the end of a sentence that has named it."""
    said = _PYDANTICS_SUBJECT.sub("it must", problem["msg"].removeprefix("Value error, "))
    return _SENTENCES.get(problem["type"], said)


def fields_of(error: ValidationError) -> dict[str, str]:
    """Return what is wrong with each field, by its dotted path; the whole is called "body".

    At most 20 problems are told, with names of fields cut to 60 characters.
    """
    said: dict[str, list[str]] = {}
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    for problem in problems[:MOST_PROBLEMS]:
        path = ".".join(_cut(str(part), _LONGEST_NAME) for part in problem["loc"])
        said.setdefault(path or "body", []).append(_cut(sentence_of(problem), _LONGEST_TEXT))
    fields = {path: "; ".join(dict.fromkeys(sentences)) for path, sentences in said.items()}
    more = len(problems) - MOST_PROBLEMS
    return {**fields, "…": f"there are {more} more problems"} if more > 0 else fields


def refusal_of(fields: dict[str, str]) -> str:
    """Return the sentence about a body or a query that does not validate."""
    return f"The request is not valid: {'; '.join(f'{path}: {said}' for path, said in fields.items())}."


def shortened(value: Any) -> Any:  # noqa: ANN401  (JSON)
    """Return what is told about a failure with long texts cut, and long lists and objects ended, at every level."""
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
