"""Whatever holds features, as a column of WKB with its CRS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import _crs
from ._findings import CarbonzoneError

if TYPE_CHECKING:
    import pyarrow as pa

_EXTENSION = b"ARROW:extension:name"
_METADATA = b"ARROW:extension:metadata"


@dataclass(frozen=True, slots=True)
class Geometry:
    """A geometry column."""

    wkb: pa.ChunkedArray
    crs: _crs.Crs | None
    #: ``(x_min, y_min, x_max, y_max)``, where it is cheap to know.
    bounds: tuple[float, float, float, float] | None


def of(given: Any, layer: str) -> Geometry:
    """The geometry of a GeoDataFrame, GeoSeries, Arrow table or array, or a list of shapely geometries.

    A GeoDataFrame has ``__arrow_c_stream__`` of pandas, which does not know geometry: its active geometry column is taken.
    """
    if hasattr(given, "geometry") and hasattr(given, "to_crs"):
        return _of_series(given.geometry)
    if hasattr(given, "total_bounds") and hasattr(given, "to_crs"):
        return _of_series(given)
    if hasattr(given, "__arrow_c_stream__") or hasattr(given, "__arrow_c_array__"):
        return _of_arrow(given, layer)
    try:
        import numpy as np
        import pyarrow as pa
        import shapely

        shapes = np.asarray(given, dtype=object)
        wkb = pa.chunked_array([pa.array(shapely.to_wkb(shapes), pa.binary())])
        return Geometry(wkb, None, _bounds(shapely.total_bounds(shapes)))
    except (ImportError, TypeError, ValueError) as error:
        raise CarbonzoneError.of(
            "not_features",
            f"{layer}: a {type(given).__name__} holds no features",
            layer=layer,
            expected="a GeoDataFrame, a GeoSeries, an Arrow table with WKB, or a list of shapely geometries",
        ) from error


def _bounds(total: Any) -> tuple[float, float, float, float] | None:
    x0, y0, x1, y1 = (float(v) for v in total)
    return (x0, y0, x1, y1) if x0 <= x1 else None


def _of_series(series: Any) -> Geometry:
    """Of a GeoSeries or GeometryArray."""
    import numpy as np
    import pyarrow as pa
    import shapely

    crs = _crs.parse(series.crs)
    bounds = _bounds(series.total_bounds) if crs is None and len(series) else None
    shapes = np.asarray(series)
    if len(shapes) and (shapely.get_type_id(shapes) == shapely.GeometryType.POINT).all() and not shapely.is_empty(shapes).any():
        return Geometry(pa.chunked_array([_points(shapely.get_coordinates(shapes))]), crs, bounds)
    # A third dimension would only be left out again by the kernels.
    wkb = shapely.to_wkb(shapes, output_dimension=2)
    return Geometry(pa.chunked_array([pa.array(wkb, pa.large_binary())]), crs, bounds)


def _points(xy: Any) -> pa.Array:
    """WKB of points, all at once: byte order, type, coordinates."""
    import numpy as np
    import pyarrow as pa

    record = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
    wkb = np.empty(len(xy), record)
    wkb["order"], wkb["type"], wkb["x"], wkb["y"] = 1, 1, xy[:, 0], xy[:, 1]
    ends = np.arange(len(xy) + 1, dtype=np.int64) * record.itemsize
    return pa.Array.from_buffers(pa.large_binary(), len(xy), [None, pa.py_buffer(ends), pa.py_buffer(wkb)])


def _of_arrow(given: Any, layer: str) -> Geometry:
    import pyarrow as pa

    if hasattr(given, "__arrow_c_stream__"):
        try:
            table = given if isinstance(given, pa.Table) else pa.table(given)
        except (TypeError, ValueError, pa.ArrowInvalid):
            # A stream of one column.
            chunks = pa.chunked_array(given)
            return _checked(chunks, _crs_of(getattr(given, "field", None), None), layer)
        field = _geometry_field(table, layer)
        column = table.column(field.name)
        return _checked(column, _crs_of(field, _of_geoparquet(table, field.name)), layer)
    return _checked(pa.chunked_array([pa.array(given)]), None, layer)


def _checked(column: pa.ChunkedArray, crs: _crs.Crs | None, layer: str) -> Geometry:
    import pyarrow as pa

    kind = column.type
    if isinstance(kind, pa.ExtensionType):
        column, kind = pa.chunked_array([c.storage for c in column.chunks], kind.storage_type), kind.storage_type
    binary = (pa.types.is_binary(kind), pa.types.is_large_binary(kind), pa.types.is_binary_view(kind))
    if not any(binary):
        raise CarbonzoneError.of(
            "geometry_encoding",
            f"the geometry of the {layer} is not WKB",
            layer=layer,
            value=str(kind),
            expected="binary",
            hint="gdf.to_arrow(geometry_encoding=\"WKB\")",
        )
    bounds = None
    if crs is None:
        try:
            import shapely

            bounds = _bounds(shapely.total_bounds(shapely.from_wkb(column.to_numpy(zero_copy_only=False))))
        except (ImportError, ValueError, TypeError):
            # Without shapely nobody can look; bytes that are no WKB are refused by the kernel, with their rows.
            bounds = None
        except Exception as error:
            if type(error).__module__.split(".")[0] != "shapely":
                raise
    return Geometry(column, crs, bounds)


def _geometry_field(table: pa.Table, layer: str) -> pa.Field:
    import pyarrow as pa

    fields = list(table.schema)
    known = [f for f in fields if (f.metadata or {}).get(_EXTENSION, b"").startswith(b"geoarrow.")]
    known += [f for f in fields if isinstance(f.type, pa.ExtensionType) and f.type.extension_name.startswith("geoarrow.")]
    named = [f for f in fields if f.name in ("geometry", "geom", "wkb_geometry", "shape")]
    primary = _geoparquet(table).get("primary_column")
    for found in ([f for f in fields if f.name == primary], known, named):
        if found:
            return found[0]
    raise CarbonzoneError.of(
        "no_geometry",
        f"the {layer} have no geometry column",
        layer=layer,
        value=", ".join(f.name for f in fields),
        expected="a column of type geoarrow.wkb, or WKB in a column called geometry",
    )


def _geoparquet(table: pa.Table) -> dict[str, Any]:
    text = (table.schema.metadata or {}).get(b"geo")
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def _of_geoparquet(table: pa.Table, column: str) -> object:
    columns = _geoparquet(table).get("columns", {})
    return columns.get(column, {}).get("crs")


def _crs_of(field: Any, otherwise: object) -> _crs.Crs | None:
    metadata = (getattr(field, "metadata", None) or {}).get(_METADATA)
    if not metadata and hasattr(getattr(field, "type", None), "__arrow_ext_serialize__"):
        metadata = field.type.__arrow_ext_serialize__()
    told = json.loads(metadata).get("crs") if metadata else None
    return _crs.parse(told if told is not None else otherwise)
