"""Areas, owners, lengths, allocation, indices, zones: pure functions on tables in memory."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from . import _crs, _layers, _lib
from ._findings import CarbonzoneError, CarbonzoneWarning, Findings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Floats = npt.NDArray[np.float64]
    Indices = npt.NDArray[np.uint32]

__all__ = ["Allocation", "Overlay", "allocate", "areas", "classify", "indices", "lengths_in", "overlay", "points_in"]

Invalid = Literal["error", "repair"]


def _tell(findings: str) -> Findings:
    """Findings that do not block, said as warnings too."""
    found = Findings.from_json(findings)
    for finding in found.warnings:
        warnings.warn(str(finding), CarbonzoneWarning, stacklevel=3)
    return found


def _numpy(column: Any) -> Any:
    return column.to_numpy(zero_copy_only=True)


def _repair(invalid: Invalid) -> bool:
    if invalid not in ("error", "repair"):
        raise CarbonzoneError.of("bad_parameter", "unknown value", field="invalid", value=str(invalid), expected="error, repair")
    return invalid == "repair"


def _polygons(parcels: Any, layer: str) -> _layers.Geometry:
    geometry = _layers.of(parcels, layer)
    _crs.require_metres(geometry.crs, layer, geometry.bounds)
    return geometry


def _pair(a: Any, b: Any, layers: tuple[str, str]) -> tuple[_layers.Geometry, _layers.Geometry]:
    first, second = _layers.of(a, layers[0]), _layers.of(b, layers[1])
    _crs.require_metres(first.crs, layers[0], first.bounds)
    _crs.require_metres(second.crs, layers[1], second.bounds)
    _crs.require_same(first.crs, second.crs, layers)
    return first, second


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """Pieces of an overlay, in three arrays of one length; unpacks as ``src, dst, m2``.

    Pieces ascend by ``src``, then by ``dst``.
    """

    #: Row of the parcel.
    src: Indices
    #: Row of the zone, or number of the cell: row by row from the north-west, as in a raster.
    dst: Indices
    #: Area of the piece, m2, > 0.
    m2: Floats
    #: Per parcel: area in no zone or beyond the grid, m2; exactly 0 where none is.
    outside_m2: Floats
    #: Per parcel: what is covered more than once, m2; exactly 0 where zones do not overlap.
    overcovered_m2: Floats
    #: Number of zones or cells.
    n_targets: int

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        return iter((self.src, self.dst, self.m2))

    def __len__(self) -> int:
        return len(self.src)

    def spread(self, values: Any) -> tuple[Floats, float]:
        """Shares an amount per parcel out over zones or cells by area.

        ``E_k = sum_i v_i * a_ik / (sum_j a_ij + outside_i)``, added up exactly: the same bits for any order.

        Parameters
        ----------
        values : array of float64
            One finite number per parcel, in any unit of an amount (tonnes, people).

        Returns
        -------
        per_target : array of float64
            One amount per zone or cell, in the unit of the values.
        outside : float
            What lies in none. ``per_target.sum() + outside`` is the sum of the values, to rounding.

        Raises
        ------
        CarbonzoneError
            If there is not one finite value per parcel.
        """
        import pyarrow as pa

        pieces = (pa.array(self.src), pa.array(self.dst), pa.array(self.m2), pa.array(self.outside_m2))
        per_target, outside = _lib.spread(pieces, self.n_targets, _float_array(values, "values"))
        return _numpy(per_target), outside

    def to_arrow(self) -> pa.Table:
        """The pieces as a table ``src``, ``dst``, ``m2``."""
        import pyarrow as pa

        return pa.table({"src": self.src, "dst": self.dst, "m2": self.m2})


def _float_array(values: Any, field: str) -> pa.Array:
    import pyarrow as pa

    try:
        array = pa.array(values, from_pandas=False)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        return array.cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError) as error:
        raise CarbonzoneError.of("bad_value", f"not numbers: {error}", field=field) from error


def overlay(
    parcels: Any,
    zones: Any = None,
    *,
    grid: tuple[float, float, float, int, int] | None = None,
    invalid: Invalid = "error",
    threads: int | None = None,
) -> Overlay:
    """Area of every parcel in every zone, or in every cell of a grid, m2.

    A sum of signed trapezoids over the edges: exact to rounding, also where boundaries coincide, and the same bits for any number
    of threads.

    Parameters
    ----------
    parcels : polygons
        A GeoDataFrame, a GeoSeries, an Arrow table with a geometry column (geoarrow.wkb), or a list of shapely geometries,
        in a projected CRS in metres.
    zones : polygons
        In the same CRS. They may overlap: the common ground then counts in each, and ``overcovered_m2`` tells.
    grid : (x0, y0, cell, nx, ny)
        Instead of zones: south-west corner and cell size in metres, columns, rows. Cell ``k`` has column ``k % nx`` from the west
        and row ``k // nx`` from the north.
    invalid : 'error' or 'repair'
        What to do with invalid polygons: refuse them with their rows, or repair them as the command does, with a warning.
    threads : int, optional
        Default: all processors. The result does not depend on it.

    Returns
    -------
    Overlay
        ``src, dst, m2 = overlay(...)``: rows of parcels, rows of zones (numbers of cells), areas.

    Raises
    ------
    CarbonzoneError
        Degrees or feet, two CRS, no CRS with coordinates that look like degrees; rows without a polygon; invalid polygons.

    Examples
    --------
    >>> from shapely import box
    >>> src, dst, m2 = overlay([box(500, 500, 1500, 1000)], grid=(0, 0, 1000, 2, 1))
    >>> src.tolist(), dst.tolist(), m2.tolist()
    ([0, 0], [0, 1], [250000.0, 250000.0])
    """
    repair = _repair(invalid)
    if (zones is None) == (grid is None):
        raise CarbonzoneError.of("bad_parameter", "either zones or a grid is needed", field="zones, grid")
    if grid is not None:
        only = _polygons(parcels, "parcels")
        x0, y0, cell, nx, ny = grid
        columns, findings = _lib.overlay_grid(only.wkb, (float(x0), float(y0), float(cell), int(nx), int(ny)), repair, threads)
        targets = int(nx) * int(ny)
    else:
        first, second = _pair(parcels, zones, ("parcels", "zones"))
        columns, findings = _lib.overlay_zones(first.wkb, second.wkb, repair, threads)
        targets = len(second.wkb)
    _tell(findings)
    src, dst, m2, outside, twice = (_numpy(column) for column in columns)
    return Overlay(src, dst, m2, outside, twice, targets)


def areas(parcels: Any, *, invalid: Invalid = "error", threads: int | None = None) -> Floats:
    """Planar area of every polygon, m2: shells minus holes, whatever their direction.

    ``A = |sum_k (x_k - x_0) (y_k+1 - y_0) - (x_k+1 - x_0) (y_k - y_0)| / 2`` per ring.

    Parameters
    ----------
    parcels, invalid, threads
        As in `overlay`.

    Returns
    -------
    array of float64
        One area per polygon, m2, >= 0.

    Raises
    ------
    CarbonzoneError
        As in `overlay`.

    Examples
    --------
    >>> from shapely import box
    >>> areas([box(0, 0, 1000, 500)]).tolist()
    [500000.0]
    """
    columns, findings = _lib.areas(_polygons(parcels, "parcels").wkb, _repair(invalid), threads)
    _tell(findings)
    area: Floats = _numpy(columns[0])
    return area


def points_in(
    parcels: Any, points: Any, *, invalid: Invalid = "error", threads: int | None = None
) -> npt.NDArray[np.int64]:
    """The parcel in which each point lies.

    A point on a common edge has exactly one owner (half-open rule); where parcels overlap, the first in their order.

    Parameters
    ----------
    parcels : polygons
        As in `overlay`.
    points : points
        In the same CRS; not multipoints.

    Returns
    -------
    array of int64
        One row of ``parcels`` per point, -1 for a point in none.

    Raises
    ------
    CarbonzoneError
        As in `overlay`; rows without a point.

    Examples
    --------
    >>> from shapely import Point, box
    >>> points_in([box(0, 0, 1000, 1000)], [Point(500, 500), Point(2000, 0)]).tolist()
    [0, -1]
    """
    first, second = _pair(parcels, points, ("parcels", "points"))
    columns, findings = _lib.points_in(first.wkb, second.wkb, _repair(invalid), threads)
    _tell(findings)
    owners: npt.NDArray[np.int64] = _numpy(columns[0])
    return owners


def lengths_in(
    parcels: Any, lines: Any, *, invalid: Invalid = "error", threads: int | None = None
) -> tuple[Indices, Indices, Floats]:
    """Length of every line in every parcel, m.

    A stretch along a common edge counts in one of the two parcels, so that in a layer without overlaps the lengths of a line sum
    to its length inside the layer.

    Parameters
    ----------
    parcels : polygons
        As in `overlay`.
    lines : lines or multilines
        In the same CRS.

    Returns
    -------
    line, parcel : arrays of uint32
        Rows, ascending by line, then by parcel.
    m : array of float64
        Length of the line in the parcel, m, > 0.

    Raises
    ------
    CarbonzoneError
        As in `overlay`; rows without a line.

    Examples
    --------
    >>> from shapely import LineString, box
    >>> line, parcel, m = lengths_in([box(0, 0, 1000, 1000)], [LineString([(-500, 10), (250, 10)])])
    >>> line.tolist(), parcel.tolist(), m.round(6).tolist()
    ([0], [0], [250.0])
    """
    first, second = _pair(parcels, lines, ("parcels", "lines"))
    columns, findings = _lib.lengths_in(first.wkb, second.wkb, _repair(invalid), threads)
    _tell(findings)
    line, parcel, metres = (_numpy(column) for column in columns)
    return line, parcel, metres


def _columns(given: Any, numbers: Sequence[str], texts: Sequence[str], layer: str) -> pa.Table:
    """Columns by name as float64 and text; those that are not there are left out."""
    import pyarrow as pa

    if hasattr(given, "to_crs") and hasattr(given, "geometry"):
        given = given.drop(columns=given.geometry.name)
    if isinstance(given, Mapping):
        table = pa.table(dict(given))
    elif type(given).__module__.startswith("pandas") and hasattr(given, "columns"):
        table = pa.Table.from_pandas(given[[c for c in given.columns if c in {*numbers, *texts}]], preserve_index=False)
    else:
        table = given if isinstance(given, pa.Table) else pa.table(given)
    out: dict[str, pa.ChunkedArray] = {}
    for names, kind in ((numbers, pa.float64()), (texts, pa.string())):
        for name in names:
            if name not in table.column_names or name in out:
                continue
            column = table.column(name)
            if pa.types.is_dictionary(column.type):
                column = column.cast(column.type.value_type)
            try:
                out[name] = column.cast(kind)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise CarbonzoneError.of(
                    "bad_value", f"column {name}: {error}", layer=layer, field=name, value=str(column.type), expected=str(kind)
                ) from error
    return pa.table(out)


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """Tonnes per parcel, and how they came there."""

    #: One row per parcel in the order of the input, one column per rule, t CO2e (sinks positive).
    tonnes: pa.Table
    #: What became of every budget: placed, unallocated, by which proxy.
    ledger: pa.Table
    #: What was done for each rule: proxies, sums of weights, tonnes.
    rules: list[dict[str, Any]]
    #: Fallbacks and budgets that were left unallocated.
    findings: Findings


def allocate(parcels: Any, budgets: Mapping[str, float], rules: Sequence[Mapping[str, Any]]) -> Allocation:
    """Shares budgets out over parcels in proportion to a proxy: ``E_p = B * w_p / sum_q w_q`` over the parcels of the rule's land.

    Parameters
    ----------
    parcels : table
        One row per parcel: ``space_type`` (text), ``area_m2`` (m2, may be left out of a GeoDataFrame: it is computed), and one
        column per proxy that a rule names, such as ``population`` or ``poi:industry``.
    budgets : mapping
        t CO2e by ``sector:land_group``, such as ``{"industry:industrial": 1e6}``; sinks positive, as ``sink:...``.
    rules : sequence of mappings
        As the rows ``[[allocate]]`` of a pipeline file: ``id``, ``budget``, ``land``, ``proxies``; optional ``share``,
        ``on_missing_class``, ``on_zero_weight``, ``smoothing``, ``activity``. The first proxy that is not zero on all parcels of
        the land is used.

    Returns
    -------
    Allocation
        Tonnes per parcel and rule; each rule sums to its budget.

    Raises
    ------
    CarbonzoneError
        A budget that is not handed out whole; no parcel of the land; a proxy that is NULL, NaN or negative, with its rows.

    Examples
    --------
    >>> parcels = {"space_type": ["industrial"] * 2, "area_m2": [10.0, 10.0], "poi:industry": [1.0, 3.0]}
    >>> rule = {"id": "factories", "budget": "industry:industrial", "land": ["industrial"], "proxies": ["poi:industry", "area"]}
    >>> allocate(parcels, {"industry:industrial": 100.0}, [rule]).tonnes["factories"].to_pylist()
    [25.0, 75.0]
    """
    proxies = [str(p) for rule in rules for p in rule.get("proxies", ())]
    table = _columns(parcels, ["area_m2", *proxies], ["space_type"], "parcels")
    if "area_m2" not in table.column_names and hasattr(parcels, "geometry"):
        import pyarrow as pa

        table = table.append_column("area_m2", pa.array(areas(parcels)))
    job = json.dumps({"budgets": dict(budgets), "rules": [dict(rule) for rule in rules]})
    tonnes, ledger, records, findings = _lib.allocate_budgets(table, job)
    return Allocation(tonnes, ledger, json.loads(records), _tell(findings))


def indices(
    units: Any,
    *,
    ecc_direction: Literal["gdp_over_emission", "paper_text"] = "gdp_over_emission",
    gdp_total: float | None = None,
    borderline_pct: float = 5.0,
) -> pa.Table:
    """CCR, ECC and ESC of every unit (equations 8 to 10 of the Suzhou paper), on gross emissions.

    ``CCR_i = CA_i / C_i``, ``ECC_i = (G_i / G) / (C_i / C)``, ``ESC_i = (CA_i / CA) / (C_i / C)``.

    Parameters
    ----------
    units : table
        One row per unit: ``gross_t`` and ``sink_t`` in t CO2e per year (sinks positive), ``gdp`` in any one unit of money (NULL
        where it is not known; may be left out), ``id`` for messages.
    ecc_direction : str
        ``paper_text`` is the inverse of ECC, as equation 6 of the Guiyang paper is printed.
    gdp_total : float, optional
        GDP of the city in the unit of ``gdp``; default: the sum over the units.
    borderline_pct : float
        A unit is borderline if an index lies within this many percent of 1.

    Returns
    -------
    pyarrow.Table
        In the order of the units: ``ccr``, ``ecc``, ``esc`` (dimensionless, NULL where a denominator is 0 or GDP is not known),
        ``ecc_margin``, ``esc_margin`` (their logarithms), ``borderline``, ``no_emission``.

    Raises
    ------
    CarbonzoneError
        Emissions or sinks that are NULL, NaN or negative, with their rows.

    Examples
    --------
    >>> indices({"gross_t": [10.0, 30.0], "sink_t": [3.0, 1.0], "gdp": [1.0, 1.0]})["esc"].to_pylist()[0]
    3.0
    """
    table = _columns(units, ["gross_t", "sink_t", "gdp"], ["id"], "units")
    options = {"ecc_direction": ecc_direction, "gdp_total": gdp_total, "borderline_pct": borderline_pct}
    result, findings = _lib.unit_indices(table, json.dumps(options))
    _tell(findings)
    return result


def classify(units: Any, scheme: str | Mapping[str, Any] = "suzhou_four_zones", **options: Any) -> pa.Table:
    """Indices, zone and colour of every unit by a zoning scheme.

    Parameters
    ----------
    units : table
        As in `indices`.
    scheme : str or mapping
        ``suzhou_four_zones`` (ECC and ESC above or below 1), ``guiyang_three_levels``, or a whole scheme, as ``[zoning.own]`` of a
        pipeline file.
    **options
        Further keys of ``[zoning]``: ``economic_levels``, ``ecological_levels``, ``ecc_direction``, ``gdp_total``,
        ``borderline_pct``.

    Returns
    -------
    pyarrow.Table
        The columns of a run: ``ccr``, ``balance_state``, the two indices, ``zone``, ``zone_id``, ``zone_en``, ``zone_zh``,
        ``zone_color``, the two margins, ``borderline``.

    Raises
    ------
    CarbonzoneError
        As in `indices`; a scheme that contradicts itself; too few values for natural breaks.

    Examples
    --------
    >>> units = {"gross_t": [30.0, 70.0], "sink_t": [1.0, 1.0], "gdp": [60.0, 40.0]}
    >>> classify(units)["zone"].to_pylist()
    ['low_carbon_economic', 'high_carbon_optimization']
    """
    table = _columns(units, ["gross_t", "sink_t", "gdp"], ["id"], "units")
    zoning = {"scheme": scheme} if isinstance(scheme, str) else {"scheme": "own", "own": dict(scheme)}
    result, findings = _lib.classify_units(table, json.dumps({**zoning, **options}))
    _tell(findings)
    return result

