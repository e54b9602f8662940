"""What a pipeline counts on parcels, by the rules of the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from . import _lib
from ._findings import CarbonzoneError
from ._kernels import Invalid, _float_array, _numpy, _pair, _repair, _tell

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Proxy", "line_proxy", "point_proxy"]


@dataclass(frozen=True, slots=True, eq=False)
class Proxy:
    """An amount per parcel and what became of the whole; unpacks as ``per_parcel, tally``."""

    #: One amount per parcel, in the order of the parcels: metres, persons, or a number of points.
    per_parcel: npt.NDArray[np.float64]
    #: What became of the features, in the same unit; for lines metres on the ground, before weights.
    tally: dict[str, float]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.per_parcel, self.tally))


def _land(land: Any) -> list[bool] | None:
    if land is None:
        return None
    import numpy as np

    mask = np.asarray(land)
    if mask.dtype != np.bool_ or mask.ndim != 1:
        raise CarbonzoneError.of(
            "bad_parameter", "not one truth per parcel", field="land", value=str(mask.dtype), expected="bool, one per parcel"
        )
    return [bool(is_land) for is_land in mask]


def point_proxy(
    parcels: Any,
    points: Any,
    weights: Any = None,
    *,
    land: Any = None,
    snap_m: float = 0.0,
    invalid: Invalid = "error",
    threads: int | None = None,
) -> Proxy:
    """Points, or their people, per parcel as the command counts them: ``w_p = sum_i weight_i`` over the points of the parcel.

    Each point counts once: in the parcel that holds it if that is of the class, else in the nearest parcel of the class within
    ``snap_m``, else where it lies. The sums are exact: the same bits for any order of points, and those of a run on the same layers.

    Parameters
    ----------
    parcels : polygons
        As in `overlay`.
    points : points
        In the same CRS.
    weights : array of float64, optional
        One finite number per point, 0 or more: people, or the weight of a POI. Default: 1.
    land : array of bool, optional
        The parcels of the class that the proxy is for. Default: all.
    snap_m : float
        As in ``[layers.poi]`` and ``[layers.population]``, m.

    Returns
    -------
    Proxy
        ``per_parcel`` in the unit of the weights; ``tally``: ``inside``, ``snapped``, ``other_class``, ``outside``, whose sum is the
        sum of the weights.

    Raises
    ------
    CarbonzoneError
        As in `points_in`; weights that are NULL, NaN or negative, with their rows.

    Examples
    --------
    >>> from shapely import Point, box
    >>> point_proxy([box(0, 0, 1000, 1000)], [Point(500, 500), Point(2000, 0)], [3.0, 4.0]).tally["outside"]
    4.0
    """
    first, second = _pair(parcels, points, ("parcels", "points"))
    rule = json.dumps({"land": _land(land), "snap_m": snap_m})
    given = None if weights is None else _float_array(weights, "weights")
    values, tally, findings = _lib.point_proxy(first.wkb, second.wkb, given, rule, _repair(invalid), threads)
    _tell(findings)
    return Proxy(_numpy(values), dict(tally))


def line_proxy(
    parcels: Any,
    lines: Any,
    weights: Any = None,
    *,
    land: Any = None,
    assignment: Literal["inside", "nearest", "both_sides"] = "inside",
    snap_m: float = 0.0,
    invalid: Invalid = "error",
    threads: int | None = None,
) -> Proxy:
    """Metres of lines per parcel as the command counts them for one mode: ``w_p = sum_i weight_i * m_ip``, each metre once.

    Beside `lengths_in` this leaves out what lies on another line (within 1 cm, in either direction: a street drawn once per
    direction is one street; the heavier stays), gives a stretch along the edge of a parcel of the class to that parcel, and shares
    a stretch under several parcels that overlap between them. Sums are exact: those of ``road_m`` of a run on the same layers, to
    the bit. Where parcels tie (two of the class on one edge) the first has it; a run has its parcels in the order of their ids.

    Parameters
    ----------
    parcels : polygons
        As in `overlay`.
    lines : lines or multilines
        In the same CRS, all of one mode.
    weights : array of float64, optional
        One finite number per line, 0 or more, as ``class_weights`` of ``[layers.roads]``. Default: 1.
    land : array of bool, optional
        The parcels of the class that the proxy is for, such as those of traffic. Default: all.
    assignment : str
        As in ``[layers.roads]``: ``inside`` (only what lies in a parcel counts), ``nearest`` (stretches outside the class go to its
        nearest parcel within ``snap_m``), ``both_sides`` (half and half to the left and right).
    snap_m : float
        As in ``[layers.roads]``, m.

    Returns
    -------
    Proxy
        ``per_parcel`` in m; ``tally``, m on the ground: ``total``, ``in_class``, ``in_other``, ``snapped``, and what was decided:
        ``shared``, ``along_edge``, ``doubled`` (not in ``total``).

    Raises
    ------
    CarbonzoneError
        As in `lengths_in`; weights that are NULL, NaN or negative, with their rows.

    Examples
    --------
    >>> from shapely import LineString, box
    >>> there, back = LineString([(0, 10), (250, 10)]), LineString([(250, 10), (0, 10)])
    >>> line_proxy([box(0, 0, 1000, 1000)], [there, back]).per_parcel.round(6).tolist()
    [250.0]
    """
    first, second = _pair(parcels, lines, ("parcels", "lines"))
    rule = json.dumps({"land": _land(land), "assignment": assignment, "snap_m": snap_m})
    given = None if weights is None else _float_array(weights, "weights")
    values, tally, findings = _lib.line_proxy(first.wkb, second.wkb, given, rule, _repair(invalid), threads)
    _tell(findings)
    return Proxy(_numpy(values), dict(tally))
