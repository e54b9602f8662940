"""The kernels on tables in memory: values, formats, and everything that is refused."""

from __future__ import annotations

import math
import pickle
import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from conftest import CRS, boxes
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPoint, Point, Polygon, box

import carbonzone as cz

X0, Y0 = 300_000.0, 3_400_000.0


def refused(call: Any, *arguments: Any, **options: Any) -> cz.Finding:
    with pytest.raises(cz.CarbonzoneError) as caught:
        call(*arguments, **options)
    finding = caught.value.findings.errors[0]
    assert finding.code in str(caught.value)
    return finding


def test_areas_of_parcels_in_zones(parcels: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> None:
    pieces = cz.overlay(parcels, zones)
    src, dst, m2 = pieces
    assert m2.sum() == pytest.approx(20 * 20 * 1e4, rel=1e-12)
    truth = gpd.overlay(parcels.assign(src=range(400)), zones.assign(dst=range(4))[["dst", "geometry"]])
    truth = truth.sort_values(["src", "dst"])
    assert src.tolist() == truth["src"].tolist() and dst.tolist() == truth["dst"].tolist()
    assert m2 == pytest.approx(truth.area.to_numpy(), rel=1e-9)
    assert not pieces.outside_m2.any() and not pieces.overcovered_m2.any()


def test_a_grid_counts_from_the_north_west_and_tells_what_is_outside() -> None:
    pieces = cz.overlay(boxes(1, 1, 100.0), grid=(X0 + 50, Y0 - 50, 100, 2, 3))
    assert pieces.dst.tolist() == [2, 4] and pieces.m2.tolist() == [2500.0, 2500.0]
    assert pieces.outside_m2.tolist() == [5000.0] and pieces.n_targets == 6
    amount, outside = pieces.spread([8.0])
    assert amount.tolist() == [0, 0, 2.0, 0, 2.0, 0] and outside == 4.0


def test_overlapping_zones_are_told(zones: gpd.GeoDataFrame) -> None:
    twice = pd.concat([zones, zones])
    pieces = cz.overlay(boxes(1, 1, 100.0), twice)
    assert pieces.m2.tolist() == [1e4, 1e4] and pieces.overcovered_m2.tolist() == [1e4]
    assert pieces.spread(np.array([10.0]))[0].sum() == 10.0


@pytest.mark.parametrize("form", ["frame", "series", "arrow", "wkb", "parquet", "pyarrow", "shapely"])
def test_every_form_of_features_gives_the_same_bits(form: str, parcels: gpd.GeoDataFrame, tmp_path: Any) -> None:
    expected = cz.overlay(parcels, grid=(X0, Y0, 250, 8, 8))
    if form == "parquet":
        import pyarrow.parquet as pq

        parcels.to_parquet(tmp_path / "p.parquet")
        given: Any = pq.read_table(tmp_path / "p.parquet")
    else:
        given = {
            "frame": parcels,
            "series": parcels.geometry,
            "arrow": parcels.to_arrow(),
            "pyarrow": pa.table(parcels.to_arrow()),
            "wkb": pa.table({"geometry": shapely.to_wkb(parcels.geometry.values)}),
            "shapely": list(parcels.geometry),
        }[form]
    found = cz.overlay(given, grid=(X0, Y0, 250, 8, 8))
    assert [a.tobytes() for a in found] == [a.tobytes() for a in expected]


def test_the_order_of_rows_is_kept_and_a_third_dimension_left_out(parcels: gpd.GeoDataFrame) -> None:
    shuffled = parcels.sample(frac=1, random_state=3)
    high = shuffled.set_geometry(shapely.force_3d(shuffled.geometry.values, 7.0))
    centres = parcels.geometry.centroid
    owners = cz.points_in(high, centres)
    assert shuffled["id"].to_numpy()[owners].tolist() == parcels["id"].tolist()


def test_points_on_edges_have_one_owner_and_outside_is_minus_one(parcels: gpd.GeoDataFrame) -> None:
    corners = gpd.GeoSeries([Point(X0 + 100 * i, Y0 + 100 * i) for i in range(22)], crs=CRS)
    owners = cz.points_in(parcels, corners)
    assert owners.dtype == np.int64 and (owners[:20] >= 0).all() and (owners[20:] == -1).all()
    assert len(set(owners[:20].tolist())) == 20
    assert cz.points_in(parcels, corners.to_frame("geometry").to_arrow()).tolist() == owners.tolist()
    high = gpd.GeoSeries(shapely.force_3d(corners.values, 9.0), crs=CRS)
    assert cz.points_in(parcels, high).tolist() == owners.tolist()
    with_gap = corners.copy()
    with_gap.iloc[4], with_gap.iloc[6] = None, Point()
    assert refused(cz.points_in, parcels, with_gap).feature == "row 4"


def test_lengths_of_lines_and_multilines(parcels: gpd.GeoDataFrame) -> None:
    along = LineString([(X0 - 500, Y0 + 50), (X0 + 250, Y0 + 50)])
    double = MultiLineString([along, along])
    line, parcel, metres = cz.lengths_in(parcels, gpd.GeoSeries([along, double], crs=CRS))
    assert line.tolist() == [0, 0, 0, 1, 1, 1] and parcel.tolist() == [0, 1, 2] * 2
    assert metres == pytest.approx([100.0, 100.0, 50.0, 200.0, 200.0, 100.0], rel=1e-12)
    edge = gpd.GeoSeries([LineString([(X0, Y0 + 100), (X0 + 2000, Y0 + 100)])], crs=CRS)
    assert cz.lengths_in(parcels, edge)[2].sum() == pytest.approx(2000.0, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.floats(0, 900)] * 2, *[st.floats(1, 400)] * 2, st.floats(0, 1e9)), min_size=1, max_size=30
    ),
    st.sampled_from([1, 2, 5]),
)
def test_mass_is_kept_and_threads_do_not_matter(given: list[tuple[float, ...]], threads: int) -> None:
    shapes = [box(X0 + x, Y0 + y, X0 + x + w, Y0 + y + h) for x, y, w, h, _ in given]
    values = [value for *_, value in given]
    cities = gpd.GeoSeries(shapes, crs=CRS)
    pieces = cz.overlay(cities, grid=(X0, Y0, 100, 10, 10), threads=threads)
    assert pieces.m2.sum() + pieces.outside_m2.sum() == pytest.approx(cz.areas(cities).sum(), rel=1e-9)
    per_cell, outside = pieces.spread(values)
    assert per_cell.sum() + outside == pytest.approx(math.fsum(values), rel=1e-9)
    one = cz.overlay(cities, grid=(X0, Y0, 100, 10, 10), threads=1)
    assert [a.tobytes() for a in one] == [a.tobytes() for a in pieces]
    assert one.spread(values)[0].tobytes() == per_cell.tobytes()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-200, 1200), st.floats(-200, 1200)), min_size=1, max_size=40))
def test_points_agree_with_shapely(given: list[tuple[float, float]]) -> None:
    cells = boxes(10, 10, 100.0)
    points = shapely.points([(X0 + x, Y0 + y) for x, y in given])
    owners = cz.points_in(cells, gpd.GeoSeries(points, crs=CRS))
    for point, owner in zip(points, owners, strict=True):
        near = np.flatnonzero(shapely.intersects(cells.geometry.values, point))
        assert owner in near if len(near) else owner == -1 or near.size == 0


def test_degrees_feet_two_crs_and_no_crs_are_refused(parcels: gpd.GeoDataFrame) -> None:
    degrees = refused(cz.overlay, parcels.to_crs("EPSG:4326"), parcels)
    assert degrees.code == "crs_in_degrees" and degrees.layer == "parcels" and "EPSG:4326" in (degrees.value or "")
    assert refused(cz.areas, parcels.to_crs("EPSG:2249")).code == "crs_unit"
    other = refused(cz.overlay, parcels, parcels.to_crs("EPSG:32650"))
    assert other.code == "two_crs" and "32650" in (other.value or "") and "32651" in (other.expected or "")
    assert refused(cz.overlay, parcels, parcels.set_crs(None, allow_override=True)).code == "no_crs"
    bare = refused(cz.areas, [box(120, 31, 121, 32)])
    assert bare.code == "no_crs" and "degrees" in bare.message
    arrow = refused(cz.areas, parcels.to_crs("EPSG:4326").to_arrow())
    assert arrow.code == "crs_in_degrees" and "EPSG:4326" in (arrow.value or "")


def test_rows_that_cannot_be_used_are_named(parcels: gpd.GeoDataFrame) -> None:
    shapes = parcels.geometry.to_numpy(copy=True)
    shapes[3], shapes[7], shapes[9] = None, Polygon(), Point(X0, Y0)
    shapes[11] = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    with pytest.raises(cz.CarbonzoneError) as caught:
        cz.overlay(gpd.GeoSeries(shapes, crs=CRS), parcels)
    rows = {finding.code: finding.feature for finding in caught.value.findings}
    assert rows == {"null_geometry": "row 3", "empty_geometry": "row 7", "wrong_geometry_type": "row 9"}
    assert refused(cz.points_in, parcels, gpd.GeoSeries([MultiPoint([(X0, Y0)])], crs=CRS)).value is None
    assert refused(cz.lengths_in, parcels, parcels).code == "wrong_geometry_type"
    assert refused(cz.areas, pa.table({"geometry": [b"no", b"geometry"]})).count == 2
    assert refused(cz.areas, 7).code == "not_features"
    assert refused(cz.areas, pa.table({"name": ["a"]})).code == "no_geometry"


def test_invalid_polygons_are_refused_or_repaired_as_the_command_does() -> None:
    bow_tie = Polygon([(X0, Y0), (X0 + 100, Y0 + 100), (X0 + 100, Y0), (X0, Y0 + 100)])
    layer = gpd.GeoSeries([box(X0, Y0, X0 + 10, Y0 + 10), bow_tie], crs=CRS)
    finding = refused(cz.areas, layer)
    assert finding.code == "invalid_geometry" and finding.feature == "row 1" and "repair" in (finding.hint or "")
    with pytest.warns(cz.CarbonzoneWarning, match="row 1"):
        assert cz.areas(layer, invalid="repair").tolist() == [100.0, 5000.0]
    assert refused(cz.areas, layer, invalid="guess").expected == "error, repair"


def test_grids_and_threads_that_are_none_are_refused(parcels: gpd.GeoDataFrame) -> None:
    assert refused(cz.overlay, parcels, grid=(X0, Y0, 0, 2, 2)).code == "grid"
    assert refused(cz.overlay, parcels, grid=(X0, Y0, 1, 70_000, 70_000)).code == "grid"
    assert refused(cz.overlay, parcels, grid=(float("nan"), Y0, 1, 1, 1)).code == "grid"
    assert refused(cz.overlay, parcels).code == "bad_parameter"
    assert refused(cz.overlay, parcels, parcels, threads=0).code == "threads"


@pytest.mark.parametrize("values", [[1.0], [1.0, float("nan")], [1.0, None], ["a", "b"], [math.inf, 1.0]])
def test_values_that_cannot_be_shared_out_are_refused(values: list[Any]) -> None:
    pieces = cz.overlay(boxes(2, 1, 100.0), grid=(X0, Y0, 100, 2, 1))
    assert refused(pieces.spread, values).code == "bad_value"


def test_proxies_count_every_feature_once_and_refuse_what_cannot_be_counted(parcels: gpd.GeoDataFrame) -> None:
    points = gpd.GeoSeries([Point(X0 + 50, Y0 + 50), Point(X0 + 150, Y0 + 50), Point(X0 - 20, Y0 + 50), Point(X0 - 900, Y0)], crs=CRS)
    land = np.arange(400) == 0
    counted = cz.point_proxy(parcels, points, [1.0, 2.0, 4.0, 8.0], land=land, snap_m=60.0)
    assert counted.per_parcel[:2].tolist() == [7.0, 0.0] and counted.tally == {"inside": 1.0, "snapped": 6.0, "other_class": 0.0, "outside": 8.0}
    plain, tally = cz.point_proxy(parcels, points)
    assert plain[:2].tolist() == [1.0, 1.0] and tally["outside"] == 2.0
    edge = gpd.GeoSeries([LineString([(X0 + 30, Y0 + 100), (X0 + 80, Y0 + 100)])] * 2, crs=CRS)
    along = cz.line_proxy(parcels, edge, land=land)
    assert along.per_parcel[0] == pytest.approx(50.0, rel=1e-12) and along.tally["doubled"] == pytest.approx(50.0)
    for bad in ([1.0], [1.0, 2.0, None, 4.0], [1.0, -2.0, 3.0, 4.0]):
        assert refused(cz.point_proxy, parcels, points, bad).field == "weights"
    assert refused(cz.point_proxy, parcels, points, land=[True]).field == "land"
    assert refused(cz.point_proxy, parcels, points, land=np.ones(400)).expected == "bool, one per parcel"
    assert refused(cz.line_proxy, parcels, edge, snap_m=-1.0).field == "snap_m"
    assert refused(cz.line_proxy, parcels, edge, assignment="beside").code == "bad_parameter"
    assert pickle.loads(pickle.dumps(along)).tally == along.tally


LAND = {"space_type": ["industrial", "industrial", "forest"], "area_m2": [10.0, 30.0, 50.0]}
RULE = {"id": "factories", "budget": "industry:industrial", "land": ["industrial"], "proxies": ["poi:industry", "area"]}
BUDGET = {"industry:industrial": 100.0}


def test_allocation_by_the_first_proxy_that_is_not_zero() -> None:
    by_poi = cz.allocate({**LAND, "poi:industry": [1, 3, 100]}, BUDGET, [RULE])
    assert by_poi.tonnes["factories"].to_pylist() == [25.0, 75.0, 0.0] and not by_poi.findings
    assert by_poi.rules[0]["placed_t"] == 100.0
    assert sum(by_poi.ledger.filter(pa.compute.field("stage") == "placed")["amount_t"].to_pylist()) == 100.0
    with pytest.warns(cz.CarbonzoneWarning, match="zero_proxy"):
        by_area = cz.allocate(pd.DataFrame({**LAND, "poi:industry": [0, 0, 9]}), BUDGET, [RULE])
    assert by_area.tonnes["factories"].to_pylist() == [25.0, 75.0, 0.0]


@pytest.mark.parametrize("bad", [None, float("nan"), -1.0])
def test_a_proxy_that_is_not_known_is_an_error_with_its_row(bad: float | None) -> None:
    finding = refused(cz.allocate, {**LAND, "poi:industry": [1.0, bad, 2.0]}, BUDGET, [RULE])
    assert finding.code == "bad_proxy_value" and "row 1" in finding.message
    # On other land it is never asked for.
    assert len(cz.allocate({**LAND, "poi:industry": [1.0, 1.0, bad]}, BUDGET, [RULE]).tonnes) == 3


@pytest.mark.parametrize(
    ("land", "budgets", "rules", "code"),
    [
        (LAND, {}, [RULE], "unknown_budget"),
        (LAND, {**BUDGET, "waste:industrial": 1.0}, [RULE], "budget_not_handed_out"),
        (LAND, BUDGET, [RULE, RULE], "duplicate_rule"),
        (LAND, BUDGET, [{**RULE, "proxies": ["altitude"]}], "unknown_word"),
        (LAND, BUDGET, [{**RULE, "proxies": ["population"]}], "unknown_proxy"),
        (LAND, BUDGET, [{**RULE, "land": ["airport"]}], "class_absent_with_budget"),
        (LAND, BUDGET, [{**RULE, "wieght": 1}], "rule"),
        (LAND, {"industry:industrial": -1.0}, [RULE], "negative_or_nan_budget"),
        ({**LAND, "space_type": ["industrial", None, "forest"]}, BUDGET, [RULE], "missing_space_type"),
        ({**LAND, "area_m2": [1.0, None, 2.0]}, BUDGET, [RULE], "bad_area"),
        ({"space_type": ["industrial"]}, BUDGET, [RULE], "unknown_field"),
        ({**LAND, "area_m2": ["a", "b", "c"]}, BUDGET, [RULE], "bad_value"),
    ],
)
def test_allocations_that_would_lose_tonnes_are_refused(land: Any, budgets: Any, rules: Any, code: str) -> None:
    rule = {**RULE, "proxies": ["area"]}
    rules = [rule if given is RULE else given for given in rules]
    assert refused(cz.allocate, land, budgets, rules).code == code


def test_the_area_of_a_geodataframe_is_computed(parcels: gpd.GeoDataFrame) -> None:
    rule = {**RULE, "proxies": ["area"]}
    out = cz.allocate(parcels.assign(space_type="industrial"), {"industry:industrial": 400.0}, [rule])
    assert out.tonnes["factories"].to_pylist() == [1.0] * 400


def test_indices_by_hand_and_what_is_refused() -> None:
    units = pd.DataFrame({"id": ["a", "b"], "gross_t": [30.0, 70.0], "sink_t": [1.0, 1.0], "gdp": [60.0, 40.0]})
    found = cz.indices(units).to_pandas()
    assert found["ecc"].tolist() == [0.6 / 0.3, 0.4 / 0.7] and found["ccr"].tolist() == [1 / 30, 1 / 70]
    assert cz.classify(units)["zone"].to_pylist() == ["low_carbon_economic", "high_carbon_optimization"]
    with pytest.warns(cz.CarbonzoneWarning, match="missing_gdp"):
        assert cz.indices({"gross_t": [1.0], "sink_t": [1.0]})["ecc"].to_pylist() == [None]
    negative = refused(cz.indices, units.assign(sink_t=[-1.0, 1.0]))
    assert negative.feature == "a" and negative.field == "sink_t"
    assert refused(cz.indices, units.assign(gross_t=[None, 1.0])).feature == "row 0"
    assert refused(cz.indices, units.drop(columns="sink_t")).code == "unknown_field"
    assert refused(cz.classify, units, "nine_zones").code == "zoning_scheme"
    assert refused(cz.classify, units, borderline_pct=-1.0).code == "bad_parameter"


def test_errors_and_results_are_pickled(parcels: gpd.GeoDataFrame) -> None:
    error = pickle.loads(pickle.dumps(cz.CarbonzoneError.of("a_code", "a message", hint="a hint")))
    assert error.findings[0].hint == "a hint" and "a_code" in str(error)
    pieces = cz.overlay(parcels, grid=(X0, Y0, 1000, 2, 2))
    again = pickle.loads(pickle.dumps(pieces))
    assert again.m2.tobytes() == pieces.m2.tobytes() and again.n_targets == 4
    assert pickle.loads(pickle.dumps(error.findings)) == error.findings


def test_empty_layers_give_empty_results(parcels: gpd.GeoDataFrame) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(cz.overlay(parcels.iloc[:0], parcels)) == 0
        pieces = cz.overlay(parcels, parcels.iloc[:0])
        assert len(pieces) == 0 and pieces.outside_m2.sum() == 4e6
        assert cz.points_in(parcels, parcels.iloc[:0].geometry).tolist() == []
