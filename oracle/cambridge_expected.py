"""Cambridge, Massachusetts: tonnes, indices and zones of 13 neighbourhoods computed by GEOS, pyproj and pandas alone.

python oracle/cambridge_expected.py writes crates/carbonzone/tests/expected/cambridge.json, which the test
crates/carbonzone/tests/cambridge.rs compares with a run. Reads pipelines/cambridge.toml and fixtures/cambridge_ma.
"""

import json
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).parent.parent
DATA = ROOT / "fixtures/cambridge_ma"
SCHEMES = ROOT / "pipelines/examples/schemes"
EXPECTED = ROOT / "crates/carbonzone/tests/expected/cambridge.json"
CRS = "EPSG:26986"


def share(weights):
    return weights / weights.sum()


def owner(parcels, points):
    """Position of the parcel that each point lies in (the one with the smallest id), -1 for none."""
    tree = shapely.STRtree(parcels.geometry.values)
    point, parcel = tree.query(points, predicate="within")
    hits = pd.DataFrame({"point": point, "parcel": parcel}).groupby("point").parcel.min()
    out = np.full(len(points), -1)
    out[hits.index] = hits.values
    return out


def counted(parcels, at, weight, land):
    """Sum of the weights of the points in each parcel of a space type."""
    inside = (at >= 0) & (parcels.space_type.values[at] == land)
    return np.bincount(at[inside], weights=weight[inside], minlength=len(parcels))


def main():
    config = tomllib.loads((ROOT / "pipelines/cambridge.toml").read_text(encoding="utf-8"))
    assert config["city"]["crs"] == CRS
    parcels = gpd.read_parquet(DATA / "parcels.parquet").to_crs(CRS)
    parcels["geometry"] = shapely.make_valid(parcels.geometry.values)
    types = pd.read_csv(SCHEMES / "classes_en.csv", comment="#").set_index("code").space_type
    parcels["space_type"] = parcels.lu_class.map(types)
    assert parcels.space_type.notna().all()
    area = parcels.geometry.area.values

    poi = pd.read_csv(DATA / "poi.csv")
    poi["group"] = poi.category.map(pd.read_csv(SCHEMES / "poi_category.csv", comment="#").set_index("code").group)
    people = pd.read_csv(DATA / "population_points.csv")
    place = lambda t: owner(parcels, gpd.GeoSeries(gpd.points_from_xy(t.lon, t.lat), crs="EPSG:4326").to_crs(CRS).values)
    at_poi, at_people = place(poi), place(people)

    roads = gpd.read_parquet(DATA / "roads.parquet").to_crs(CRS)
    streets = np.flatnonzero(parcels.space_type == "transport_road")
    grounds = parcels.geometry.values[streets]
    # Where lines lie on lines, the street counts once; where another parcel overlaps, the two share it.
    street = np.array(shapely.get_parts(shapely.union_all(roads.geometry.values)))
    length = np.zeros(len(parcels))
    line, ground = shapely.STRtree(grounds).query(street, predicate="intersects")
    np.add.at(length, streets[ground], shapely.length(shapely.intersection(street[line], grounds[ground])))
    for ground, other in zip(*shapely.STRtree(parcels.geometry.values).query(grounds, predicate="intersects")):
        if streets[ground] != other:
            both = shapely.intersection(grounds[ground], parcels.geometry.values[other])
            length[streets[ground]] -= shapely.length(shapely.intersection(street, both)).sum() / 2

    group = lambda name, land: counted(parcels, at_poi, (poi.group == name).to_numpy(float), land)
    traffic = group("traffic", "transport_road")
    lam = config["layers"]["roads"]["lambda"]
    corrected = (1 - lam) * length + lam * length.sum() * traffic / traffic.sum()
    weights = {
        "industry:industrial": ("industry", group("industry", "industrial")),
        "construction:urban_residential": ("construction", counted(parcels, at_people, people["pop"].to_numpy(), "urban_residential")),
        "construction:commercial": ("construction", group("commercial", "commercial")),
        "construction:admin_public": ("construction", group("public", "admin_public")),
        "transport:transport": ("transport", corrected),
        "sink:land": ("sink", np.where(parcels.space_type == "grassland", area, 0.0)),
    }
    tonnes = {sector: np.zeros(len(parcels)) for sector in ["industry", "construction", "transport", "sink"]}
    for total in config["inventory"]["totals"]:
        sector, weight = weights[f"{total['sector']}:{total['land_group']}"]
        tonnes[sector] += total["amount"] * share(weight)

    zones = gpd.read_parquet(DATA / "zones.parquet").to_crs(CRS)
    zones = zones.sort_values("zone_id").reset_index(drop=True)
    # Where zones overlap, the ground belongs to the first.
    shapes = list(zones.geometry.values)
    for i in range(1, len(shapes)):
        for j in shapely.STRtree(shapes[:i]).query(shapes[i], predicate="overlaps"):
            shapes[i] = shapely.difference(shapes[i], shapes[j])
    parcel, zone = shapely.STRtree(shapes).query(parcels.geometry.values, predicate="intersects")
    part = shapely.area(shapely.intersection(parcels.geometry.values[parcel], np.array(shapes)[zone])) / area[parcel]
    out = pd.DataFrame({s: np.bincount(zone, weights=t[parcel] * part, minlength=len(zones)) for s, t in tonnes.items()})
    out.index = zones.zone_id
    out["gross"] = out.industry + out.construction + out.transport
    gdp = pd.read_csv(DATA / "zone_stats.csv", dtype={"zone_id": str}).set_index("zone_id").gdp_proxy_usd.reindex(out.index)
    out["ccr"] = out.sink / out.gross
    out["ecc"] = share(gdp) / share(out.gross)
    out["esc"] = share(out.sink) / share(out.gross)
    names = {(True, True): "low_carbon_economic", (True, False): "carbon_source_control", (False, True): "carbon_sink_functional", (False, False): "high_carbon_optimization"}
    out["zone"] = [names[e >= 1, s >= 1] for e, s in zip(out.ecc, out.esc)]
    tool = f"shapely {shapely.__version__} (GEOS {shapely.geos_version_string}), geopandas {gpd.__version__}"
    rows = {k: v for k, v in out.rename(columns=lambda c: c if c in ("ccr", "ecc", "esc", "zone") else c + "_t").to_dict("index").items()}
    EXPECTED.write_text(json.dumps({"tool": tool, "neighborhoods": rows}, indent=1) + "\n", encoding="utf-8")
    print(f"cambridge_expected: {len(out)} neighbourhoods, {out.gross.sum():.1f} t in them, {out.zone.value_counts().to_dict()}")


if __name__ == "__main__":
    main()
