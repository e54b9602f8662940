"""Sector totals from yearbook rows."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _command, _lib
from ._findings import CarbonzoneError, Findings
from ._kernels import _tell

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Inventory", "inventory"]


@dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """Sector totals, line by line."""

    #: Activity x factor = result, with cell, source and status, t CO2e per year.
    lines: pa.Table
    #: t CO2e per year by ``sector:land_group``, for `allocate`; sinks positive.
    budgets: dict[str, float]
    #: All tables: ``lines``, ``budgets``, ``totals``, ``uncertainty``, ``alternatives``, ``sink_areas``, ``factor_sets``.
    tables: dict[str, pa.Table]
    #: As ``carbonzone inventory --export FILE.json``.
    record: dict[str, Any]
    #: Unverified factors, double counting, implausible values.
    findings: Findings


def inventory(
    source: str | os.PathLike[str], *, areas_m2: Mapping[str, float] | None = None, **options: Any
) -> Inventory:
    """Sector totals: activity data x emission factor (equations 1 to 7 of the Suzhou paper).

    Parameters
    ----------
    source : path
        A yearbook table (XLSX, XLS, ODS, CSV); or a pipeline file (TOML) whose ``[inventory.activity]`` is computed by the command.
    areas_m2 : mapping, optional
        Land area in m2 by land type, for sinks that the yearbook has no areas for.
    **options
        Keys of ``[inventory.activity]``: ``year``, ``region``, ``without``, ``electricity_boundary``, ``overrides``, ...

    Returns
    -------
    Inventory

    Raises
    ------
    CarbonzoneError
        Every row that cannot be understood, with sheet and cell.
    """
    path = Path(source)
    if path.suffix == ".toml":
        if areas_m2 or options:
            raise CarbonzoneError.of("bad_parameter", "a pipeline file has its own options", field=", ".join(options) or "areas_m2")
        return _by_command(path)
    config = {"files": [{"path": path.name}], **options}
    tables, record, findings = _lib.compute_inventory(json.dumps(config), str(path.resolve().parent), dict(areas_m2 or {}))
    return _inventory(dict(tables), json.loads(record), _tell(findings))


def _inventory(tables: dict[str, pa.Table], record: dict[str, Any], findings: Findings) -> Inventory:
    budgets = {f"{b['sector']}:{b['land_group']}": b["amount_t"] for b in record["budgets"]}
    return Inventory(tables["lines"], budgets, tables, record, findings)


def _by_command(path: Path) -> Inventory:
    import pyarrow as pa

    with tempfile.TemporaryDirectory(prefix="carbonzone-") as folder:
        export = Path(folder) / "inventory.json"
        outcome = _command.call(["inventory", str(path), "--export", str(export)]).require(0)
        record = json.loads(export.read_text(encoding="utf-8"))
    names = ("lines", "budgets", "uncertainty", "alternatives", "sink_areas", "factor_sets")
    tables = {name: pa.Table.from_pylist(record[name]) for name in names if record.get(name)}
    return _inventory(tables, record, outcome.findings)
