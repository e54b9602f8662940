"""A city in memory: the same engine on GeoDataFrames."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _command, _crs, _layers
from ._command import Progress
from ._findings import CarbonzoneError, Findings
from ._run import Run
from ._run import check as check_file
from ._run import run as run_file

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["City", "layer"]

#: Section of the pipeline file by argument.
_SECTIONS = {"parcels": "parcels", "zones": "zones", "poi": "poi", "people": "population", "roads": "roads", "plants": "point_sources"}


class Layer:
    """Features, or a path to a raster or file, with the keys of their section of the pipeline file."""

    def __init__(self, source: Any, keys: Mapping[str, Any]) -> None:
        self.source = source
        self.keys = dict(keys)


def layer(source: Any, **keys: Any) -> Layer:
    """A layer of a `City` with the keys of its section: ``cz.layer(gdf, id="parcel_id", land_use="DLBM", scheme="gbt21010")``.

    Parameters
    ----------
    source : GeoDataFrame, Arrow table or path
        Features in memory; or the path of a file or raster.
    **keys
        As in the pipeline file; column names are those of ``source``. The ``gdp`` of zones is a column in 1e4 CNY.

    Returns
    -------
    Layer
        For `City`. What is wrong with it is told by ``City.check()`` and ``City.run()``: nothing is read here.
    """
    return Layer(source, keys)


class City:
    """A city from GeoDataFrames: no files are needed, the engine and its findings are those of the command.

    Parameters
    ----------
    name : str
        Name of the run.
    year : int
        Year of the data.
    parcels, zones, poi, people, roads, plants
        GeoDataFrames, or `layer` with the keys of the section. ``people`` may be the path of a raster.
    totals : table
        One row per total: ``sector``, ``land_group``, ``amount``; optional ``source``, ``mode_share`` (a mapping). Sinks positive.
    unit : str
        Of ``amount``: ``t``, ``kt``, ``1e4 t``, ``Mt``.
    rules : sequence of mappings, optional
        Rows ``[[allocate]]``; default: those of the starter pipeline (``carbonzone init``) whose budgets there are, by the proxies
        whose layers there are.
    crs : str, optional
        Working CRS, projected, metres; default: that of the parcels.
    settings : mapping, optional
        Any other key of the pipeline file, dotted: ``{"aggregate.cell_m": 500, "zoning.scheme": "guiyang_three_levels"}``.

    Examples
    --------
    >>> city = cz.City("mycity", 2020, parcels=cz.layer(parcels, land_use="DLBM", scheme="gbt21010"),
    ...                zones=cz.layer(towns, id="id", gdp="gdp"), totals=totals)  # doctest: +SKIP
    >>> city.check().blocks, city.run().zones.to_geopandas()                      # doctest: +SKIP
    """

    def __init__(
        self,
        name: str,
        year: int,
        *,
        parcels: Any,
        zones: Any,
        totals: Any,
        poi: Any = None,
        people: Any = None,
        roads: Any = None,
        plants: Any = None,
        unit: str = "t",
        rules: Sequence[Mapping[str, Any]] | None = None,
        crs: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        given = {"parcels": parcels, "zones": zones, "poi": poi, "people": people, "roads": roads, "plants": plants}
        self.name = name
        self.year = year
        self.layers = {
            role: part if isinstance(part, Layer) else Layer(part, {}) for role, part in given.items() if part is not None
        }
        self.totals = _records(totals)
        self.unit = unit
        self.rules = None if rules is None else [dict(rule) for rule in rules]
        self.crs = crs
        self.settings = dict(settings or {})

    def check(self, *, progress: Callable[[Progress], object] | None = None, strict: bool = False) -> Findings:
        """Reads everything and gives all findings, as `carbonzone.check`."""
        with tempfile.TemporaryDirectory(prefix="carbonzone-") as folder:
            found = check_file(self._write(Path(folder)), progress=progress, strict=strict)
        return self._in_memory(found)

    def run(
        self,
        out: str | os.PathLike[str] | None = None,
        *,
        progress: Callable[[Progress], object] | None = None,
        threads: int | None = None,
        strict: bool = False,
        maps: bool = False,
    ) -> Run:
        """Does the whole job, as `carbonzone.run`.

        Parameters
        ----------
        out : path, optional
            Folder of the results. Without it the results live as long as the `Run`; ``run.save(folder)`` keeps them.
        maps : bool
            Figures, QGIS project and report too.
        """
        keep = tempfile.TemporaryDirectory(prefix="carbonzone-") if out is None else None
        target = Path(keep.name) / self.name if keep else out
        with tempfile.TemporaryDirectory(prefix="carbonzone-") as folder:
            pipeline = self._write(Path(folder))
            try:
                done = run_file(pipeline, target, progress=progress, threads=threads, strict=strict, maps=maps)
            except CarbonzoneError as error:
                raise CarbonzoneError(self._in_memory(error.findings)) from None
        return Run(done.folder, keep=keep)

    def pipeline(self) -> dict[str, Any]:
        """The pipeline file that the engine gets, as a mapping."""
        with tempfile.TemporaryDirectory(prefix="carbonzone-") as folder:
            return self._pipeline(Path(folder), write=False)

    def _write(self, folder: Path) -> Path:
        path = folder / "city.toml"
        path.write_text("".join(_toml(self._pipeline(folder, write=True))), encoding="utf-8")
        return path

    def _pipeline(self, folder: Path, *, write: bool) -> dict[str, Any]:
        found: dict[str, Any] = {
            "city": {"name": self.name, "year": self.year, "crs": self.crs or self._crs_of_parcels()},
            "layers": {},
            "inventory": {"unit": self.unit, "totals": self.totals},
            "allocate": self.rules if self.rules is not None else self._starter_rules(),
        }
        for role, part in self.layers.items():
            found["layers"][_SECTIONS[role]] = self._section(role, part, folder if write else None)
        for key, value in self.settings.items():
            *parents, last = key.split(".")
            place = found
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = value
        return found

    def _crs_of_parcels(self) -> str:
        source = self.layers["parcels"].source
        if isinstance(source, str | os.PathLike):
            raise CarbonzoneError.of("no_crs", "parcels from a file: name the working CRS", field="crs", hint="City(..., crs=\"EPSG:4549\")")
        geometry = _layers.of(source, "parcels")
        _crs.require_metres(geometry.crs, "parcels", geometry.bounds)
        known = (geometry.crs or {}).get("id")
        if known is None:
            raise CarbonzoneError.of("no_crs", "the CRS of the parcels has no name", layer="parcels", hint="City(..., crs=\"EPSG:4549\")")
        return f"{known['authority']}:{known['code']}"

    def _section(self, role: str, part: Layer, folder: Path | None) -> dict[str, Any]:
        keys = {key: _absolute(value) for key, value in part.keys.items()}
        if isinstance(part.source, str | os.PathLike):
            own = keys.pop("source", {})
            return {"source": {"path": str(Path(part.source).resolve()), **own}, **keys}
        name = f"{role}.parquet"
        if folder is not None:
            _features(part.source, role).to_parquet(folder / name, index=False)
        return {"source": {"path": name}, **keys}

    def _starter_rules(self) -> list[dict[str, Any]]:
        """The rules of the starter pipeline whose budgets are given."""
        import tomllib

        with tempfile.TemporaryDirectory(prefix="carbonzone-") as folder:
            _command.call(["init", str(Path(folder) / "starter")], events=False).require(0)
            starter = tomllib.loads((Path(folder) / "starter" / "pipeline.toml").read_text(encoding="utf-8"))
        given = set()
        for total in self.totals:
            budget = f"{total['sector']}:{total['land_group']}"
            given |= {f"{budget}_{mode}" for mode in total.get("mode_share", {})} or {budget}
        needs = {"poi": "poi", "population": "people", "road": "roads"}
        absent = tuple(proxy for proxy, role in needs.items() if role not in self.layers)
        rules: list[dict[str, Any]] = [rule for rule in starter["allocate"] if rule["budget"] in given]
        return [{**rule, "proxies": [p for p in rule["proxies"] if not p.startswith(absent)]} for rule in rules]

    def _in_memory(self, findings: Findings) -> Findings:
        """Findings that name layers, not the files in which they travelled."""
        names = re.compile(rf"(?:\S*/)?({'|'.join(self.layers)}|city)\.(?:parquet|toml)")

        def told(text: str | None) -> str | None:
            return None if text is None else names.sub(r"\1 (in memory)", text)

        return Findings(
            replace(f, file=told(f.file), message=told(f.message) or "", value=told(f.value), hint=told(f.hint)) for f in findings
        )


def _features(source: Any, role: str) -> gpd.GeoDataFrame:
    import geopandas as gpd

    if isinstance(source, gpd.GeoDataFrame):
        return source
    if hasattr(source, "__arrow_c_stream__"):
        return gpd.GeoDataFrame.from_arrow(source)
    raise CarbonzoneError.of("not_features", f"{role}: a {type(source).__name__} holds no features", layer=role, expected="a GeoDataFrame")


def _absolute(value: Any) -> Any:
    """A scheme that is a file of the user: the engine looks for it from another folder."""
    return str(Path(value).resolve()) if isinstance(value, str | os.PathLike) and Path(value).is_file() else value


def _records(table: Any) -> list[dict[str, Any]]:
    """Rows as mappings, without what is missing."""
    if hasattr(table, "to_dict"):
        table = table.to_dict("records")
    elif hasattr(table, "to_pylist"):
        table = table.to_pylist()
    return [{str(k): v for k, v in dict(row).items() if v is not None and v == v} for row in table]


def _toml(given: Mapping[str, Any]) -> list[str]:
    """A mapping of sections as TOML."""
    lines = []
    for section, value in given.items():
        if isinstance(value, Mapping):
            lines.append(f"[{section}]\n")
            lines += [f"{json.dumps(key, ensure_ascii=False)} = {_command.toml(item)}\n" for key, item in value.items()]
        else:
            lines += [f"[[{section}]]\n" + "".join(f"{json.dumps(k)} = {_command.toml(v)}\n" for k, v in row.items()) for row in value]
    return lines
