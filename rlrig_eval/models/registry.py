"""Models by name: a file in ``baselines/models``, an entry point, or ``path/to/file.py:Class``.

`resolve` finds out all that decides a run without loading a model; `build` loads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from rlrig_eval.assets import baselines_dir
from rlrig_eval.errors import UsageError
from rlrig_eval.models.contract import Generator
from rlrig_eval.plugins import converted, defaults, find, guessed, load_callable, loading, parameters
from rlrig_eval.plugins import names as plugin_names
from rlrig_eval.plugins.redaction import redacted
from rlrig_eval.scene.graph import Frozen
from rlrig_eval.suite.documents import read_yaml

GROUP = "rlrig_eval.models"
DEFAULT_BATCH = 8


class ModelFile(Frozen):
    """The content of ``baselines/models/<name>.yaml``: an adapter class, and what it is built with."""

    adapter: str = Field(pattern=r"^[\w.]+:\w+$")
    options: dict[str, Any] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)
    batch_size: int | None = Field(default=None, ge=1)
    licence: str = Field(min_length=1)
    description: str = Field(min_length=1)


class ModelSpec(Frozen):
    """A model as a run records it. `settings` is None for a class that takes none."""

    name: str
    adapter: str
    options: dict[str, Any] = Field(default_factory=dict)
    settings: dict[str, Any] | None = None
    source_sha256: str | None = None

    @property
    def source(self) -> dict[str, str]:
        """What the settings of a model that is made of this one say of its file; nothing of one of ours.

        A run knows the file of its own model, but of another only what settings tell: so no run goes on with both.
        """
        return {} if self.source_sha256 is None else {"base_sha256": self.source_sha256[:12]}


def names() -> dict[str, str]:
    """Every model that can be named, with a line on what it is."""
    found = {name: f"plug-in {GROUP}:{name}" for name in plugin_names(GROUP)}
    return found | {path.stem: _read(path).description for path in sorted(_folder().glob("*.yaml"))}


def resolve(name: str, options: Mapping[str, Any], settings: Mapping[str, Any]) -> ModelSpec:
    """The model called `name`, its options converted to the types that its class states.

    Args:
        options: the `-M` options; a string is converted to the annotated type.
        settings: the `-G` options, merged over those of the model's file; what reads as JSON is JSON.

    Raises:
        UsageError: no such model, file, class or option, or a value that does not fit.
    """
    known = {path.stem: path for path in _folder().glob("*.yaml")}
    if name in known:
        card = _read(known[name])
        spec = ModelSpec(name=name, adapter=card.adapter, options=card.options, settings=card.settings)
    else:
        target = find("model", name, GROUP, known)
        spec = ModelSpec(name=target.name, adapter=target.where, source_sha256=target.sha256)
    factory = _factory(spec)
    takes_settings = "settings" in parameters(factory, f"model {name!r}")
    if settings and not takes_settings:
        raise UsageError(f"model {name!r} takes no settings, so -G {next(iter(settings))} means nothing to it")
    merged = (spec.settings or {}) | {key: guessed(value) for key, value in settings.items()}
    if takes_settings and _schema(factory) is not None:
        merged = _checked(factory, merged, name).model_dump(mode="json")
    return spec.model_copy(
        update={
            "options": converted(factory, spec.options | dict(options), f"model {name!r}"),
            "settings": merged if takes_settings else None,
        }
    )


def recorded(spec: ModelSpec) -> ModelSpec:
    """A model as ``run.json`` keeps it, without secrets."""
    factory = _factory(spec)
    schema = _schema(factory)
    stated = {} if schema is None else {name: field.get_default() for name, field in schema.model_fields.items()}
    settings = None if spec.settings is None else redacted(spec.settings, stated)
    return spec.model_copy(update={"options": redacted(spec.options, defaults(factory)), "settings": settings})


def build(spec: ModelSpec) -> Generator:
    """The model itself, loaded.

    Raises:
        UsageError: what it was told, or the checkpoint it was told of, cannot be used.
    """
    factory = _factory(spec)
    arguments = dict(spec.options)
    if spec.settings is not None:
        typed = _schema(factory) is not None
        arguments["settings"] = _checked(factory, spec.settings, spec.name) if typed else dict(spec.settings)
    with loading(f"model {spec.name!r}"):
        return factory(**arguments)


def preferred_batch_size(spec: ModelSpec) -> int:
    """How many pictures to draw at once, as the model's file or its class attribute `batch_size` says."""
    path = _folder() / f"{spec.name}.yaml"
    stated = _read(path).batch_size if path in _folder().glob("*.yaml") else None
    return stated or int(getattr(_factory(spec), "batch_size", DEFAULT_BATCH))


def needs(spec: ModelSpec) -> list[str]:
    """What the model takes of the machine, in lines; none for a class that does not say (a static method `needs`)."""
    says = getattr(_factory(spec), "needs", None)
    if says is None:
        return []
    return list(says(**spec.options, **({} if spec.settings is None else {"settings": spec.settings})))


def own_reader(model: ModelSpec | Generator, world: str) -> str | None:
    """The extractor that a model's pictures of a world ask for (its class attribute `reads`); None for any other."""
    reads: Mapping[str, str] = getattr(_factory(model) if isinstance(model, ModelSpec) else model, "reads", {})
    return reads.get(world)


def _schema(factory: Any) -> type[BaseModel] | None:
    """The pydantic model that a class declares as its `Settings`, if it does."""
    schema: type[BaseModel] | None = getattr(factory, "Settings", None)
    return schema


def _checked(factory: Any, settings: Mapping[str, Any], name: str) -> BaseModel:
    try:
        return factory.Settings.model_validate(settings)  # type: ignore[no-any-return]
    except ValidationError as problem:
        fault = problem.errors()[0]
        field = ".".join(map(str, fault["loc"]))
        if fault["type"] == "extra_forbidden":
            unknown = UsageError.unknown("setting", field, factory.Settings.model_fields)
            raise UsageError(f"model {name!r}: {unknown}") from None
        raise UsageError(f"model {name!r}: setting {field}: {fault['msg']}") from None


def _factory(spec: ModelSpec) -> Callable[..., Generator]:
    factory: Callable[..., Generator] = load_callable(spec.adapter, "model")
    return factory


def _read(path: Path) -> ModelFile:
    return read_yaml(path, ModelFile)


def _folder() -> Path:
    return baselines_dir() / "models"
