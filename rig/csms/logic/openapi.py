"""The official JSON schemas as an OpenAPI 3.1 document embeds them."""

from collections.abc import Mapping
from typing import Any

# Draft 4 and draft 6 say these of a whole file; the names of definitions are only known in there.
OF_THE_FILE = {"$schema", "$id", "id", "definitions"}


def embedded(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that stands alone: with each definition in the place where it is referred to."""
    root = {key: value for key, value in schema.items() if key not in OF_THE_FILE}
    resolved: dict[str, Any] = _resolved(root, schema.get("definitions", {}))
    return resolved


def _resolved(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_resolved(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _resolved(definitions[node["$ref"].removeprefix("#/definitions/")], definitions)
    return {key: _resolved(value, definitions) for key, value in node.items()}
