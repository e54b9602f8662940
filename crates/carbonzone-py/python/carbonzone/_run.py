"""Runs: the whole job by the command, and the folders that it leaves."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from . import _command
from ._command import Progress
from ._findings import CarbonzoneError, Finding, Findings
from ._table import Table

__all__ = ["Run", "check", "confidence", "explain", "open", "run", "sensitivity"]

StrPath = str | os.PathLike[str]
Told = Callable[[Progress], object]


class Run:
    """A finished run: its folder, its record, its tables. Tables are read when they are first asked for."""

    def __init__(self, folder: StrPath, *, keep: tempfile.TemporaryDirectory[str] | None = None) -> None:
        #: The folder.
        self.folder: Path = Path(folder).resolve()
        self._keep = keep
        try:
            #: Provenance, findings, ledger, totals: ``run.json``.
            self.record: dict[str, Any] = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CarbonzoneError.of(
                "no_run", "this is no folder of a finished run", file=str(folder), value=str(error), expected="a folder with run.json"
            ) from error

    @property
    def name(self) -> str:
        """Name of the run."""
        return str(self.record["name"])

    @property
    def crs(self) -> str:
        """CRS of all layers."""
        return str(self.record["crs"])

    @property
    def totals(self) -> dict[str, Any]:
        """Gross, sinks, net of the city, t CO2e; indices."""
        return dict(self.record["totals"])

    @property
    def findings(self) -> Findings:
        """What was noticed: mended, guessed, left out."""
        return Findings(Finding.from_dict(item) for item in self.record["findings"])

    @cached_property
    def ledger(self) -> Table:
        """What became of every tonne and every feature, one row per step. Tonnes t CO2e, areas m2."""
        import pyarrow as pa

        return Table(pa.Table.from_pylist(self.record["ledger"]), "ledger")

    @cached_property
    def zones(self) -> Table:
        """One row per township, county or whatever the zones are: tonnes, indices, class."""
        return self._layer(self.record.get("zones_layer"), "zones")

    @cached_property
    def grid(self) -> Table:
        """One row per cell that holds anything: tonnes, t CO2e per km2."""
        return self._layer(self.record.get("grid_layer"), "grid")

    @cached_property
    def parcels(self) -> Table:
        """One row per parcel: area, proxies, tonnes."""
        return self._layer("parcels", "parcels")

    def layers(self) -> list[str]:
        """Names of all vector layers of the run, for `layer`."""
        return [name for _, name in self._places()]

    def layer(self, name: str) -> Table:
        """Any vector layer of the run by name."""
        return self._layer(name, name)

    def _places(self) -> list[tuple[Path, str]]:
        """File and name of every layer: the GeoPackage, and parcels in a file of their own."""
        pyogrio = _pyogrio()
        found: list[tuple[Path, str]] = []
        for output in self.record["outputs"]:
            path = self.folder / output["path"]
            if path.suffix == ".parquet" or path.suffix == ".fgb":
                found.append((path, path.stem))
            elif path.suffix == ".gpkg" and path.name != "explain.gpkg":
                found += [(path, str(name)) for name, kind in pyogrio.list_layers(path) if kind is not None]
        return found

    def _layer(self, name: str | None, kind: str) -> Table:
        places = {layer: path for path, layer in self._places()}
        if name is None or name not in places:
            raise CarbonzoneError.of(
                "no_layer", f"this run has no {kind}", file=str(self.folder), value=name, expected=", ".join(places) or "layers"
            )
        path = places[name]
        if path.suffix == ".parquet":
            return Table(_geoparquet(path), kind)
        _, table = _pyogrio().read_arrow(path, layer=name)
        return Table(table, kind)

    def save(self, folder: StrPath) -> Run:
        """Copies the run to a folder that stays, and opens it there."""
        shutil.copytree(self.folder, folder)
        return Run(folder)

    def explain(self, **unit: Any) -> dict[str, Any]:
        """`explain` of this run."""
        return explain(self, **unit)

    def plot(self, column: str | None = None, **options: Any) -> Any:
        """The zones on a map, in the colours of their classes: `Table.plot`."""
        return self.zones.plot(column, **options)

    def explore(self, column: str | None = None, **options: Any) -> Any:
        """The zones on a map to move about in: `Table.explore`."""
        return self.zones.explore(column, **options)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._keep is not None:
            raise CarbonzoneError.of(
                "temporary_run", "this run lives only as long as this object", file=str(self.folder), hint="run.save(folder) keeps it"
            )
        return (Run, (self.folder,))

    def __repr__(self) -> str:
        return f"<Run {self.name}: {self.folder}>"


def _pyogrio() -> Any:
    try:
        import pyogrio
    except ImportError as error:
        raise CarbonzoneError.of("no_pyogrio", "layers of a run are read by pyogrio", hint="pip install carbonzone[geo]") from error
    return pyogrio


def _geoparquet(path: Path) -> Any:
    """GeoParquet with its CRS where Arrow has it."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    name = geo["primary_column"]
    at = table.schema.get_field_index(name)
    told = {"crs": geo["columns"][name].get("crs")}
    metadata = {b"ARROW:extension:name": b"geoarrow.wkb", b"ARROW:extension:metadata": json.dumps(told).encode()}
    return table.cast(table.schema.set(at, table.schema.field(at).with_metadata(metadata)))


def open(folder: StrPath) -> Run:  # noqa: A001
    """Opens the folder of a finished run, of this or an earlier version.

    Parameters
    ----------
    folder : path
        The folder with ``run.json``.

    Returns
    -------
    Run

    Raises
    ------
    CarbonzoneError
        If it is none.
    """
    return Run(folder)


def _common(pipeline: StrPath, set: Mapping[str, Any] | None, strict: bool) -> list[str]:  # noqa: A002
    return [os.fspath(pipeline), *_command.settings(set), *(["--strict"] if strict else [])]


def run(
    pipeline: StrPath,
    out: StrPath | None = None,
    *,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    progress: Told | None = None,
    overwrite: bool = False,
    threads: int | None = None,
    strict: bool = False,
    maps: bool = True,
) -> Run:
    """Does the whole job of a pipeline file: reads, allocates, aggregates, zones, writes. By the command, in a child process.

    Parameters
    ----------
    pipeline : path
        The pipeline file.
    out : path, optional
        Folder of the results; default: ``out/`` and the name of the city.
    set : mapping, optional
        Values that win over those of the file, by dotted key: ``{"layers.poi.snap_m": 50}``.
    progress : callable, optional
        Called with each `Progress`; ``print`` will do.
    overwrite : bool
        Put the results into a folder of another pipeline.
    threads : int, optional
        Default: all processors. The results do not depend on it.
    strict : bool
        Warnings are errors.
    maps : bool
        Figures, QGIS project and report too.

    Returns
    -------
    Run

    Raises
    ------
    CarbonzoneError
        With every finding, if the input or the result is not acceptable; nothing is written then.
    """
    arguments = ["run", *_common(pipeline, set, strict), "--quiet"]
    arguments += ["--out", os.fspath(out)] if out is not None else []
    arguments += ["--overwrite"] if overwrite else []
    arguments += ["--threads", str(threads)] if threads is not None else []
    arguments += [] if maps else ["--no-maps"]
    outcome = _command.call(arguments, progress).require(0)
    folder = outcome.run_dir or out
    if folder is None:
        raise CarbonzoneError("the command did not tell where it wrote")
    return Run(folder)


def check(
    pipeline: StrPath,
    *,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    progress: Told | None = None,
    strict: bool = False,
) -> Findings:
    """Reads every input of a pipeline file and gives all findings; writes nothing. ``.blocks`` tells whether a run is refused.

    Parameters
    ----------
    pipeline, set, progress, strict
        As in `run`.

    Returns
    -------
    Findings
        With ``.errors``, ``.warnings``, ``.to_pandas()``.

    Raises
    ------
    CarbonzoneError
        If the check itself cannot be made (no command).
    """
    outcome = _command.call(["check", *_common(pipeline, set, strict), "--format", "json"], progress)
    if outcome.exit_code not in (0, 1) and not outcome.findings:
        outcome.require(0)
    return outcome.findings


def explain(
    run: Run | StrPath,
    *,
    township: str | None = None,
    parcel: str | None = None,
    cell: tuple[int, int] | str | None = None,
    year: int | None = None,
) -> dict[str, Any]:
    """Where the tonnes of a unit come from: rule, budget, proxy, weight, share, fallback.

    Parameters
    ----------
    run : Run or path
        A finished run.
    township, parcel : str
        Id or name. One of the three.
    cell : (column, row) or str
        From the north-west, or its id.
    year : int, optional
        For a run of several years; default: the last.

    Returns
    -------
    dict
        As ``carbonzone explain --format json``.

    Raises
    ------
    CarbonzoneError
        If there is no such unit.
    """
    units = {"--township": township, "--parcel": parcel, "--cell": cell}
    given = {flag: unit for flag, unit in units.items() if unit is not None}
    if len(given) != 1:
        raise CarbonzoneError.of("bad_parameter", "one of township, parcel, cell is needed")
    folder = run.folder if isinstance(run, Run) else run
    arguments = ["explain", os.fspath(folder), "--format", "json"]
    for flag, unit in given.items():
        arguments += [flag, unit if isinstance(unit, str) else ",".join(map(str, unit))]
    arguments += ["--year", str(year)] if year is not None else []
    found: dict[str, Any] = json.loads(_command.call(arguments, events=False).require(0).stdout)
    return found


def sensitivity(
    pipeline: StrPath,
    *,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    progress: Told | None = None,
) -> dict[str, Any]:
    """Tries every choice of the method one at a time, and names the townships whose class changes.

    Parameters
    ----------
    pipeline, set, progress
        As in `run`.

    Returns
    -------
    dict
        As ``carbonzone sensitivity --format json``: ``tried`` has one entry per choice and value, ``changes``
        one per choice and township whose class changes (``zone``: before and after).

    Raises
    ------
    CarbonzoneError
        If the pipeline file or a layer is refused.
    """
    arguments = ["sensitivity", *_common(pipeline, set, False), "--format", "json", "--quiet"]
    found: dict[str, Any] = json.loads(_command.call(arguments, progress).require(0).stdout)
    return found


def confidence(run: Run | StrPath) -> Table:
    """How sure the class of each zone is, from the draws of a run with ``[uncertainty]``.

    Parameters
    ----------
    run : Run or path
        A finished run.

    Returns
    -------
    Table
        Per zone: ``zone``, ``zone_modal``, ``zone_confidence`` (a probability), ``confidence_class``, ``confidence_driver``,
        ``p_<class>``, and 5 %, 50 % and 95 % of the draws of tonnes and indices.

    Raises
    ------
    CarbonzoneError
        If the run made no draws.
    """
    opened = run if isinstance(run, Run) else Run(run)
    zones = opened.zones
    if "zone_confidence" not in zones.columns:
        raise CarbonzoneError.of(
            "no_draws", "this run made no draws", file=str(opened.folder), hint="give the pipeline file an [uncertainty] section"
        )
    ends = ("_p05", "_p50", "_p95")
    named = ("unit_id", "name", "name_en", "zone", "zone_id", "zone_color", "zone_en", "zone_zh", "zone_modal")
    wanted = [c for c in zones.columns if c in named or "confidence" in c or c.startswith("p_") or c.endswith(ends)]
    return Table(zones.arrow.select([*wanted, *([zones.geometry] if zones.geometry else [])]), "zones")
