"""The schemas of the OpenAPI document, from the models of requests and answers."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema
from pydantic_core import core_schema

from docs.tools.catalog_schema import UntitledSchema
from docs.tools.markdown import convert_docstring
from docs.tools.openapi import models
from docs.tools.reference_tables import read_attribute_docs
from shared.audit.run_costs import RunCosts
from shared.browse.catalog_summaries import CatalogQuery
from shared.browse.item_details import ItemDetail
from shared.browse.item_query import ItemQuery
from shared.browse.views import CatalogDetail, CatalogList, ItemList
from shared.catalog.publish_on_request import PublishRequest
from shared.images.promote_round import PromotedRound, PromoteRequest
from shared.inputs.inspect_input import InputReport, InspectRequest
from shared.reviews.decision_request import DecisionRequest, DecisionResult
from shared.runs.regenerate import RegenerateRequest
from shared.runs.repair import RepairRequest
from shared.runs.request import SeedRequest
from shared.runs.run_list import RunQuery
from shared.runs.status import RunStatus

QUERIES = (CatalogQuery, ItemQuery, RunQuery, models.EstimateQuery, models.ImageFileQuery, models.PublishQuery)
REQUESTS = (
    DecisionRequest,
    InspectRequest,
    PromoteRequest,
    PublishRequest,
    RegenerateRequest,
    RepairRequest,
    SeedRequest,
)
ANSWERS = (
    CatalogDetail,
    CatalogList,
    DecisionResult,
    ItemDetail,
    ItemList,
    InputReport,
    PromotedRound,
    RunCosts,
    RunStatus,
    models.AcceptedRun,
    models.Health,
    models.HealthDetails,
    models.OpenapiDocument,
    models.Problem,
    models.PruneResult,
    models.PublishResult,
    models.RunOrEstimate,
    models.RunPage,
    models.StoredInput,
)
"""Models that the table of operations names. A model that an answer or a request contains needs no entry."""

REFERENCE = "#/components/schemas/"


class _OpenapiSchema(UntitledSchema):
    """Require every field of an answer that is never left out, and take descriptions from docstrings."""

    def field_is_required(
        self, field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField, total: bool
    ) -> bool:
        """Return whether a field is always present."""
        if self.mode == "serialization" and field["type"] == "model-field":
            return field.get("serialization_exclude_if") is None
        return super().field_is_required(field, total)

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        """Return the schema of a model; the part below ``Attributes:`` in its docstring describes its properties."""
        document = super().model_schema(schema)
        if self.mode == "serialization":
            for held in document.get("properties", {}).values():
                held.pop("default", None)
        if "description" in document:
            document["description"] = document["description"].partition("\nAttributes:")[0]
        described = dict(read_attribute_docs(schema["cls"]))
        for name, field in schema["cls"].model_fields.items():
            held = document.get("properties", {}).get(field.alias or name)
            if held is not None and name in described:
                held.setdefault("description", _make_sentence(described[name]))
        return document


def make_schemas() -> dict[str, Any]:
    """Return the schemas of requests and answers, by name."""
    named = [(model, "validation") for model in REQUESTS] + [(model, "serialization") for model in ANSWERS]
    _, document = models_json_schema(
        named,  # type: ignore[arg-type]  # mypy does not see the literals
        by_alias=True,
        ref_template=REFERENCE + "{model}",
        schema_generator=_OpenapiSchema,
    )
    return dict(_convert_descriptions(document["$defs"]))


def make_query(name: str) -> Iterator[dict[str, Any]]:
    """Yield the query parameters of a model.

    Raises:
        ValueError: a parameter has no description.
    """
    model = next(query for query in QUERIES if query.__name__ == name)
    schema = _convert_descriptions(
        model.model_json_schema(by_alias=True, ref_template=REFERENCE + "{model}", schema_generator=_OpenapiSchema)
    )
    for parameter, held in schema["properties"].items():
        options = [option for option in held.pop("anyOf", [held]) if option != {"type": "null"}]
        (option,) = options
        description = held.pop("description", None)
        if description is None:
            raise ValueError(f"{name}.{parameter} has no description")
        shown = {key: value for key, value in (held | option).items() if (key, value) != ("default", None)}
        yield {"name": parameter, "in": "query", "required": False, "description": description, "schema": shown}


def _convert_descriptions(value: Any) -> Any:
    match value:
        case {"description": str(text), **rest}:
            return {"description": convert_docstring(text)} | {
                key: _convert_descriptions(held) for key, held in rest.items()
            }
        case Mapping():
            return {key: _convert_descriptions(held) for key, held in value.items()}
        case list():
            return [_convert_descriptions(held) for held in value]
        case _:
            return value


def _make_sentence(text: str) -> str:
    text = inspect.cleandoc(text).strip()
    return text[0].upper() + text[1:].removesuffix(".") + "."
