"""The township table of the peer script (scripts/peer_job.py: pyogrio, shapely) and of `carbonzone run`, on one synthetic city.

    python oracle/peer_townships.py target/release/carbonzone build/oracle-peer [parcels]

The pipeline file is the peer's plan: land by the first two digits of the code, six budgets, each by one proxy. Every tonne and index of
every township is compared; exit 1 beyond 1e-9 relative. Roads that run along the edge of a road parcel or along each other within a
centimetre are taken out of the city first: carbonzone has rules for them (docs/reading.md), the peer has none.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import shapely

TOLERANCE = 1e-9
# Sector, tonnes, first two digits of the land, proxy: the plan of scripts/peer_job.py.
PLAN = [
    ("industry", 193.35e6, ["06"], "poi:industry"), ("construction", 28.8e6, ["05", "07", "08"], "population"),
    ("transport", 14.2e6, ["10"], "road_corrected"), ("agriculture", 1.0e6, ["01", "02", "12"], "area"),
    ("waste", 2.9e6, ["06", "09"], "area"), ("sink", 2.5e6, ["01", "02", "03", "04", "11"], "area"),
]  # fmt: skip
GROUPS = {"industry": ["17"], "traffic": ["15", "18"], "other": ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "16", "19", "20", "22", "97", "99"]}
ROADS = ["motorway", "trunk", "primary", "secondary", "tertiary", "residential", "service", "rail", "waterway"]
COLUMNS = [*(f"{sector}_t" for sector, *_ in PLAN), "gross_t", "net_t", "ecc", "esc"]


def pipeline(folder, city):
    land = [f"{k:02}" for k in range(1, 14)]
    (folder / "land.csv").write_text("code,space_type\n" + "".join(f"{c}*,land{c}\n" for c in land))
    rows = [f"{code}*,{group},{'road' if group == 'traffic' else ''}\n" for group, codes in GROUPS.items() for code in codes]
    (folder / "groups.csv").write_text("code,group,mode\n" + "".join(rows))
    text = f"""[city]
name = "peer"
year = 2020
crs = "EPSG:4549"
synthetic = true
[layers.parcels]
source = {{ path = "{city}/parcels.gpkg" }}
id = "parcel_id"
land_use = "DLBM"
scheme = "land.csv"
[layers.poi]
source = {{ path = "{city}/poi.gpkg" }}
type = "typecode"
groups = "groups.csv"
[layers.population]
source = {{ path = "{city}/population.gpkg" }}
weight = ["people_22_06"]
[layers.roads]
source = {{ path = "{city}/roads.gpkg" }}
class = "fclass"
modes = {{ {", ".join(f'{c} = "road"' for c in ROADS)} }}
lambda = 0.5
poi_snap_m = 0
[layers.zones]
source = {{ path = "{city}/townships.gpkg" }}
id = "id"
name = "name"
[[layers.zones.tables]]
path = "{city}/township_stats.csv"
key = "id"
population = "population"
gdp = "gdp_1e4cny"
[inventory]
unit = "t"
[outputs]
maps = false
"""
    for sector, tonnes, codes, proxy in PLAN:
        groups = ", ".join(f'"land{c}"' for c in codes)
        text += f'[[inventory.totals]]\nsector = "{sector}"\nland_group = "all"\namount = {tonnes}\n'
        text += f'[[allocate]]\nid = "{sector}"\nbudget = "{sector}:all"\nland = [{groups}]\nproxies = ["{proxy}"]\n'
    path = folder / "peer.toml"
    path.write_text(text)
    return path


def run(*command):
    ran = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        sys.exit(f"{command[:3]}: exit {ran.returncode}\n{ran.stderr[-3000:]}")


def without_roads_along_edges(city):
    """Leaves out the roads that lie for more than 30 cm within 2 cm of an edge of a road parcel or of another road."""
    roads, parcels = (pyogrio.read_dataframe(city / f"{name}.gpkg") for name in ("roads", "parcels"))
    land = parcels.geometry[parcels["DLBM"].astype(str).str.startswith("10")].to_numpy()
    edges = shapely.buffer(shapely.boundary(land), 0.02)
    lines = roads.geometry.to_numpy()
    along = np.zeros(len(lines), dtype=bool)
    r, e = shapely.STRtree(edges).query(lines, predicate="intersects")
    along[r[shapely.length(shapely.intersection(lines[r], edges[e])) > 0.3]] = True
    strips = shapely.buffer(lines, 0.02)
    a, b = shapely.STRtree(strips).query(lines, predicate="intersects")
    a, b = a[a != b], b[a != b]
    along[a[shapely.length(shapely.intersection(lines[a], strips[b])) > 0.3]] = True
    pyogrio.write_dataframe(roads[~along], city / "roads.gpkg", layer="roads")
    return int(along.sum()), len(lines)


def main(program, folder, parcels="5000"):
    folder = Path(folder).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    city = folder / "city"
    run(program, "synth", "suzhou", "--parcels", parcels, "--all-gpkg", "--out", city, "--quiet")
    left_out, roads = without_roads_along_edges(city)
    run(program, "run", pipeline(folder, city), "--out", folder / "ours", "--no-maps", "--no-summary", "--quiet")
    run(sys.executable, Path(__file__).parents[1] / "scripts/peer_job.py", city, folder / "theirs")
    ours = pd.read_csv(folder / "ours/townships.csv", dtype={"unit_id": str}, encoding="utf-8-sig").set_index("unit_id").sort_index()
    theirs = pd.read_csv(folder / "theirs/townships.csv", dtype={"id": str}).set_index("id").sort_index()
    if list(ours.index) != list(theirs.index):
        sys.exit("the townships differ")
    worst, wrong = 0.0, 0
    for column in COLUMNS:
        a, b = ours[column].to_numpy(dtype=float), theirs[column].to_numpy(dtype=float)
        # The net of a township is a difference: measured by what it is a difference of.
        scale = np.abs(b) if column != "net_t" else (theirs["gross_t"] + theirs["sink_t"]).to_numpy()
        relative = np.where(a == b, 0.0, np.abs(a - b) / np.maximum(scale, 1e-12 * np.nansum(scale)))
        relative = np.where(np.isnan(a) & np.isnan(b), 0.0, relative)
        for k in np.flatnonzero(~(relative <= TOLERANCE))[:5]:
            print(f"  {column} of {ours.index[k]}: ours {float(a[k])!r}, peer {float(b[k])!r}, relative {relative[k]:.1e}")
        wrong += int((~(relative <= TOLERANCE)).sum())
        worst = max(worst, float(relative.max()))
    print(f"peer_townships: {parcels} parcels, {roads - left_out} of {roads} roads, {len(ours)} townships, {len(COLUMNS)} columns, largest relative difference {worst:.1e}, {wrong} beyond {TOLERANCE:.0e}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
