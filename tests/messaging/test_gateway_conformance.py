"""The gateway's answers have the shape of Twilio's own OpenAPI description, field for field."""

from __future__ import annotations

import json
import os
import re
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from messaging.gateway.testing import RunningGateway

DESCRIPTION = Path(
    os.environ.get("TWILIO_OPENAPI")
    or Path(__file__).parents[3] / "shared" / "conformance" / "twilio_api_v2010.json"
)
PHONE = "+447700900301"
TYPES: dict[str, type | tuple[type, ...]] = {"string": str, "integer": int, "object": dict, "array": list}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    if not DESCRIPTION.exists():
        pytest.skip(f"Twilio's description is not at {DESCRIPTION}; set TWILIO_OPENAPI to its path")
    loaded: dict[str, Any] = json.loads(DESCRIPTION.read_text())
    return loaded


def faults(value: Any, schema: dict[str, Any], description: dict[str, Any], at: str = "") -> list[str]:
    """Where `value` departs from `schema`; the few keywords that Twilio's description uses."""
    if "$ref" in schema:
        target: Any = description
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return faults(value, target, description, at)
    if value is None:
        return [] if schema.get("nullable") else [f"{at} is null"]
    if "type" in schema and not isinstance(value, TYPES[schema["type"]]):
        return [f"{at} is {type(value).__name__}, not {schema['type']}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at} is {value}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{at} is {value}")
    if schema.get("format") == "date-time-rfc-2822":
        found += [] if parsedate_to_datetime(value).utcoffset() is not None else [f"{at} has no zone"]
    properties = schema.get("properties", {})
    if properties:
        found += [f"{at} lacks {name}" for name in properties.keys() - value.keys()]
        found += [f"{at} has {name} too" for name in value.keys() - properties.keys()]
        for name in properties.keys() & value.keys():
            found += faults(value[name], properties[name], description, f"{at}.{name}")
    for number, item in enumerate(value if schema.get("type") == "array" else []):
        found += faults(item, schema["items"], description, f"{at}[{number}]")
    return found


def test_create_fetch_update_and_list_answer_as_described(
    gateway: RunningGateway, description: dict[str, Any]
) -> None:
    http = httpx2.Client(base_url=gateway.url, auth=(gateway.account_sid, gateway.auth_token))
    messages = f"/2010-04-01/Accounts/{gateway.account_sid}/Messages"
    paths = description["paths"]
    many, one = (
        "/2010-04-01/Accounts/{AccountSid}/Messages",
        "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}",
    )

    def check(path: str, method: str, answer: httpx2.Response) -> None:
        [status] = paths[f"{path}.json"][method]["responses"]
        assert answer.status_code == int(status)
        described = paths[f"{path}.json"][method]["responses"][status]["content"]["application/json"][
            "schema"
        ]
        assert faults(answer.json(), described, description) == []

    gateway.text_in(PHONE, "hello", media=["https://example.org/a.jpg"])
    gateway.fault("failed", to=PHONE, times=1)
    created = http.post(f"{messages}.json", data={"To": PHONE, "From": gateway.number, "Body": "one"})
    check(many, "post", created)
    service = {"To": PHONE, "MessagingServiceSid": "MG" + "0" * 32, "Body": "two"}
    check(many, "post", http.post(f"{messages}.json", data=service))
    check(one, "get", http.get(f"{messages}/{created.json()['sid']}.json"))
    check(one, "post", http.post(f"{messages}/{created.json()['sid']}.json", data={}))
    check(many, "get", http.get(f"{messages}.json", params={"PageSize": 1, "To": PHONE}))
    check(many, "get", http.get(f"{messages}.json"))
