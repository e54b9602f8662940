"""Is it a CRS in which square metres are square metres?"""

from __future__ import annotations

import json
from typing import Any

from ._findings import CarbonzoneError

#: PROJJSON, as in the metadata of Arrow columns.
Crs = dict[str, Any]

_METRES = ("metre", "meter", "m")
_BOX = "lon -180..180, lat -90..90"


def parse(given: object) -> Crs | None:
    """A CRS as PROJJSON; texts need pyproj, which comes with geopandas."""
    if given is None or isinstance(given, dict):
        return given
    if isinstance(given, str) and given.lstrip().startswith("{"):
        found: Crs = json.loads(given)
        return found
    to_json = getattr(given, "to_json_dict", None)
    if to_json is not None:
        known: Crs = to_json()
        return known
    try:
        import pyproj
    except ImportError as error:
        raise CarbonzoneError.of(
            "crs", "this CRS can be read with pyproj only", value=str(given), hint="pip install carbonzone[geo]"
        ) from error
    read: Crs = pyproj.CRS.from_user_input(given).to_json_dict()
    return read


def name(crs: Crs) -> str:
    """``EPSG:4549``, or what it is called."""
    known = crs.get("id")
    if known:
        return f"{known['authority']}:{known['code']} ({crs.get('name', '')})"
    return str(crs.get("name", "a CRS without a name"))


def _horizontal(crs: Crs) -> Crs:
    """The plane part of a compound or bound CRS."""
    if crs.get("type") == "CompoundCRS":
        return _horizontal(crs["components"][0])
    if crs.get("type") == "BoundCRS":
        return _horizontal(crs["source_crs"])
    return crs


def _unit(crs: Crs) -> str:
    unit = crs.get("coordinate_system", {}).get("axis", [{}])[0].get("unit", "metre")
    return str(unit.get("name", "") if isinstance(unit, dict) else unit)


def require_metres(crs: Crs | None, layer: str, bounds: tuple[float, float, float, float] | None) -> None:
    """Refuses degrees and feet; without a CRS also coordinates that look like degrees."""
    if crs is None:
        if bounds and -180 <= bounds[0] <= bounds[2] <= 180 and -90 <= bounds[1] <= bounds[3] <= 90:
            raise CarbonzoneError.of(
                "no_crs",
                "no CRS, and the coordinates look like degrees",
                layer=layer,
                value=", ".join(f"{v:g}" for v in bounds),
                expected="a projected CRS in metres",
                hint="gdf.set_crs(...) says what they are, gdf.to_crs(...) changes them",
            )
        return
    plane = _horizontal(crs)
    if plane.get("type") != "ProjectedCRS":
        kind = "degrees" if "Geographic" in str(plane.get("type")) else str(plane.get("type"))
        raise CarbonzoneError.of(
            "crs_in_degrees",
            f"coordinates in {kind}: areas and lengths would not be metres",
            layer=layer,
            value=name(crs),
            expected="a projected CRS in metres",
            hint="gdf.to_crs(gdf.estimate_utm_crs()), or the CRS of the survey such as EPSG:4549",
        )
    if _unit(plane) not in _METRES:
        raise CarbonzoneError.of(
            "crs_unit",
            f"coordinates in {_unit(plane)}: areas and lengths would not be metres",
            layer=layer,
            value=name(crs),
            expected="a projected CRS in metres",
            hint="gdf.to_crs(...) to one in metres",
        )


def _bare(crs: Crs) -> Crs:
    """What decides whether two are the same."""
    left_out = ("$schema", "scope", "area", "bbox", "remarks", "usages", "id", "name")
    if isinstance(crs, dict):
        return {key: _bare(value) for key, value in crs.items() if key not in left_out}
    if isinstance(crs, list):
        return [_bare(value) for value in crs]
    return crs


def require_same(a: Crs | None, b: Crs | None, layers: tuple[str, str]) -> None:
    """Refuses two layers in two CRS."""
    if a is None and b is None:
        return
    if a is None or b is None:
        missing, known = (layers[0], b) if a is None else (layers[1], a)
        raise CarbonzoneError.of(
            "no_crs",
            f"the {missing} have no CRS, the other layer has one",
            layer=missing,
            expected=name(known or {}),
            hint="gdf.set_crs(...) says what their coordinates are",
        )
    if a.get("id") is not None and a.get("id") == b.get("id"):
        return
    if _bare(a) != _bare(b):
        raise CarbonzoneError.of(
            "two_crs",
            f"{layers[0]} and {layers[1]} are in two CRS",
            layer=layers[1],
            value=name(b),
            expected=name(a),
            hint=f"{layers[1]}.to_crs({layers[0]}.crs)",
        )
