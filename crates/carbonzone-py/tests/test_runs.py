"""Runs by the command, their folders, and the kernels beside them to the bit."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import CAMBRIDGE, REPOSITORY

import carbonzone as cz


def same_bits(a: Any, b: Any) -> bool:
    """Equal to the last bit; NULL and NaN are one here."""
    a, b = (np.asarray(pa.array(v, from_pandas=True).cast(pa.float64()).fill_null(np.nan)) for v in (a, b))
    return bool(np.array_equal(a.view(np.int64)[~np.isnan(a)], b.view(np.int64)[~np.isnan(b)]) and np.array_equal(np.isnan(a), np.isnan(b)))


def test_a_run_opens_as_tables_with_their_crs(cambridge: cz.Run) -> None:
    assert (len(cambridge.zones), len(cambridge.parcels)) == (13, 13_115)
    frame = cambridge.zones.to_geopandas()
    assert frame.crs.to_epsg() == 26986 and cambridge.crs == "EPSG:26986"
    assert "geom" not in cambridge.zones.to_pandas() and cambridge.zones.geometry == "geom"
    assert pa.table(cambridge.grid).num_rows == len(cambridge.grid) > 300
    assert "stage" in cambridge.ledger.columns and len(cambridge.findings) > 0
    assert cambridge.zones["gross_t"].to_pylist()[0] > 0
    with pytest.raises(KeyError, match="gross_t"):
        cambridge.zones["grossed"]
    assert {"parcels", "neighborhoods"} <= set(cambridge.layers())
    assert len(cambridge.layer("zones")) == 3


def test_a_run_is_pickled_as_its_folder(cambridge: cz.Run) -> None:
    again = pickle.loads(pickle.dumps(cambridge))
    assert again.folder == cambridge.folder and again.zones.arrow.equals(cambridge.zones.arrow)
    assert pickle.loads(pickle.dumps(cambridge.zones)).columns == cambridge.zones.columns
    assert cz.open(str(cambridge.folder)).name == "cambridge"
    with pytest.raises(cz.CarbonzoneError) as caught:
        cz.open(cambridge.folder.parent)
    assert caught.value.findings[0].code == "no_run"


def test_areas_and_overlays_are_those_of_the_command(cambridge: cz.Run) -> None:
    parcels, zones = cambridge.parcels, cambridge.zones
    assert same_bits(cz.areas(parcels), parcels["area_m2"])
    assert same_bits(cz.areas(zones), zones["area_m2"])
    grid = cambridge.record["grid"]
    y0 = grid["y_max"] - grid["cell"] * grid["rows"]
    cells = cz.overlay(parcels, grid=(grid["x_min"], y0, grid["cell"], grid["cols"], grid["rows"]))
    covered = np.zeros(cells.n_targets)
    for sector in ("industry_t", "construction_t", "transport_t"):
        per_cell, _ = cells.spread(parcels[sector])
        place = np.array(cambridge.grid["row"]) * grid["cols"] + np.array(cambridge.grid["col"])
        assert same_bits(per_cell[place], cambridge.grid[sector]), sector
        covered[place] = 1.0
        assert per_cell[covered == 0].sum() == 0


def test_indices_and_classes_are_those_of_the_command(cambridge: cz.Run) -> None:
    zones = cambridge.zones.to_pandas()
    # Cambridge has its GDP in dollars.
    assert "gdp_1e6usd" in zones.columns
    units = zones.rename(columns={"gdp_1e6usd": "gdp", "unit_id": "id"})
    found = cz.classify(units).to_pandas()
    for column in ("ccr", "ecc", "esc", "ecc_margin", "esc_margin"):
        assert same_bits(found[column], zones[column]), column
    for column in ("zone", "zone_en", "zone_zh", "zone_color", "balance_state", "borderline"):
        assert found[column].tolist() == zones[column].tolist(), column
    assert same_bits(cz.indices(units)["esc"], zones["esc"])


def test_allocation_is_that_of_the_command(cambridge: cz.Run) -> None:
    import tomllib

    pipeline = tomllib.loads(CAMBRIDGE.read_text())
    parcels = cambridge.parcels.to_pandas().rename(columns={"people": "population"})
    parcels = parcels.rename(columns={f"poi_{g}": f"poi:{g}" for g in ("industry", "commercial", "public", "traffic")})
    rules = [r for r in pipeline["allocate"] if not set(r["proxies"]) & {"road_corrected", "road:road", "sink_area"}]
    budgets = {rule["budget"]: record["budget_t"] for rule in rules for record in cambridge.record["rules"] if record["id"] == rule["id"]}
    placed = cz.allocate(parcels, budgets, rules).tonnes
    assert {"industry", "construction"} <= {budget.split(":")[0] for budget in budgets}
    for sector in ("industry", "construction"):
        own = [rule["id"] for rule in pipeline["allocate"] if rule["budget"].startswith(sector)]
        assert set(own) <= set(placed.column_names)
        total = np.zeros(len(parcels))
        for rule in own:
            total += placed[rule].to_numpy()
        assert same_bits(total, parcels[f"{sector}_t"]), sector


def test_people_and_metres_of_a_reprojected_layer_are_those_of_the_command(cambridge: cz.Run) -> None:
    fixtures = REPOSITORY / "fixtures" / "cambridge_ma"
    parcels = cambridge.parcels.to_geopandas()
    roads = gpd.read_parquet(fixtures / "roads.parquet").to_crs(parcels.crs)
    transport = parcels["space_type"].str.startswith("transport").to_numpy()
    metres = cz.line_proxy(parcels, roads, land=transport)
    # Reprojected by another PROJ than the command's: to the bit where both are one version, to nanometres elsewhere.
    assert metres.per_parcel[transport] == pytest.approx(parcels["road_m"].to_numpy()[transport], rel=1e-9, abs=1e-6)
    assert metres.tally["doubled"] > 0 and metres.tally["shared"] > 0
    people = pd.read_csv(fixtures / "population_points.csv")
    points = gpd.points_from_xy(people["lon"], people["lat"], crs="EPSG:4326").to_crs(parcels.crs)
    counted = cz.point_proxy(parcels, gpd.GeoSeries(points), people["pop"])
    assert same_bits(counted.per_parcel, parcels["people"])


def test_progress_set_and_findings(tmp_path: Path) -> None:
    told: list[cz.Progress] = []
    run = cz.run(CAMBRIDGE, tmp_path / "out", set={"aggregate.cell_m": 1000.0, "city.title_en": "A \"city\""}, progress=told.append, maps=False, threads=1)
    assert run.record["grid"]["cell"] == 1000.0 and run.record["title_en"] == 'A "city"'
    assert any(p.event == "stage_end" and p.seconds is not None for p in told) and all(str(p) for p in told)
    found = cz.check(CAMBRIDGE)
    assert found.codes() == [f.code for f in found if not f.blocks]
    with pytest.raises(cz.CarbonzoneError) as caught:
        cz.run(CAMBRIDGE, tmp_path / "no", set={"layers.parcels.land_use": "no_such_field"})
    assert "unknown_field" in caught.value.findings.codes() and not (tmp_path / "no").exists()
    refused = cz.check(CAMBRIDGE, set={"layers.parcels.land_use": "no_such_field"})
    assert refused.blocks and refused.to_pandas()["code"].tolist() == refused.codes()
    with pytest.raises(cz.CarbonzoneError, match="nowhere"):
        cz.run(tmp_path / "nowhere.toml")


def test_a_callback_that_fails_stops_the_run(tmp_path: Path) -> None:
    def fail(progress: cz.Progress) -> None:
        raise ValueError(progress.event)

    with pytest.raises(ValueError, match="stage"):
        cz.run(CAMBRIDGE, tmp_path / "out", progress=fail)
    assert not (tmp_path / "out" / "run.json").exists()


def test_explain_and_what_is_not_there(cambridge: cz.Run) -> None:
    unit = cambridge.zones["unit_id"].to_pylist()[0]
    found = cz.explain(cambridge, township=unit)
    assert json.dumps(found) and cambridge.explain(township=unit) == found
    for bad in ({}, {"township": "1", "parcel": "2"}, {"township": "Atlantis"}):
        with pytest.raises(cz.CarbonzoneError):
            cz.explain(cambridge, **bad)
    with pytest.raises(cz.CarbonzoneError, match="no_draws"):
        cz.confidence(cambridge)


def test_confidence_of_a_run_with_draws(tmp_path: Path) -> None:
    run = cz.run(CAMBRIDGE, tmp_path / "out", set={"uncertainty": {"gdp_pct": 10.0, "budgets": {"industry": 20.0, "construction": 10.0, "transport": 30.0, "sink": 50.0}}}, maps=False)
    sure = cz.confidence(run)
    assert all(0 < p <= 1 for p in sure["zone_confidence"].to_pylist()) and len(sure.to_geopandas()) == 13


@pytest.mark.filterwarnings("ignore::carbonzone.CarbonzoneWarning")
def test_the_inventory_is_that_of_the_command(tmp_path: Path) -> None:
    rows = "category,activity,value,unit\n制造业,原煤,10.7,万吨\n制造业,电力,3.3,亿千瓦时\ncommercial,electricity,1.1,亿千瓦时\n"
    (tmp_path / "yearbook.csv").write_text(rows, encoding="utf-8")
    text = CAMBRIDGE.read_text(encoding="utf-8").replace("../fixtures", str(REPOSITORY / "fixtures")).replace('"examples/', f'"{REPOSITORY}/pipelines/examples/')
    head, rest = text.split("[inventory]")
    rules = [block for block in rest.split("[[allocate]]")[1:] if '"industry:' in block or ':commercial"' in block]
    rules.append('\nid = "grass"\nbudget = "sink:grassland"\nland = ["grassland"]\nproxies = ["area"]\n')
    without = ["transport", "agriculture", "sink", "waste"]
    own = f'[inventory.activity]\nfiles = [{{ path = "yearbook.csv" }}]\nwithout = {json.dumps(without)}\n'
    (tmp_path / "city.toml").write_text(head + own + "".join(f"[[allocate]]{block}" for block in rules), encoding="utf-8")
    run = cz.run(tmp_path / "city.toml", tmp_path / "out", maps=False)
    budgets = {rule["id"]: rule["budget_t"] for rule in run.record["rules"]}
    by_command, here = cz.inventory(tmp_path / "city.toml"), cz.inventory(tmp_path / "yearbook.csv", year=2014, without=without)
    for found in (by_command, here):
        assert [budgets["manufacturing"], budgets["business"]] == [found.budgets["industry:industrial"], found.budgets["construction:commercial"]]
        again = pickle.loads(pickle.dumps(found))
        assert again.budgets == found.budgets and again.lines.equals(found.lines)
    assert budgets["manufacturing"] > 10.7e4 * 1.9


def test_the_inventory_of_the_shipped_yearbook(tmp_path: Path) -> None:
    rows = "category,activity,value,unit\n制造业,原煤,10,万吨\ncommercial,electricity,1,亿千瓦时\n"
    (tmp_path / "yearbook.csv").write_text(rows, encoding="utf-8")
    without = ["transport", "agriculture", "sink", "waste"]
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cz.CarbonzoneWarning)
        found = cz.inventory(tmp_path / "yearbook.csv", year=2020, without=without)
    assert found.budgets["industry:industrial"] == pytest.approx(1e5 * 1.9003)
    assert found.lines.num_rows == 2 and set(found.tables) >= {"lines", "budgets", "totals"}
    with pytest.raises(cz.CarbonzoneError):
        cz.inventory(tmp_path / "missing.csv", year=2020)
