"""Why parcels go to townships directly: the same tonnes taken through the 1 km grid first, by zonal statistics.

python oracle/via_grid.py out/suzhou; exit 1 if the way through the grid were as good (then the README is wrong).
Cell values are given to townships by the two rules of common programs: the cell belongs to the township that holds its centre
(GDAL, rasterstats, QGIS), or to each by the share of its area (exactextract).
"""

import csv
import sys
from pathlib import Path

import exactextract
import geopandas as gpd
import numpy as np
import rasterio
import rasterio.features


def by_centre(path, zones, band):
    with rasterio.open(path) as raster:
        values = np.nan_to_num(raster.read(band))
        shapes = ((shape, i + 1) for i, shape in enumerate(zones.geometry))
        zone = rasterio.features.rasterize(shapes, raster.shape, transform=raster.transform)
    return np.bincount(zone.ravel(), weights=values.ravel(), minlength=len(zones) + 1)[1:]


def by_share(path, zones, band):
    with rasterio.open(path) as raster:
        values = np.nan_to_num(raster.read(band))
        source = exactextract.raster.NumPyRasterSource(values, *raster.bounds, srs_wkt=raster.crs.to_wkt())
    return np.array([f["properties"]["sum"] for f in exactextract.exact_extract(source, zones, ["sum"])])


def zone_class(gross, sink, gdp):
    share = lambda v: v / v.sum()
    return np.stack([share(gdp) / share(gross) >= 1, share(sink) / share(gross) >= 1])


def main(run):
    run = Path(run)
    with open(run / "townships.csv", encoding="utf-8-sig", newline="") as f:
        rows = {r["unit_id"]: r for r in csv.DictReader(f)}
    zones = gpd.read_file(run / "suzhou.gpkg", layer="townships")
    column = lambda key: np.array([float(rows[i][key]) for i in zones.unit_id])
    direct = {"gross": column("gross_t"), "sink": column("sink_t")}
    gdp = column("gdp_1e4cny")
    classes = zone_class(direct["gross"], direct["sink"], gdp)
    as_good = False
    print("| cells given to townships by | tonnes in another township | most in one township | townships with another class |")
    print("|---|---|---|---|")
    for name, rule in [("the township at their centre", by_centre), ("share of area", by_share)]:
        via = {key: rule(run / "grid_1km.tif", zones, band) for key, band in [("gross", 1), ("sink", 2)]}
        off = np.abs(via["gross"] - direct["gross"])
        moved, most = off.sum() / 2 / direct["gross"].sum(), (off / direct["gross"]).max()
        changed = int((zone_class(via["gross"], via["sink"], gdp) != classes).any(axis=0).sum())
        print(f"| {name} | {100 * moved:.1f} % | {100 * most:.0f} % | {changed} of {len(zones)} |")
        as_good |= moved < 0.005 or changed == 0
    return int(as_good)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
