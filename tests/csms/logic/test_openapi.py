"""Schemas for OpenAPI: what they accept is what the official ones accept."""

import json
from importlib import resources
from typing import Any

import jsonschema_rs
import pytest

from rig.csms.logic.openapi import embedded
from rig.csms.logic.requests import REQUESTS

DIALECT = "https://json-schema.org/draft/2020-12/schema"  # of OpenAPI 3.1
FILES = sorted(action + kind for action in REQUESTS for kind in ("", "Response"))


def official(name: str) -> dict[str, Any]:
    text = resources.files("ocpp.v16").joinpath("schemas", f"{name}.json").read_text("utf-8-sig")
    schema: dict[str, Any] = json.loads(text)
    return schema


@pytest.mark.parametrize("name", FILES)
def test_each_is_valid_json_schema_of_openapi_3_1_and_stands_alone(name: str) -> None:
    schema = embedded(official(name))
    jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})
    assert "#/definitions" not in json.dumps(schema)
    assert not schema.keys() & {"$schema", "$id", "id", "definitions"}


def test_a_definition_is_put_where_it_is_referred_to() -> None:
    assert embedded(official("GetLog"))["properties"]["logType"]["enum"] == [
        "DiagnosticsLog",
        "SecurityLog",
    ]


def test_a_field_named_id_stays() -> None:
    assert embedded(official("ClearChargingProfile"))["properties"]["id"] == {"type": "integer"}


@pytest.mark.parametrize(
    ("name", "payload", "is_valid"),
    [
        (
            "GetLog",
            {"logType": "SecurityLog", "requestId": 1, "log": {"remoteLocation": "x"}},
            True,
        ),
        ("GetLog", {"logType": "SecurityLog", "requestId": 1, "log": {}}, False),
        ("GetLog", {"logType": "Diary", "requestId": 1, "log": {"remoteLocation": "x"}}, False),
        ("Reset", {"type": "Hard"}, True),
        ("Reset", {"type": "Hard", "why": "x"}, False),
        ("ResetResponse", {"status": "Accepted"}, True),
        ("ResetResponse", {}, False),
    ],
)
def test_it_accepts_what_the_official_one_accepts(
    name: str, payload: dict[str, Any], is_valid: bool
) -> None:
    assert (
        jsonschema_rs.Draft202012Validator(embedded(official(name))).is_valid(payload) == is_valid
    )
    assert jsonschema_rs.Draft6Validator(official(name)).is_valid(payload) == is_valid
