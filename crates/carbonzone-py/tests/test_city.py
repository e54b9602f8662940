"""A city in GeoDataFrames: the engine of the command, to the bit, without files of the user."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from conftest import CRS, boxes
from shapely import LineString, MultiLineString

import carbonzone as cz

RULES = [
    {"id": "factories", "budget": "industry:industrial", "land": ["industrial"], "proxies": ["poi:industry", "area"]},
    {"id": "homes", "budget": "construction:urban_residential", "land": ["urban_residential"], "proxies": ["area"]},
    {"id": "woods", "budget": "sink:land", "land": ["forest"], "proxies": ["area"]},
]
TOTALS = pd.DataFrame(
    {
        "sector": ["industry", "construction", "sink"],
        "land_group": ["industrial", "urban_residential", "land"],
        "amount": [1000.0, 500.0, 60.0],
        "source": ["made up for a test"] * 3,
    }
)


def layers() -> dict[str, Any]:
    rng = np.random.default_rng(7)
    parcels = boxes(20, 20, 100.0)
    parcels["code"] = rng.choice(["0601", "0701", "0301"], len(parcels))
    zones = boxes(2, 2, 1000.0).assign(name=["south-west", "south-east", "north-west", "north-east"], money=[5.0, 6.5, 7.25, 1.0])
    points = parcels.geometry.centroid.sample(120, replace=True, random_state=5).reset_index(drop=True)
    poi = gpd.GeoDataFrame({"id": range(120), "kind": rng.choice(["170200", "060100"], 120)}, geometry=points)
    return {"parcels": parcels, "zones": zones, "poi": poi}


def city(**changes: Any) -> cz.City:
    given = layers()
    keys: dict[str, Any] = {
        "parcels": cz.layer(given["parcels"], id="id", land_use="code", scheme="gbt21010"),
        "zones": cz.layer(given["zones"], id="id", name="name", kind="townships", gdp="money"),
        "poi": cz.layer(given["poi"], id="id", type="kind", groups="amap"),
        "totals": TOTALS,
        "rules": RULES,
        **changes,
    }
    return cz.City("little", 2020, **keys)


def test_a_city_runs_without_files_and_keeps_every_tonne() -> None:
    run = city().run()
    zones = run.zones.to_geopandas()
    assert zones["gross_t"].sum() == pytest.approx(1500.0, rel=1e-12) and zones["sink_t"].sum() == pytest.approx(60.0, rel=1e-12)
    assert zones.crs.to_epsg() == 32651 and zones["zone"].notna().all()
    assert zones["gdp_1e4cny"].tolist() == [5.0, 6.5, 7.25, 1.0]
    with pytest.raises(cz.CarbonzoneError, match="temporary_run"):
        pickle.dumps(run)


def test_the_values_are_those_of_the_command_on_files(tmp_path: Path) -> None:
    given = layers()
    for name in ("parcels", "zones", "poi"):
        given[name].to_file(tmp_path / "city.gpkg", layer=name, engine="pyogrio")
    rules = "".join(f"[[allocate]]\n" + "".join(f"{k} = {v!r}\n" for k, v in rule.items()) for rule in RULES)
    totals = "".join(
        f"[[inventory.totals]]\nsector = {s!r}\nland_group = {g!r}\namount = {a}\nsource = {w!r}\n" for s, g, a, w in TOTALS.itertuples(index=False)
    )
    (tmp_path / "city.toml").write_text(
        f"""
[city]
name = "little"
year = 2020
crs = "EPSG:32651"
[layers.parcels]
source = {{ path = "city.gpkg", layer = "parcels" }}
id = "id"
land_use = "code"
scheme = "gbt21010"
[layers.poi]
source = {{ path = "city.gpkg", layer = "poi" }}
id = "id"
type = "kind"
groups = "amap"
[layers.zones]
source = {{ path = "city.gpkg", layer = "zones" }}
kind = "townships"
id = "id"
name = "name"
gdp = "money"
[inventory]
unit = "t"
{totals}{rules}""",
        encoding="utf-8",
    )
    by_files = cz.run(tmp_path / "city.toml", tmp_path / "out", maps=False)
    in_memory = city().run()
    for table in ("zones", "grid", "parcels"):
        a, b = getattr(by_files, table).arrow, getattr(in_memory, table).arrow
        assert a.equals(b), table
    assert by_files.findings.codes() == in_memory.findings.codes()
    assert by_files.totals == in_memory.totals
    told: list[cz.Progress] = []
    found = cz.sensitivity(tmp_path / "city.toml", progress=told.append)
    assert any(p.stage for p in told)
    assert "city.area" in {t["choice"] for t in found["tried"]} and all(c["zone"][0] != c["zone"][1] for c in found["changes"])


def test_findings_name_layers_and_not_the_files_in_which_they_travel() -> None:
    given = layers()
    broken = given["parcels"].assign(code="9999")
    found = city(parcels=cz.layer(broken, id="id", land_use="code", scheme="gbt21010")).check()
    assert found.blocks and not any("parquet" in str(f) or "/tmp" in str(f) for f in found)
    missing = city(parcels=cz.layer(given["parcels"], id="id", land_use="kode", scheme="gbt21010"))
    with pytest.raises(cz.CarbonzoneError) as caught:
        missing.run()
    finding = next(f for f in caught.value.findings if f.code == "unknown_field")
    assert finding.file == "parcels (in memory)" and "code" in str(finding)


def test_the_run_is_saved_and_settings_reach_the_engine(tmp_path: Path) -> None:
    run = city(settings={"aggregate.cell_m": 500.0, "city.synthetic": True}).run()
    saved = run.save(tmp_path / "kept")
    folder = run.folder
    assert saved.record["synthetic"] is True and saved.record["grid"]["cell"] == 500.0
    assert pickle.loads(pickle.dumps(saved)).name == "little"
    del run
    assert not folder.exists() and len(saved.zones) == 4


def test_what_cannot_be_a_city_is_refused() -> None:
    given = layers()
    degrees = city(parcels=cz.layer(given["parcels"].to_crs("EPSG:4326"), id="id", land_use="code", scheme="gbt21010"))
    with pytest.raises(cz.CarbonzoneError, match="crs_in_degrees"):
        degrees.check()
    with pytest.raises(cz.CarbonzoneError, match="not_features"):
        city(zones=3).check()
    assert not city(crs="EPSG:32650").check().blocks


def test_the_rules_of_the_starter_pipeline_are_taken_for_the_totals_that_are_given() -> None:
    rules = city(rules=None).pipeline()["allocate"]
    assert [rule["budget"] for rule in rules] == ["industry:industrial", "construction:urban_residential", "sink:land"]


def test_maps_by_class_and_by_amount(cambridge: cz.Run) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    axes = cambridge.plot(lang="zh")
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert set(legend) == set(cambridge.zones["zone_zh"].to_pylist())
    colours = {matplotlib.colors.to_hex(c) for c in axes.collections[0].get_facecolor()}
    assert colours == {c.lower() for c in cambridge.zones["zone_color"].to_pylist()}
    assert "illustrative" in [text.get_text() for text in axes.texts]
    assert cambridge.grid.plot().get_figure() is not None
    with pytest.raises(cz.CarbonzoneError, match="unknown_field"):
        cambridge.zones.plot("altitude")
    pytest.importorskip("folium")
    html = cambridge.explore().get_root().render()
    assert cambridge.zones["zone_color"].to_pylist()[0].lower() in html.lower()


def streets() -> gpd.GeoDataFrame:
    """Through parcels, along their edges, twice in both directions, off the parcels, in parts."""
    x, y = 300_000.0, 3_400_000.0
    shapes = [
        LineString([(x + 13, y + 37), (x + 911, y + 463.7), (x + 1999, y + 470)]),
        LineString([(x + 1999, y + 470), (x + 911, y + 463.7), (x + 13, y + 37)]),
        LineString([(x, y + 300), (x + 2000, y + 300)]),
        MultiLineString([[(x + 50.3, y - 40), (x + 50.3, y + 2100)], [(x + 777.7, y + 3), (x + 1333.1, y + 1999.9)]]),
        LineString([(x - 8, y), (x - 8, y + 900)]),
        LineString([(x + 2010, y + 100.1), (x + 2010, y + 1700)]),
        LineString([(x + 400, y + 300), (x + 900, y + 300)]),
    ]
    kinds = ["main", "main", "main", "side", "side", "main", "side"]
    return gpd.GeoDataFrame({"kind": kinds}, geometry=shapes, crs=CRS)


@pytest.mark.parametrize(("assignment", "snap_m"), [("inside", 0.0), ("nearest", 30.0), ("both_sides", 45.0)])
def test_metres_of_streets_are_those_of_the_command_to_the_bit(assignment: str, snap_m: float) -> None:
    given = layers()["parcels"]
    given["code"] = np.resize(["1003", "0601", "0701"], len(given))
    # A parcel twice, half a parcel aside: what lies in both is shared between them.
    twice = given.iloc[[205, 44]].translate(50, 0)
    given = pd.concat([given, given.iloc[[205, 44]].set_geometry(twice).assign(id=["q1", "q2"])], ignore_index=True)
    shuffled = given.sample(frac=1, random_state=11)
    heavy = {"main": 2.5, "side": 0.7}
    roads = streets()
    run = city(
        parcels=cz.layer(shuffled, id="id", land_use="code", scheme="gbt21010"),
        poi=None,
        roads=cz.layer(roads, **{"class": "kind"}, modes={"main": "road", "side": "road"}, class_weights=heavy, assignment=assignment, snap_m=snap_m),
        totals=[{"sector": "transport", "land_group": "transport", "amount": 900.0, "source": "made up", "mode_share": {"road": 1.0}}],
        rules=[{"id": "traffic", "budget": "transport:transport_road", "land": ["transport_road"], "proxies": ["road:road"]}],
    ).run()
    parcels = run.parcels.to_geopandas()
    land = (parcels["space_type"] == "transport_road").to_numpy()
    found = cz.line_proxy(parcels, roads, roads["kind"].map(heavy), land=land, assignment=assignment, snap_m=snap_m)
    assert land.sum() > 100 and found.tally["doubled"] > 2_000 and found.tally["shared"] > 50 and found.tally["along_edge"] > 500
    assert (found.tally["snapped"] > 0) == (assignment != "inside")
    assert found.per_parcel[land].tobytes() == parcels["road_m"].to_numpy()[land].tobytes()
    # Neither the order of the streets nor the threads change a bit.
    other = roads.sample(frac=1, random_state=2)
    again = cz.line_proxy(parcels, other, other["kind"].map(heavy), land=land, assignment=assignment, snap_m=snap_m, threads=1)
    assert again.per_parcel.tobytes() == found.per_parcel.tobytes()


@pytest.mark.parametrize("snap_m", [0.0, 60.0])
def test_people_at_points_are_those_of_the_command_to_the_bit(snap_m: float) -> None:
    given = layers()
    rng = np.random.default_rng(23)
    places = gpd.points_from_xy(300_000 + rng.uniform(-80, 2_080, 3_000), 3_400_000 + rng.uniform(-80, 2_080, 3_000), crs=CRS)
    people = gpd.GeoDataFrame({"persons": rng.lognormal(1, 2, 3_000)}, geometry=places)
    run = city(
        people=cz.layer(people, kind="points", weight=["persons"], snap_m=snap_m),
        rules=[{**RULES[0]}, {**RULES[1], "proxies": ["population"]}, RULES[2]],
    ).run()
    parcels = run.parcels.to_geopandas()
    land = (parcels["space_type"] == "urban_residential").to_numpy()
    found = cz.point_proxy(parcels, people, people["persons"], land=land, snap_m=snap_m)
    assert found.per_parcel.tobytes() == parcels["people"].to_numpy().tobytes()
    assert sum(found.tally.values()) == pytest.approx(people["persons"].sum(), rel=1e-12) and found.tally["outside"] > 0
    # From them the same tonnes.
    rule = {**RULES[1], "proxies": ["population"]}
    placed = cz.allocate(parcels.assign(population=found.per_parcel), {"construction:urban_residential": 500.0}, [rule]).tonnes["homes"]
    assert placed.to_numpy().tobytes() == parcels["construction_t"].to_numpy().tobytes()
