"""Checks against OpenAPI documents that lie beside the repository (../shared/specs); skipped where they do not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30ReadValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

SPECS = Path(__file__).resolve().parents[2] / "../shared/specs"


class Document:
    """One OpenAPI 3.0 document; `problems` are sentences, none when the value is as the document says."""

    def __init__(self, name: str) -> None:
        path = SPECS / name
        if not path.is_file():
            if os.environ.get("CI") == "true":
                pytest.fail(f"{name} is missing, and CI must have it")
            pytest.skip(f"{name} is not beside this repository")
        self.body: dict[str, Any] = json.loads(path.read_text())
        resource: Resource[Any] = Resource.from_contents(self.body, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("urn:document", resource)

    def problems(self, value: object, pointer: str) -> list[str]:
        """`pointer` within the document: `/components/schemas/Name`, or into a path with ~1 for its slashes."""
        escaped = pointer.replace("{", "%7B").replace("}", "%7D")
        validator = OAS30ReadValidator({"$ref": f"urn:document#{escaped}"}, registry=self._registry)
        return [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(value)]

    def answer(self, value: object, path: str, method: str, status: int) -> list[str]:
        content = self.body["paths"][path][method]["responses"][str(status)]["content"]
        assert "application/json" in content
        return self.problems(value, f"/paths/{path.replace('/', '~1')}/{method}/responses/{status}/content/application~1json/schema")

    def parameters(self, query: dict[str, str], path: str, method: str) -> list[str]:
        """Unknown query parameters, and values that are not of an enum or not a number where one is wanted."""
        known = {p["name"]: p.get("schema", {}) for p in self.body["paths"][path][method].get("parameters", []) if p["in"] == "query"}
        found = [f"unknown parameter {name}" for name in query if name not in known]
        for name, value in query.items():
            schema = known.get(name, {})
            if "$ref" in schema:
                schema = self.body["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            if schema.get("type") == "integer" and not value.isdecimal():
                found.append(f"{name}={value} is no number")
            if schema.get("type") == "boolean" and value not in ("true", "false"):
                found.append(f"{name}={value} is no boolean")
            if "enum" in schema and value not in schema["enum"]:
                found.append(f"{name}={value} is not one of {schema['enum']}")
        return found
