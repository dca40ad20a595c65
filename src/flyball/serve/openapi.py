"""The OpenAPI document of what is served, from the very structs that requests are decoded with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from flyball.serve import route as at
from flyball.serve import wire
from flyball.serve.answer import Answer
from flyball.serve.problem import TITLES, Problem
from flyball.system.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyball.serve.route import Route
    from flyball.system.model import Model
    from flyball.system.system import System

    Object: TypeAlias = dict[str, Any]
    """A JSON object."""

STRUCTS = (
    wire.Ask, wire.Instance, Answer, wire.Rejection, wire.Made, wire.Told, wire.Happened, wire.Accepted,
    wire.AllRejected, wire.ModelShown, wire.ModelsShown, wire.Health, Problem,
)  # fmt: skip  # a list of names

EVERYWHERE = (400, 401, 403, 404, 405, 421, 431, 503)
"""What any path may answer, whatever is asked of it."""
WITH_BODY = (408, 413, 415, 422)
"""What any path that takes a body may answer besides."""

_JSON = "application/json"
_TEXT, _TRUTH = {"type": "string"}, {"type": "boolean"}
_SCHEMAS: Mapping[Kind, Object] = {
    Kind.BOOL: {"type": ["boolean", "integer", "number", "string", "null"]},
    Kind.INT: {"type": ["integer", "number", "string", "null"]},
    Kind.FLOAT: {"type": ["number", "string", "null"]},
    Kind.STR: {"type": ["string", "null"]},
    Kind.LIST: {"type": ["array", "null"], "items": _TEXT},
    Kind.TIMESTAMP: {"type": ["string", "number", "null"]},
    Kind.MAP: {"type": ["object", "null"], "additionalProperties": {"type": ["number", "string"]}},
}
"""What a value of each kind may be in JSON; numbers and truths may be texts, as in files."""


def document(system: System) -> Object:
    """The document: OpenAPI 3.1.

    Args:
        system: the definition that is served.

    >>> from flyball import Input, Model, Outcome, System
    >>> system = System("flights", models=[Model("late", signals=[Input("hour", int)], outcome=Outcome("late"))])
    >>> sorted(document(system)["paths"])[:2]
    ['/livez', '/metrics']
    """
    schemas = msgspec.json.schema_components(STRUCTS, ref_template="#/components/schemas/{name}")[1]
    schemas |= _lists()
    paths: Object = {}
    for model in system.models:
        schemas |= _of_model(system, model)
        name = model.name
        paths[f"/v1/models/{name}/predict"] = _post(
            at.PREDICT, f"Ask {name}.", f"Ask_{name}", _either("Answer", "Answers")
        )
        elsewhere = f"Record predictions of {name} that were made elsewhere."
        paths[f"/v1/models/{name}/predictions"] = _post(at.ELSEWHERE, elsewhere, f"Made_{name}", _ref("Accepted"))
    paths["/v1/outcomes"] = _post(at.OUTCOMES, "Tell what really happened.", "Outcomes", _ref("Accepted"))
    for event in sorted(system.events):
        paths[f"/v1/events/{event}"] = _post(at.EVENTS, f"Tell that {event} happened.", "Events", _ref("Accepted"))
    paths["/v1/models"] = _get(at.MODELS, "The models that are served.", _ref("ModelsShown"))
    paths["/v1/models/{model}"] = _get(at.MODEL, "One model.", _ref("ModelShown")) | {"parameters": [_name_in_path()]}
    paths["/livez"] = _get(at.LIVE, "Whether the process answers.", _ref("Health"))
    paths["/readyz"] = _get(at.READY, "Whether the process should get requests.", _ref("Health"))
    paths["/metrics"] = _get(at.METRICS, "Numbers for Prometheus.", _TEXT, media="text/plain")
    paths["/openapi.json"] = _get(at.OPENAPI, "This document.", {"type": "object"})
    return {
        "openapi": "3.1.0",
        "info": {"title": system.name, "version": system.digest[:16], "description": system.description},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _ref(name: str) -> Object:
    return {"$ref": f"#/components/schemas/{name}"}


def _either(*names: str) -> Object:
    return {"anyOf": [_ref(name) for name in names]}


def _many(key: str, item: str) -> Object:
    """One item, or many under a key."""
    items = {"type": "array", "items": _ref(item), "minItems": 1}
    listed = {"type": "object", "properties": {key: items}, "required": [key], "additionalProperties": False}
    return {"anyOf": [_ref(item), listed]}


def _lists() -> Object:
    answers = {"type": "array", "items": _either("Answer", "Rejection")}
    return {
        "Outcomes": _many("outcomes", "Told"),
        "Events": _many("events", "Happened"),
        "Answers": {"type": "object", "properties": {"predictions": answers}, "required": ["predictions"]},
    }


def _of_model(system: System, model: Model) -> Object:
    """The schemas of questions to a model: those of the structs, with its inputs."""
    program = system.program(model.name)
    nodes = [program.nodes[place] for place in program.leaves]
    inputs = {"type": "object", "properties": {node.name: _SCHEMAS[node.kind] for node in nodes}}
    name = model.name
    shared = msgspec.json.schema_components(STRUCTS, ref_template="#/components/schemas/{name}")[1]
    ask, instance, made = (shared[struct] for struct in ("Ask", "Instance", "Made"))
    here = _ref(f"Inputs_{name}")
    instances = {"type": "array", "items": _ref(f"Instance_{name}"), "minItems": 1}
    beside = {key: value for key, value in ask["properties"].items() if key not in {"inputs", "instances", "id"}}
    one = {"inputs": here, "id": ask["properties"]["id"]} | beside
    many = {"inputs": here, "instances": instances} | beside
    return {
        f"Inputs_{name}": inputs,
        f"Instance_{name}": instance | {"properties": instance["properties"] | {"inputs": here}},
        f"Ask_{name}": {"anyOf": [_object(one, "inputs"), _object(many, "instances")]},
        f"MadeOne_{name}": made | {"properties": made["properties"] | {"inputs": here}},
        f"Made_{name}": _many("predictions", f"MadeOne_{name}"),
    }


def _object(properties: Object, required: str) -> Object:
    return {"type": "object", "properties": properties, "required": [required], "additionalProperties": False}


def _post(route: Route, about: str, body: str, answer: Object) -> Object:
    status = "200" if route is at.PREDICT else "202"
    problems = {*EVERYWHERE, *WITH_BODY, *((409, 504) if route is at.PREDICT else (507,))}
    operation = _operation(route, about, status, {_JSON: {"schema": answer}}, problems)
    operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": _ref(body)}}}
    if route is at.PREDICT:
        about = "Whether the loop is to answer, between two batches of learning."
        operation["parameters"] = [{"name": "consistent", "in": "query", "description": about, "schema": _TRUTH}]
    return {"post": operation}


def _get(route: Route, about: str, answer: Object, *, media: str = _JSON) -> Object:
    return {"get": _operation(route, about, "200", {media: {"schema": answer}}, set(EVERYWHERE))}


def _operation(route: Route, about: str, status: str, content: Object, problems: set[int]) -> Object:
    responses: Object = {status: {"description": "Done.", "content": content}}
    for code in sorted(problems):
        titles = "; ".join(title for known, title in TITLES.values() if known == code)
        schema = _either("Problem", "AllRejected") if code in {422, 503, 504} else _ref("Problem")
        responses[str(code)] = {
            "description": f"{titles}.",
            "content": {"application/problem+json": {"schema": schema}},
        }
    security = [{"token": [route.scope]}, {}] if route.scope else [{}]
    return {"summary": about, "responses": responses, "security": security}


def _name_in_path() -> Object:
    return {"name": "model", "in": "path", "required": True, "schema": _TEXT}
