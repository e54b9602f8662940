"""The passes over batches, for any engine: Arrow in, states out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import _lib
from .._findings import CarbonzoneError, Finding, Findings
from ._storage import BATCH_ROWS, City, Place, StrPath, refusal

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CityResult", "Shares", "decide", "finish", "merge", "place", "run_city", "smoothed", "sums", "weigh"]

#: Small batches are put together up to so many rows before a kernel is called.
_GATHER = 4_096
#: Tables of a result, in the order in which they are written; ``result.json`` is last.
_TABLES = ("zones", "cells", "totals", "ledger")


def states_schema() -> pa.Schema:
    """``kind``, ``unit``, ``name``, ``state``: rows with the first three alike are added."""
    import pyarrow as pa

    return pa.schema([("kind", pa.string()), ("unit", pa.int64()), ("name", pa.string()), ("state", pa.decimal128(38, 0))])


def as_states(table: pa.Table) -> pa.Table:
    """States as an engine returns them, in the types of `states_schema`."""
    return table.select(states_schema().names).cast(states_schema())


def _tables(city: City, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches of any size as tables of some thousand rows, with the columns that the passes need."""
    import pyarrow as pa

    def table(gathered: list[pa.RecordBatch]) -> pa.Table:
        whole = pa.Table.from_batches(gathered)
        missing = [name for name in city.schema.names if name not in whole.column_names]
        if missing:
            raise CarbonzoneError.of(
                "unknown_field", f"batches of {city.key} lack columns", field=missing[0], expected=", ".join(city.schema.names)
            )
        return whole.select(city.schema.names).cast(city.schema)

    gathered: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        for first in range(0, batch.num_rows, BATCH_ROWS):
            piece = batch.slice(first, BATCH_ROWS)
            if gathered and not gathered[0].schema.equals(piece.schema):
                yield table(gathered)
                gathered, rows = [], 0
            gathered.append(piece)
            rows += piece.num_rows
            if rows >= _GATHER:
                yield table(gathered)
                gathered, rows = [], 0
    if gathered:
        yield table(gathered)


@dataclass(frozen=True, slots=True)
class Shares:
    """How each rule of a city is shared out: small, picklable, the same for all its parcels."""

    #: For the kernels.
    text: str
    #: True if `smoothed` must go over all batches before they are used.
    need_another_pass: bool = False


def weigh(city: City, batches: Iterable[pa.RecordBatch], *, threads: int | None = None) -> pa.Table:
    """Pass 1: states of what these parcels bring to each rule.

    Parameters
    ----------
    city : City
    batches : iterable of pyarrow.RecordBatch
        Parcels of the city, any number at a time, with the columns of ``city.schema`` (the geometry is not looked at).
    threads : int, optional
        Default: all processors; the states do not depend on it.

    Returns
    -------
    pyarrow.Table
        States.
    """
    weigher = city.kernel.weigher()
    for table in _tables(city, batches):
        weigher.add(table, threads)
    return weigher.states()


def decide(city: City, states: pa.Table) -> Shares:
    """Between the passes, once: how each rule is shared out, from the states of all parcels.

    Raises
    ------
    CarbonzoneError
        If parcels are missing or were there twice; what the command refuses: land that no parcel has, weights that are all zero.
    """
    return Shares(*city.kernel.decide(as_states(states)))


def smoothed(city: City, shares: Shares, batches: Iterable[pa.RecordBatch]) -> pa.Table:
    """States of the smoothed weights, for rules with ``smoothing``; `with_smoothed` takes those of all parcels."""
    found = [city.kernel.smoothed(shares.text, table) for table in _tables(city, batches)]
    return merge(*found) if found else states_schema().empty_table()


def with_smoothed(city: City, shares: Shares, states: pa.Table) -> Shares:
    """Shares with the sums of `smoothed` over all parcels."""
    return Shares(city.kernel.take_smoothed(shares.text, as_states(states)))


def place(city: City, shares: Shares, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Pass 2, parcel by parcel: ``row``, ``unit_id`` and t CO2e per sector, ``gross_t``, ``sink_t``, ``net_t``."""
    for table in _tables(city, batches):
        yield city.kernel.place(shares.text, table)


def sums(city: City, shares: Shares, batches: Iterable[pa.RecordBatch], *, threads: int | None = None) -> pa.Table:
    """Pass 2: states of the tonnes of these parcels per zone, cell and sector. Parameters are those of `weigh`."""
    summer = city.kernel.summer(shares.text)
    for table in _tables(city, batches):
        summer.add(table.drop_columns(["geometry"]), table["geometry"], threads)
    return summer.states()


def merge(*states: pa.Table) -> pa.Table:
    """Adds states up: what an engine does with ``GROUP BY kind, unit, name`` and ``sum(state)``.

    Raises
    ------
    CarbonzoneError
        If a sum has more than 38 digits (4.6e18 t).
    """
    import pyarrow as pa

    return _lib.merge_states(pa.concat_tables([as_states(table) for table in states]))


@dataclass(slots=True)
class CityResult:
    """The numbers of a city, with the bits that a run of the command gives."""

    #: Key of the city.
    city: str
    #: Fields of the zone layer of a run, ``unit_id`` to the class.
    zones: pa.Table
    #: Cells with parcels: ``unit_id``, ``col``, ``row``, ``covered_m2`` (m2), tonnes.
    cells: pa.Table
    #: States of the city's tonnes by sector, and of its sinks.
    totals: pa.Table
    #: What became of every tonne and feature.
    ledger: pa.Table
    #: What a user must look at.
    findings: Findings
    #: Rules as applied, balances, digest of the plan, year, label.
    record: dict[str, Any] = field(default_factory=dict)

    def save(self, out: StrPath) -> None:
        """Writes the result to ``out/city=KEY``; ``result.json`` comes last, and only with it the city is finished.

        Raises
        ------
        CarbonzoneError
            If the storage refuses.
        """
        folder = Place(out) / f"city={self.city}"
        try:
            (folder / "result.json").remove()
            for name in _TABLES:
                (folder / f"{name}.parquet").write_table(getattr(self, name))
            findings = [{k: getattr(f, k) for k in Finding.__dataclass_fields__} for f in self.findings]
            said = {"city": self.city, **self.record, "findings": findings}
            (folder / "result.json").write(json.dumps(said, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            raise refusal(error, folder.url) from error

    @classmethod
    def load(cls, out: StrPath, key: str) -> CityResult | None:
        """A finished city; ``None`` if it is not."""
        folder = Place(out) / f"city={key}"
        try:
            record = json.loads((folder / "result.json").read())
            tables = {name: (folder / f"{name}.parquet").read_table() for name in _TABLES}
        except FileNotFoundError:
            return None
        except OSError as error:
            raise refusal(error, folder.url) from error
        findings = Findings(Finding.from_dict(item) for item in record.pop("findings"))
        return cls(record.pop("city"), **tables, findings=findings, record=record)


def finish(city: City, shares: Shares, states: pa.Table) -> CityResult:
    """The numbers of a city from the states of all its parcels: one rounding each, balances, indices, classes.

    Raises
    ------
    CarbonzoneError
        If parcels are missing or were there twice, or a balance does not hold.
    """
    import pyarrow as pa

    zones, cells, totals, (rules, ledger, findings, balances) = city.kernel.finish(shares.text, as_states(states))
    columns = [("stage", pa.string()), ("sector", pa.string()), ("land_group", pa.string()), ("amount_t", pa.float64())]
    columns += [("amount_m2", pa.float64()), ("count", pa.float64()), ("unit", pa.string()), ("note", pa.string())]
    plan = city.plan
    record = {
        "plan_sha256": city.digest,
        "program": f"carbonzone {_lib.__version__}",
        "year": plan["year"],
        "label": plan["label"],
        "zoning": plan["zoning"],
        "parcels": plan["parcels"],
        "rules": json.loads(rules),
        "balances": json.loads(balances),
    }
    rows = pa.Table.from_pylist(json.loads(ledger), schema=pa.schema(columns))
    return CityResult(city.key, zones, cells, totals, rows, Findings.from_json(findings), record)


def run_city(city: City, *, batch_rows: int = BATCH_ROWS, threads: int | None = None) -> CityResult:
    """A whole city in this process, part by part: both passes, never more than a batch of parcels in memory."""

    def parcels() -> Iterator[pa.RecordBatch]:
        return city.read_all(batch_rows=batch_rows)

    shares = decide(city, weigh(city, parcels(), threads=threads))
    if shares.need_another_pass:
        shares = with_smoothed(city, shares, smoothed(city, shares, parcels()))
    return finish(city, shares, sums(city, shares, parcels(), threads=threads))
