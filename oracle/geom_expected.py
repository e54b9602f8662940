"""Expected values for carbonzone-geom from GEOS, exactextract and tobler.

Writes crates/carbonzone-geom/tests/expected/{grid,zones,points,lines,wrong_in_geos}.json with the tool versions inside.
Run from the root of the repository: python oracle/geom_expected.py
"""

import json
from importlib.metadata import version
from pathlib import Path

import exactextract
import geopandas as gpd
import numpy as np
import rasterio
import shapely
from exact_area import exact_area
from exactextract.raster import NumPyRasterSource
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box, mapping
from tobler.area_weighted import area_interpolate

OUT = Path("crates/carbonzone-geom/tests/expected")
X0, Y0 = 500_000.0, 3_450_000.0


def star(rng, cx, cy, n, lo, hi):
    """A star-shaped ring around (cx, cy)."""
    t = (np.arange(n) + rng.uniform(-0.3, 0.3, n)) * 2 * np.pi / n
    r = rng.uniform(lo, hi, n)
    return [(float(cx + a), float(cy + b)) for a, b in zip(r * np.cos(t), r * np.sin(t))]


def polygons():
    """Forty polygons: stars, stars with a hole, and pairs of stars as one multipolygon."""
    rng = np.random.default_rng(20261121)
    out = []
    for k in range(40):
        cx, cy = X0 + rng.uniform(0, 2000), Y0 + rng.uniform(0, 2000)
        shell = star(rng, cx, cy, int(rng.integers(5, 20)), 60, 260)
        if k % 4 == 1:
            hole = [(cx + 0.3 * (x - cx), cy + 0.3 * (y - cy)) for x, y in shell]
            out.append(Polygon(shell, [hole]))
        elif k % 4 == 2:
            other = star(rng, cx + 900, cy, 8, 40, 200)
            out.append(MultiPolygon([Polygon(shell), Polygon(other)]))
        else:
            out.append(Polygon(shell))
    assert all(p.is_valid for p in out)
    return out


def zones():
    """A 3 x 3 partition of the area with shared oblique sides."""
    rng = np.random.default_rng(7)
    node = {
        (i, j): (
            X0 - 400 + 1200 * i + (rng.uniform(-150, 150) if 0 < i < 3 else 0.0),
            Y0 - 400 + 1000 * j + (rng.uniform(-150, 150) if 0 < j < 3 else 0.0),
        )
        for i in range(4)
        for j in range(4)
    }
    return [
        Polygon([node[i, j], node[i + 1, j], node[i + 1, j + 1], node[i, j + 1]]) for j in range(3) for i in range(3)
    ]


def parts(geometry):
    """Parts -> rings -> points, as Coverage::push_rings takes them."""
    polys = geometry.geoms if isinstance(geometry, MultiPolygon) else [geometry]
    return [[list(map(list, ring.coords)) for ring in [p.exterior, *p.interiors]] for p in polys]


def write(name, tools, **content):
    content = {"tools": {t: version(t) for t in tools} | {"geos": shapely.geos_version_string}, **content}
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(content, indent=None, separators=(",", ":")) + "\n")


def grid_case(layer):
    cell, cols, rows = 250.0, 12, 9
    x_min, y_max = X0 - 250.0, Y0 + 2000.0
    geos = []
    for p in layer:
        row = []
        for r in range(rows):
            for c in range(cols):
                a = p.intersection(box(x_min + c * cell, y_max - (r + 1) * cell, x_min + (c + 1) * cell, y_max - r * cell)).area
                if a > 1e-9:
                    row.append([r * cols + c, a])
        geos.append(row)
    raster = NumPyRasterSource(
        np.arange(cols * rows, dtype=float).reshape(rows, cols),
        xmin=x_min, xmax=x_min + cols * cell, ymin=y_max - rows * cell, ymax=y_max,
    )
    features = [{"type": "Feature", "id": str(i), "properties": {}, "geometry": mapping(p)} for i, p in enumerate(layer)]
    found = exactextract.exact_extract(raster, features, ["values", "coverage"])
    fractions = [
        [[int(v), float(f)] for v, f in zip(f["properties"]["values"], f["properties"]["coverage"])] for f in found
    ]
    write(
        "grid", ["shapely", "exactextract", "rasterio"],
        grid={"x_min": x_min, "y_max": y_max, "cell": cell, "cols": cols, "rows": rows},
        polygons=[parts(p) for p in layer], areas=[p.area for p in layer], geos_m2=geos, exactextract_fraction=fractions,
    )


def zones_case(layer):
    partition = zones()
    pieces = [[[j, a] for j, z in enumerate(partition) if (a := p.intersection(z).area) > 1e-9] for p in layer]
    inside = [p for p in layer if p.within(shapely.union_all(partition))]
    values = [float(10 + 3 * k) for k in range(len(inside))]
    source = gpd.GeoDataFrame({"t": values}, geometry=inside, crs="EPSG:4549")
    target = gpd.GeoDataFrame(geometry=partition, crs="EPSG:4549")
    spread = area_interpolate(source, target, extensive_variables=["t"])["t"].tolist()
    write(
        "zones", ["shapely", "geopandas", "tobler"],
        zones=[parts(z) for z in partition], polygons=[parts(p) for p in layer], geos_m2=pieces,
        inside=[layer.index(p) for p in inside], values=values, tobler_spread=spread,
    )


def points_case(layer):
    rng = np.random.default_rng(11)
    disjoint = []
    for p in layer:
        if all(not p.intersects(q) for q in disjoint):
            disjoint.append(p)
    xy = [(X0 + float(x), Y0 + float(y)) for x, y in rng.uniform(-200, 3200, (2000, 2))]
    owner = [next((i for i, p in enumerate(disjoint) if p.contains(Point(q))), -1) for q in xy]
    nearest = []
    for q in xy[:300]:
        d = [p.distance(Point(q)) for p in disjoint]
        i = int(np.argmin(d))
        nearest.append([i, d[i]])
    write("points", ["shapely"], polygons=[parts(p) for p in disjoint], xy=xy, owner=owner, nearest=nearest)


def lines_case(layer):
    rng = np.random.default_rng(13)
    lines, lengths = [], []
    for _ in range(200):
        start = np.array([X0, Y0]) + rng.uniform(0, 2500, 2)
        line = LineString(np.cumsum(np.vstack([start, rng.uniform(-300, 300, (int(rng.integers(1, 6)), 2))]), axis=0))
        lines.append(list(map(list, line.coords)))
        lengths.append([[i, l] for i, p in enumerate(layer) if (l := line.intersection(p).length) > 1e-9])
    write("lines", ["shapely"], polygons=[parts(p) for p in layer], lines=lines, lengths_m=lengths)


# Pairs whose intersection GEOS and JTS get wrong without a word; coordinates as in the reports.
REPORTED = {
    "shapely#1871": (  # https://github.com/shapely/shapely/issues/1871
        [(446, -207), (315, -75.99999999999999), (557, -76)],
        [(184, -207), (315, -76), (446, -207), (315, -338)],
    ),
    "shapely#2368": (  # https://github.com/shapely/shapely/issues/2368, the same as https://github.com/libgeos/geos/issues/1344
        [
            (-295.25030351249666, 4.236074061427525),
            (-295.08711234218333, -2.301948231163383),
            (-314.64218025800653, -2.7900491087570383),
            (-314.80537142831986, 3.7479731838338695),
        ],
        [
            (-275.69523559667346, 4.7241749390211805),
            (-275.53204442636013, -1.8138473535697273),
            (-295.08711234218333, -2.3019482311633825),
            (-295.25030351249666, 4.236074061427525),
        ],
    ),
    "jts#820": (  # https://github.com/locationtech/jts/issues/820
        [
            (7.04972080711741e-9, 0.0),
            (2.2101801468358406e-9, 1.4126466987753772),
            (1.2696784445936622, 1.41264669888319),
            (1.2696784494332027, 1.078129033360885e-10),
        ],
        [
            (7.04972080711741e-9, 0.0),
            (0.0, 2.0577913328003916),
            (4.498851115482424, 7.063229687109256),
            (13.596527845590671, 7.06322968918812),
            (19.94490668468672, 1.693592821538914e-9),
        ],
    ),
}


def reported_cases():
    pairs = []
    for name, (a, b) in REPORTED.items():
        a, b = Polygon(a), Polygon(b)
        truth = exact_area(a, b)
        pairs.append({
            "report": name, "a": parts(a), "b": parts(b), "exact": str(truth), "exact_m2": float(truth),
            "geos_m2": a.intersection(b).area,
        })
    write("wrong_in_geos", ["shapely"], pairs=pairs)


if __name__ == "__main__":
    layer = polygons()
    reported_cases()
    grid_case(layer)
    zones_case(layer)
    points_case(layer)
    lines_case(layer)
    print("written to", OUT)
