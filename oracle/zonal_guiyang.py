"""Sinks of the synthetic Guiyang by land cover: carbonzone's run against exactextract on the same raster and counties.

python oracle/zonal_guiyang.py out/guiyang build/synth/guiyang; exit 1 beyond the tolerance.
"""

import csv
import sys
from pathlib import Path

import exactextract
import geopandas as gpd
import rasterio

CLASSES = {1: "cultivated", 2: "forest", 3: "grassland", 4: "water"}
T_HA = {"cultivated": 1.16, "forest": 3.55, "grassland": 0.021, "water": 2.56}
# Coverage fractions of exactextract are 32-bit floats; only border pixels have one.
TOLERANCE = 1e-7


def main(run, synth):
    with open(Path(run) / "counties.csv", encoding="utf-8-sig", newline="") as f:
        ours = {(r["unit_id"], r["year"]): r for r in csv.DictReader(f)}
    # exactextract keeps a column called `id` for itself.
    counties = gpd.read_file(Path(synth) / "counties.gpkg").rename(columns={"id": "county"})
    worst, n = 0.0, 0
    for year in ["2015", "2020"]:
        path = Path(synth) / f"land_cover_{year}.tif"
        with rasterio.open(path) as raster:
            assert raster.crs.to_wkt() == counties.crs.to_wkt() or raster.crs.to_epsg() == counties.crs.to_epsg()
            pixel = abs(raster.transform.a * raster.transform.e)
        for feature in exactextract.exact_extract(str(path), counties, ["unique", "frac", "count"], include_cols=["county"]):
            p = feature["properties"]
            row = ours[p["county"], year]
            scale = float(row["area_m2"]) / float(row["area_planar_m2"])
            for value, share in zip(p["unique"], p["frac"]):
                name = CLASSES.get(int(value))
                if name is None:
                    continue
                theirs = float(share) * float(p["count"]) * pixel * scale / 1e4 * T_HA[name]
                mine = float(row[f"sink_{name}_t"])
                worst, n = max(worst, abs(mine - theirs) / float(row["sink_t"])), n + 1
    print(f"zonal_guiyang: {n} sinks compared, largest difference {worst:.1e} of a county's sink (limit {TOLERANCE})")
    return 0 if n >= 30 and worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
