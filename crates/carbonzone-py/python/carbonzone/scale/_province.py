"""Cities together: what is finished, what failed, totals and indices of the province."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import _lib
from .._findings import CarbonzoneError, Finding, Findings
from ._passes import CityResult, merge
from ._storage import City, Place, StrPath, open_city, refusal

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Province", "ProvinceResult", "open_province"]


@dataclass(slots=True)
class Province:
    """Cities in parts, as ``carbonzone partition`` left them."""

    #: Its folder.
    url: str
    #: Keys of the cities that are ready.
    keys: list[str]
    #: Findings of those that were refused, by key or pipeline file.
    failed: dict[str, Findings] = field(default_factory=dict)

    def city(self, key: str) -> City:
        """One of the cities."""
        return open_city(f"{self.url}/city={key}")

    def unfinished(self, out: StrPath) -> list[str]:
        """Cities whose results of these very parts, by this version, are not in ``out`` yet."""
        return [key for key in self.keys if not self._finished(out, key)]

    def _finished(self, out: StrPath, key: str) -> bool:
        try:
            done = json.loads((Place(out) / f"city={key}" / "result.json").read())
            same = done["plan_sha256"] == self.city(key).digest
            return bool(same and done["program"] == f"carbonzone {_lib.__version__}")
        except (OSError, ValueError, KeyError, CarbonzoneError):
            return False


def open_province(url: StrPath) -> Province:
    """Opens the folder that ``carbonzone partition`` made: a path, or a URL of object storage.

    Raises
    ------
    CarbonzoneError
        If it is none, or names a city twice.
    """
    place = Place(url)
    try:
        record = json.loads((place / "province.json").read())
        keys = [str(city["city"]) for city in record["cities"]]
        failed = {
            str(city["city"] or city["pipeline"]): Findings(Finding.from_dict(item) for item in city["findings"])
            for city in record["failed"]
        }
    except FileNotFoundError as error:
        raise CarbonzoneError.of(
            "no_province", "this is no folder of cities in parts", file=place.url, hint="`carbonzone partition` makes it"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise CarbonzoneError.of("no_province", "province.json cannot be read", file=place.url, value=str(error)) from error
    except OSError as error:
        raise refusal(error, place.url) from error
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise CarbonzoneError.of(
            "duplicate_city", "a city is there twice", file=place.url, value=", ".join(twice), expected="a key of its own for every city"
        )
    return Province(place.url, keys, failed)


@dataclass(slots=True)
class ProvinceResult:
    """What came of the cities. ``city`` is a column of every table."""

    #: Finished cities by key.
    cities: dict[str, CityResult]
    #: Why the others are not, by key.
    failed: dict[str, Findings]
    #: Cities that were finished before and not computed again.
    resumed: list[str] = field(default_factory=list)

    @classmethod
    def collect(cls, province: Province, out: StrPath, failed: Mapping[str, Findings], resumed: list[str]) -> ProvinceResult:
        """Reads what is finished in ``out``; a city that is neither finished nor failed is told as lost."""
        cities, why = {}, {**province.failed, **failed}
        for key in province.keys:
            result = None if key in why else CityResult.load(out, key)
            if result is not None:
                cities[key] = result
            elif key not in why:
                lost = Finding(
                    "lost_task", "error", f"the task of {key} ended without a result",
                    hint="the worker was killed, mostly for want of memory: give it more, or run the city in parts over many tasks",
                )  # fmt: skip
                why[key] = Findings([lost])
        return cls(cities, why, resumed)

    @property
    def exit_code(self) -> int:
        """0; 1 if a city failed."""
        return 1 if self.failed else 0

    def _together(self, table: str) -> pa.Table:
        import pyarrow as pa

        def named(key: str, found: pa.Table) -> pa.Table:
            return found.add_column(0, "city", pa.array([key] * found.num_rows, pa.string()))

        found = [named(key, getattr(city, table)) for key, city in self.cities.items()]
        return pa.concat_tables(found, promote_options="default") if found else pa.table({"city": pa.array([], pa.string())})

    @property
    def zones(self) -> pa.Table:
        """Zones of all cities; NULL in the column of a sector that a city does not have."""
        return self._together("zones")

    @property
    def cells(self) -> pa.Table:
        """Cells of all cities, each in the grid of its own."""
        return self._together("cells")

    @property
    def ledger(self) -> pa.Table:
        """Ledgers of all cities."""
        return self._together("ledger")

    @property
    def findings(self) -> list[tuple[str, Finding]]:
        """City and finding, those of failed cities first."""
        told = [(key, f) for key, findings in self.failed.items() for f in findings]
        return told + [(key, f) for key, city in self.cities.items() for f in city.findings]

    @property
    def totals(self) -> dict[str, float]:
        """t CO2e of the province by sector, ``sink`` and ``gross``: states added, rounded once."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self.cities:
            return {}
        states = merge(*(city.totals for city in self.cities.values()))
        emitted = states.filter(pc.not_equal(states["name"], "sink"))
        gross = emitted.set_column(2, "name", pa.array(["gross"] * emitted.num_rows))
        states = pa.concat_tables([states, merge(gross)]) if emitted.num_rows else states
        return dict(zip(states["name"].to_pylist(), _lib.state_values(states), strict=True))

    def indices(self, zoning: Mapping[str, Any] | None = None) -> pa.Table:
        """One row per city: totals from exact states, GDP, and CCR, ECC, ESC and class of the cities **within the province**.

        Parameters
        ----------
        zoning : mapping, optional
            ``[zoning]`` as in a pipeline file; default: that of the cities, if they all have the same.
        """
        import pyarrow as pa

        gdp = _gdp_of(self.zones)
        rows = [_row_of(key, city, gdp) for key, city in self.cities.items()]
        names = (*_NUMBERS, gdp)
        table = pa.Table.from_pylist(rows, schema=pa.schema([("city", pa.string()), *((n, pa.float64()) for n in names)]))
        return _classified(table, table["city"], self._zoning(zoning))

    def units(self, zoning: Mapping[str, Any] | None = None) -> pa.Table:
        """One row per zone of any city, with CCR, ECC, ESC and class of the zones **within the province**; else as `indices`."""
        zones = self.zones
        names = [f"{city}/{unit}" for city, unit in zip(zones["city"].to_pylist(), zones["unit_id"].to_pylist(), strict=True)]
        table = zones.select(["city", "unit_id", "name", "gross_t", "sink_t", "net_t", _gdp_of(zones)])
        return _classified(table, names, self._zoning(zoning))

    def _zoning(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        if given is not None:
            return dict(given)
        found = [{**city.record["zoning"], "gdp_total": None} for city in self.cities.values()]
        if any(other != found[0] for other in found[1:]):
            raise CarbonzoneError.of(
                "province_zoning", "the cities are zoned by different schemes", field="zoning", hint="give the scheme of the province: zoning="
            )
        return found[0] if found else {}

    def save(self, out: StrPath) -> None:
        """Writes ``zones``, ``cells``, ``ledger``, ``cities`` and ``units`` as Parquet, findings and totals as JSON, to ``out``."""
        place = Place(out)
        tables = {"zones": self.zones, "cells": self.cells, "ledger": self.ledger}
        if self.cities:
            tables |= {"cities": self.indices(), "units": self.units()}
        findings = [
            {"city": key, **{k: v for k in Finding.__dataclass_fields__ if (v := getattr(f, k)) is not None}} for key, f in self.findings
        ]
        said = {"cities": list(self.cities), "failed": list(self.failed), "totals_t": self.totals, "findings": findings}
        try:
            for name, table in tables.items():
                (place / f"{name}.parquet").write_table(table)
            (place / "result.json").write(json.dumps(said, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            raise refusal(error, place.url) from error

    def __repr__(self) -> str:
        return f"<ProvinceResult: {len(self.cities)} cities, {len(self.failed)} failed>"


#: Numbers of a city.
_NUMBERS = ("parcels", "gross_t", "sink_t", "net_t")


def _gdp_of(table: pa.Table) -> str:
    """The column of GDP, named by its unit: the same in all cities of a province."""
    names = [name for name in table.column_names if name.startswith("gdp_") and name != "gdp_derived"]
    if len(names) > 1:
        raise CarbonzoneError.of(
            "province_gdp_unit", f"the cities have GDP in different units: {', '.join(names)}", field="gdp_unit", hint="prepare them with one gdp_unit"
        )
    return names[0] if names else "gdp_1e4cny"


def _row_of(key: str, city: CityResult, gdp_field: str) -> dict[str, Any]:
    totals = ProvinceResult({key: city}, {}).totals
    gross, sink = totals.get("gross", 0.0), totals.get("sink", 0.0)
    gdp = city.zones[gdp_field].to_pylist()
    # A city with a zone whose GDP is not known has no GDP: unknown is not 0.
    known = _exact(gdp) if gdp and None not in gdp else None
    numbers = (float(city.record["parcels"]), gross, sink, gross - sink, known)
    return {"city": key, **dict(zip((*_NUMBERS, gdp_field), numbers, strict=True))}


def _exact(values: list[float]) -> float:
    import math

    return math.fsum(values)


def _classified(table: pa.Table, ids: Any, zoning: Mapping[str, Any]) -> pa.Table:
    import pyarrow as pa

    units = {"id": pa.array(ids if isinstance(ids, list) else ids.to_pylist(), pa.string())}
    units |= {name: table[name] for name in ("gross_t", "sink_t")} | {"gdp": table[_gdp_of(table)]}
    found, _ = _lib.classify_units(pa.table(units), json.dumps(dict(zoning)))
    for name in found.column_names:
        table = table.append_column(name, found[name])
    return table
