"""The whole job of `carbonzone run` as an expert writes it: pyogrio, shapely 2 vectorised, two threads. Prints its stages as JSON.

    python scripts/peer_job.py CITY_FOLDER OUT_FOLDER [threads]

Reads parcels, townships, POI, population and roads (GeoPackages of `carbonzone synth suzhou --all-gpkg`); overlays parcels with a
1 km grid and the townships, counts POI and people in parcels, measures roads in parcels; places the budgets of six sectors by these
proxies; sums them over cells and townships; writes the parcel GeoPackage with its index, the township CSV and the GeoTIFF.
It leaves out what carbonzone does besides: overlap check, ellipsoidal areas, hashes, ledger.
"""

import json
import resource
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely

STAGES = {}
CELL = 1000.0


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class stage:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.start = time.perf_counter(), cpu()

    def __exit__(self, *_):
        STAGES[self.name] = {"wall_s": time.perf_counter() - self.start[0], "cpu_s": cpu() - self.start[1]}


def read(path, columns):
    """Geometries and columns of a layer through an Arrow stream."""
    meta, table = pyogrio.read_arrow(path, columns=columns)
    geometry = shapely.from_wkb(table.column(meta["geometry_name"] or "wkb_geometry").to_numpy(zero_copy_only=False))
    return geometry, {c: table.column(c).to_numpy(zero_copy_only=False) for c in columns}


def halves(pool, threads, n, work):
    """`work` on equal slices in threads: shapely lets the others run while it computes."""
    edges = np.linspace(0, n, 4 * threads + 1).astype(int)
    parts = list(pool.map(lambda k: work(slice(edges[k], edges[k + 1])), range(4 * threads)))
    return [np.concatenate(column) for column in zip(*parts)]


def overlay(pool, threads, parcels, areas, targets):
    """Rows parcel, target, area: whole parcels where the target properly contains them, the others intersected.

    GEOS builds trees and prepared geometries when they are first asked, which is not safe in threads: each has its own.
    """
    own = threading.local()

    def pairs(part):
        if not hasattr(own, "tree"):
            own.targets = shapely.from_wkb(shapely.to_wkb(targets))
            shapely.prepare(own.targets)
            own.tree = shapely.STRtree(own.targets)
        tree, mine = own.tree, own.targets
        p, t = tree.query(parcels[part], predicate="intersects")
        p += part.start
        area = areas[p].copy()
        cut = ~shapely.contains_properly(mine[t], parcels[p])
        area[cut] = shapely.area(shapely.intersection(parcels[p[cut]], mine[t[cut]]))
        return p, t, area

    return halves(pool, threads, len(parcels), pairs)


def main():
    city, out = Path(sys.argv[1]), Path(sys.argv[2])
    threads = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    out.mkdir(parents=True, exist_ok=True)
    pool = ThreadPoolExecutor(threads)
    wall = time.perf_counter()
    with stage("read"):
        layers = {
            "parcels": ["parcel_id", "DLBM"],
            "poi": ["typecode"],
            "population": ["people_22_06"],
            "roads": ["fclass"],
            "townships": ["id", "name"],
        }
        got = dict(zip(layers, pool.map(lambda item: read(city / f"{item[0]}.gpkg", item[1]), layers.items())))
        (parcels, parcel), (poi, poi_of), (people, people_of), (roads, road_of), (zones, zone_of) = got.values()
        stats = pd.read_csv(city / "township_stats.csv", dtype={"id": str})
    n = len(parcels)
    with stage("repair"):
        # One invalid parcel stops GEOS.
        (valid,) = halves(pool, threads, n, lambda part: (shapely.is_valid(parcels[part]),))
        parcels[~valid] = shapely.make_valid(parcels[~valid], method="structure")
    code = np.array([str(c)[:2] for c in parcel["DLBM"]])
    areas = shapely.area(parcels)
    with stage("grid"):
        x0, y0, x1, y1 = shapely.total_bounds(parcels)
        x0, y0, x1, y1 = x0 // CELL * CELL, y0 // CELL * CELL, -(-x1 // CELL) * CELL, -(-y1 // CELL) * CELL
        cols, rows = int((x1 - x0) / CELL), int((y1 - y0) / CELL)
        xs, ys = np.meshgrid(x0 + CELL * np.arange(cols), y1 - CELL * (1 + np.arange(rows)))
        cells = shapely.box(xs.ravel(), ys.ravel(), xs.ravel() + CELL, ys.ravel() + CELL)
        in_cell = overlay(pool, threads, parcels, areas, cells)
    with stage("townships"):
        in_zone = overlay(pool, threads, parcels, areas, zones)
    with stage("points"):
        import pyproj

        to_plane = pyproj.Transformer.from_crs(4326, 4549, always_xy=True)
        tree = shapely.STRtree(parcels)
        tree.query(shapely.points(0, 0))

        def located(points, part):
            here = shapely.get_coordinates(points[part])
            p, t = tree.query(shapely.points(*to_plane.transform(here[:, 0], here[:, 1])), predicate="intersects")
            # Where parcels overlap, the first one has the point.
            order = np.lexsort((t, p))
            p, first = np.unique(p[order], return_index=True)
            return p + part.start, t[order][first]

        p, t = halves(pool, threads, len(poi), lambda part: located(poi, part))
        group = np.array([str(c)[:2] for c in poi_of["typecode"]])[p]
        shown = {"poi_industry": ("17",), "poi_commercial": ("05", "06", "07", "08", "10", "16"), "poi_public": ("09", "13", "14"), "poi_traffic": ("15", "18")}
        proxies = {name: np.bincount(t[np.isin(group, kinds)], minlength=n).astype(float) for name, kinds in shown.items()}
        p, t = halves(pool, threads, len(people), lambda part: located(people, part))
        proxies["people"] = np.bincount(t, people_of["people_22_06"][p], minlength=n)
    with stage("roads"):

        def lengths(part):
            r, p = tree.query(roads[part], predicate="intersects")
            return p, shapely.length(shapely.intersection(roads[part][r], parcels[p]))

        p, metres = halves(pool, threads, len(roads), lengths)
        proxies["road_m"] = np.bincount(p, metres, minlength=n)
        length, traffic = (np.where(code == "10", proxies[k], 0.0) for k in ("road_m", "poi_traffic"))
        proxies["road_corrected_m"] = 0.5 * length + 0.5 * length.sum() * traffic / max(traffic.sum(), 1e-300)
    with stage("allocate and aggregate"):
        plan = {
            "industry_t": (193.35e6, ("06",), proxies["poi_industry"]),
            "construction_t": (28.8e6, ("05", "07", "08"), proxies["people"]),
            "transport_t": (14.2e6, ("10",), proxies["road_corrected_m"]),
            "agriculture_t": (1.0e6, ("01", "02", "12"), areas),
            "waste_t": (2.9e6, ("06", "09"), areas),
            "sink_t": (2.5e6, ("01", "02", "03", "04", "11"), areas),
        }
        tonnes = {}
        for name, (budget, land, proxy) in plan.items():
            weight = np.where(np.isin(code, land), proxy, 0.0)
            tonnes[name] = budget * weight / max(weight.sum(), 1e-300)
        tonnes["gross_t"] = sum(v for k, v in tonnes.items() if k != "sink_t")
        tonnes["net_t"] = tonnes["gross_t"] - tonnes["sink_t"]
        spread = lambda pairs, size: {k: np.bincount(pairs[1], v[pairs[0]] * pairs[2] / areas[pairs[0]], size) for k, v in tonnes.items()}
        by_cell, by_zone = spread(in_cell, len(cells)), spread(in_zone, len(zones))
    with stage("write"):
        table = {"unit_id": parcel["parcel_id"], "land_use": parcel["DLBM"], "space_type": code, "area_m2": areas, **tonnes, **proxies}
        pyogrio.raw.write(
            out / "parcels.gpkg", shapely.to_wkb(parcels), [np.asarray(v) for v in table.values()], list(table), driver="GPKG",
            layer="parcels", geometry_type="MultiPolygon", promote_to_multi=True, crs="EPSG:4549",
        )  # fmt: skip
        zone_table = pd.DataFrame({"id": zone_of["id"], "name": zone_of["name"], **by_zone}).merge(stats, on="id", how="left")
        gdp = zone_table["gdp_1e4cny"]
        zone_table["ecc"] = (gdp / gdp.sum()) / (zone_table["gross_t"] / zone_table["gross_t"].sum())
        zone_table["esc"] = (zone_table["sink_t"] / zone_table["sink_t"].sum()) / (zone_table["gross_t"] / zone_table["gross_t"].sum())
        zone_table.to_csv(out / "townships.csv", index=False)
        profile = {"driver": "GTiff", "width": cols, "height": rows, "count": len(by_cell), "dtype": "float64", "crs": "EPSG:4549",
                   "compress": "deflate", "transform": rasterio.transform.from_origin(x0, y1, CELL, CELL)}  # fmt: skip
        with rasterio.open(out / "grid.tif", "w", **profile) as raster:
            for band, values in enumerate(by_cell.values(), 1):
                raster.write(values.reshape(rows, cols), band)
    print(json.dumps({
        "wall_s": time.perf_counter() - wall, "cpu_s": cpu(), "stages": STAGES,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "versions": {"shapely": shapely.__version__, "GEOS": shapely.geos_version_string, "pyogrio": pyogrio.__version__,
                     "GDAL of pyogrio": pyogrio.__gdal_version_string__, "GDAL of rasterio": rasterio.__gdal_version__},
    }))  # fmt: skip


if __name__ == "__main__":
    main()
