"""Random cities for random_cities.py: what is in them, and the files that `carbonzone run` reads.

A city is made from a seed alone. Coordinates are multiples of 1 mm, so that every format keeps them.
"""

import csv
import json
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from shapely import MultiPolygon, Polygon
from shapely.affinity import scale

CRS = "EPSG:4549"
X0, Y0 = 500_000.0, 3_460_000.0
# Code, space type, sink type; Z9 is in no row.
SCHEME = {
    "A1": ("ind", ""), "A2": ("ind", ""), "B1": ("com", ""), "C1": ("home", ""), "C2": ("hamlet", ""), "D1": ("road", ""),
    "D2": ("rail", ""), "E1": ("farm", "cultivated"), "F1": ("wood", "forest"), "G1": ("water", "water"), "H1": ("util", ""),
}  # fmt: skip
COMMON = [0.12, 0.06, 0.09, 0.17, 0.06, 0.12, 0.05, 0.12, 0.08, 0.05, 0.05, 0.03]
# Code, group, mode.
GROUPS = {
    "fac": ("industry", ""), "mill": ("industry", ""), "shop": ("commercial", ""), "food": ("commercial", ""),
    "school": ("public", ""), "stop": ("traffic", "road"), "fuel": ("traffic", "road"), "station": ("traffic", "rail"),
}  # fmt: skip
ROAD_CLASSES = {"prim": "road", "sec": "road", "rail": "rail", "path": "none"}


@dataclass
class City:
    """What the oracle computes with; `options` are the settings of the pipeline file."""

    parcels: list = field(default_factory=list)  # (id, code, geometry)
    zones: list = field(default_factory=list)  # (id, name, geometry, population, gdp or None)
    poi: list = field(default_factory=list)  # (id, codes, x, y)
    people: list = field(default_factory=list)  # (geometry, first, second) or a raster (x, y, pixel, array)
    roads: list = field(default_factory=list)  # (class, geometry)
    plants: list = field(default_factory=list)  # (id, tonnes, rule, x, y)
    totals: list = field(default_factory=list)  # (sector, land group, amount, mode shares)
    rules: list = field(default_factory=list)  # dicts
    options: dict = field(default_factory=dict)


def mm(values):
    return np.round(np.asarray(values, dtype=float), 3)


def lattice(rng, corner, counts, step, jitter):
    """Quadrilaterals with a bend in every side; neighbours have the same vertices. Rows of polygons."""
    nx, ny = counts
    move = lambda shape: jitter * step * rng.uniform(-1, 1, (*shape, 2))
    i, j = np.meshgrid(np.arange(nx + 1), np.arange(ny + 1), indexing="ij")
    knots = mm(corner + step * np.stack([i, j], axis=-1) + move((nx + 1, ny + 1)))
    across = mm((knots[:-1] + knots[1:]) / 2 + 0.5 * move((nx, ny + 1)))
    up = mm((knots[:, :-1] + knots[:, 1:]) / 2 + 0.5 * move((nx + 1, ny)))
    ring = lambda i, j: [knots[i, j], across[i, j], knots[i + 1, j], up[i + 1, j], knots[i + 1, j + 1], across[i, j + 1], knots[i, j + 1], up[i, j]]
    out = [[Polygon(ring(i, j)) for j in range(ny)] for i in range(nx)]
    return out if all(p.is_valid for row in out for p in row) else lattice(rng, corner, counts, step, jitter * 0.7)


def resized(polygon, factor):
    return Polygon(mm(scale(polygon, factor, factor).exterior.coords))


def star(rng, polygon):
    """A star of many vertices well inside of a quadrilateral."""
    n = int(rng.integers(7, 60))
    centre, reach = polygon.centroid, 0.45 * np.sqrt(polygon.area)
    angle = (np.arange(n) + rng.uniform(-0.3, 0.3, n)) * 2 * np.pi / n
    r = reach * rng.uniform(0.35, 1, n)
    return Polygon(mm(np.column_stack([centre.x + r * np.cos(angle), centre.y + r * np.sin(angle)])))


def make_zones(rng, city, span):
    counts = rng.integers(2, 5, 2)
    made = [p for row in lattice(rng, [X0, Y0], counts, span / max(counts), 0.15) for p in row]
    if rng.random() < 0.3 and len(made) > 4:  # one zone of two parts
        made = [MultiPolygon([made[0], made[-1]]), *made[1:-1]]
    if rng.random() < 0.3:  # a zone within a zone
        inner = resized(made[-1], 0.4)
        made = [*made[:-1], Polygon(made[-1].exterior, [inner.exterior]), inner]
    if rng.random() < 0.15 and len(made) > 4:  # a gap
        del made[1]
    if rng.random() < 0.15:  # ground in two zones: the lower id takes it
        wide = next(k for k, p in enumerate(made) if isinstance(p, Polygon) and not p.interiors)
        made[wide] = resized(made[wide], 1.08)
        city.options["overlap"] = "first"
    for k in rng.permutation(len(made)):
        gdp = None if rng.random() < 0.06 else float(rng.integers(1, 9_000)) / 4
        city.zones.append((f"z{k:02}", f"Zone {k}", made[k], int(rng.integers(50, 9_000)), gdp))
    return np.array(shapely.total_bounds(made)).reshape(2, 2)


def make_parcels(rng, city, span):
    counts = rng.integers(6, 13, 2)
    step = 1.2 * span / max(counts)
    rows = lattice(rng, mm([X0 - rng.uniform(0, 0.15) * span, Y0 - rng.uniform(0, 0.15) * span]), counts, step, 0.22)
    absent = set(rng.choice(list(SCHEME), size=int(rng.integers(0, 5)), replace=False)) - {"C1"}
    codes = [*SCHEME, "Z9"]
    picked = iter(rng.choice(codes, size=counts.prod(), p=np.array(COMMON) / sum(COMMON)))
    overlaps = rng.random() < 0.5
    made, spare = [], None
    for i, row in enumerate(rows):
        for j, quad in enumerate(row):
            what, code = rng.random(), next(picked)
            if code in absent:
                code = "E1" if "E1" not in absent else "C1"
            if overlaps and i % 3 == j % 3 == 1 and what < 0.6:  # never two that touch: ground under at most two parcels
                made.append((code, resized(quad, rng.uniform(1.02, 1.15))))
            elif what < 0.06:
                continue
            elif what < 0.14:
                made.append((code, Polygon(quad.exterior, [resized(quad, rng.uniform(0.2, 0.5)).exterior])))
            elif what < 0.22:
                made.append((code, star(rng, quad)))
            elif what < 0.26 and spare is None:
                spare = quad
            elif what < 0.32 and spare is not None and not spare.intersects(quad):
                made.append((code, MultiPolygon([spare, quad])))
                spare = None
            else:
                made.append((code, quad))
    made = [(c, p) for c, p in made if p.is_valid]
    names = [f"p{k:04}" for k in range(len(made))]
    city.parcels = [(names[k], *made[k]) for k in rng.permutation(len(made))]


def anywhere(rng, box, n):
    margin = 0.12 * (box[1] - box[0])
    return mm(rng.uniform(box[0] - margin, box[1] + margin, (n, 2)))


def make_poi(rng, city, box):
    n = int(rng.integers(30, 400))
    usual = [*GROUPS, "unknown"]
    city.options["several_types"] = str(rng.choice(["first", "all"]))
    for k, (x, y) in enumerate(anywhere(rng, box, n)):
        codes = "|".join(rng.choice(usual, size=int(rng.choice([1, 1, 1, 2, 3])), replace=False))
        city.poi.append((f"i{k:04}", codes, x, y))
        while rng.random() < 0.08:  # the same id again, at the same place
            city.poi.append((f"i{k:04}", str(rng.choice(usual)), x, y))
    city.options["poi_snap"] = float(rng.choice([0, 0, 40, 150]))


def make_people(rng, city, box):
    kind = city.options["people"] = str(rng.choice(["points", "points", "polygons", "raster", "zones"]))
    city.options["people_snap"] = float(rng.choice([0, 80])) if kind == "points" else 0.0
    if kind == "points":
        for x, y in anywhere(rng, box, int(rng.integers(20, 300))):
            city.people.append((shapely.Point(x, y), float(rng.integers(0, 400)), float(rng.integers(0, 400)) / 8))
    elif kind == "polygons":
        counts = rng.integers(3, 9, 2)
        blocks = lattice(rng, mm(box[0]), counts, float(max(box[1] - box[0]) / max(counts)), 0.2)
        city.people = [(p, float(rng.integers(0, 5_000)), float(rng.integers(0, 5_000)) / 8) for row in blocks for p in row]
    elif kind == "raster":
        pixel = float(rng.choice([50, 90, 130]))
        low = mm(box[0] - rng.uniform(0, pixel, 2))
        shape = np.ceil((box[1] + 0.2 * (box[1] - box[0]) - low) / pixel).astype(int)[::-1]
        city.people = [(low[0], low[1] + shape[0] * pixel, pixel, rng.integers(0, 60, shape) / 4.0)]


def make_roads(rng, city, box):
    for _ in range(int(rng.integers(15, 60))):
        line = anywhere(rng, box, int(rng.integers(2, 6)))
        city.roads.append((str(rng.choice(["prim", "sec", "sec", "rail", "path", "odd"])), shapely.LineString(line)))
    city.options["assignment"] = str(rng.choice(["inside", "nearest", "both_sides"]))
    city.options["road_snap"] = float(rng.choice([20, 60]))
    city.options["class_weights"] = {"prim": 2.0, "sec": 0.5} if rng.random() < 0.5 else {}
    city.options["lambda"] = float(rng.choice([0, 0.25, 0.5, 1]))
    city.options["traffic_snap"] = float(rng.choice([0, 50, 200]))


def make_rules(rng, city):
    present = {SCHEME[code][0] for _, code, _ in city.parcels if code in SCHEME}
    amount = lambda: 0.0 if rng.random() < 0.05 else float(rng.integers(100, 900_000)) / 8
    city.totals = [
        ("industry", "works", amount(), None), ("construction", "trade", amount(), None), ("construction", "homes", amount(), None),
        ("transport", "ways", amount(), {"road": 0.75, "rail": 0.25}), ("agriculture", "fields", amount(), None),
        ("waste", "dumps", amount(), None), ("sink", "land", amount(), None), ("sink", "crops", amount(), None),
    ]  # fmt: skip

    def rule(name, budget, land, chains, share=1.0):
        made = {"id": name, "budget": budget, "land": land, "share": share, "proxies": list(chains[int(rng.integers(len(chains)))])}
        made["smoothing"] = float(rng.choice([0, 0, 0.5, 2]))
        made["on_zero_weight"] = str(rng.choice(["area", "unallocated"]))
        others = sorted(present - set(land))
        made["on_missing_class"] = [str(o) for o in rng.choice(others, size=2, replace=False)] if rng.random() < 0.5 else "unallocated"
        city.rules.append(made)

    rule("works", "industry:works", ["ind"], [["poi:industry"], ["poi:industry", "area"], ["area"], ["poi:public", "poi:industry"]])
    rule("trade", "construction:trade", ["com"], [["poi:commercial", "area"], ["poi:commercial"], ["population"]])
    rule("homes", "construction:homes", ["home", "hamlet"], [["population"], ["population", "area"]])
    rule("roads", "transport:ways_road", ["road"], [["road_corrected"], ["road:road"], ["poi:traffic", "road_corrected"]])
    rule("rails", "transport:ways_rail", ["rail"], [["road:rail"], ["road:rail", "area"]])
    rule("fields", "agriculture:fields", ["farm"], [["area"]])
    rule("dumps", "waste:dumps", ["util"], [["area"], ["poi:public", "area"]], 0.375)
    rule("yards", "waste:dumps", ["ind", "com"], [["area"], ["poi:industry"]], 0.625)
    rule("land", "sink:land", ["farm", "wood", "water"], [["sink_area"]])
    rule("crops", "sink:crops", ["farm"], [["area"]])
    budget = city.totals[0][2]
    if rng.random() < 0.4 and budget > 0 and city.rules[0]["on_missing_class"] != "unallocated":
        ground = shapely.union_all([z[2] for z in city.zones])
        works = [g.representative_point() for _, code, g in city.parcels if SCHEME.get(code, ("",))[0] == "ind"]
        inside = [p for p in works if ground.buffer(-1).contains(p)]
        for k, p in enumerate(inside[:2]):
            x, y = mm([p.x, p.y])
            city.plants.append((f"plant{k}", float(np.floor(budget / 5)), "works", x, y))


def made(seed, number):
    """The city of a number."""
    rng = np.random.default_rng([seed, number])
    city = City()
    span = float(rng.choice([900, 1_500, 3_000, 5_000]))
    city.options["cell_m"] = float(rng.choice([100, 250, 500, 1000]))
    city.options["border"] = str(rng.choice(["keep", "keep", "clip"]))
    city.options["coefficients"] = {"cultivated": 1.16, "forest": float(rng.choice([3.55, 13.97])), "water": 2.5}
    box = make_zones(rng, city, span)
    make_parcels(rng, city, span)
    make_poi(rng, city, box)
    make_people(rng, city, box)
    make_roads(rng, city, box)
    make_rules(rng, city)
    formats = {"parcels": ["gpkg", "geojson", "shp", "parquet", "fgb"], "zones": ["gpkg", "geojson", "shp", "parquet"],
               "poi": ["csv", "gpkg", "geojson"], "people": ["csv", "gpkg", "shp"], "roads": ["shp", "gpkg", "geojson", "fgb"]}  # fmt: skip
    city.options["formats"] = {layer: str(rng.choice(choices)) for layer, choices in formats.items()}
    if city.options["people"] == "polygons":
        city.options["formats"]["people"] = str(rng.choice(["gpkg", "geojson", "parquet"]))
    return city


def write_layer(folder, name, kind, columns, geometry):
    path = folder / f"{name}.{kind}"
    frame = gpd.GeoDataFrame(columns, geometry=list(geometry), crs=CRS)
    if kind == "csv":
        frame["x"], frame["y"] = frame.geometry.x, frame.geometry.y
        frame.drop(columns="geometry").to_csv(path, index=False)
        return f'{{ path = "{path.name}", x = "x", y = "y", crs = "{CRS}" }}'
    if kind == "parquet":
        frame.to_parquet(path)
        return f'{{ path = "{path.name}" }}'
    # GDAL keeps coordinates of GeoJSON that are not in degrees with the CRS member of the first edition.
    options = {"COORDINATE_PRECISION": 3} if kind == "geojson" else {}
    frame.to_file(path, engine="pyogrio", **options)
    return f'{{ path = "{path.name}" }}'


def write_people(folder, city):
    kind = city.options["people"]
    if kind == "zones":
        return 'kind = "zones"\n'
    if kind == "raster":
        x, y, pixel, array = city.people[0]
        transform = rasterio.transform.from_origin(x, y, pixel, pixel)
        with rasterio.open(folder / "people.tif", "w", driver="GTiff", width=array.shape[1], height=array.shape[0], count=1,
                           dtype="float64", crs=CRS, transform=transform) as file:  # fmt: skip
            file.write(array, 1)
        return 'source = { path = "people.tif" }\nkind = "raster"\n'
    columns = {"n1": [p[1] for p in city.people], "n2": [p[2] for p in city.people]}
    source = write_layer(folder, "people", city.options["formats"]["people"], columns, [p[0] for p in city.people])
    return f'source = {source}\nkind = "{kind}"\nweight = ["n1", "n2"]\nsnap_m = {city.options["people_snap"]}\n'


def write_tables(folder, city):
    with open(folder / "scheme.csv", "w") as f:
        f.write("code,space_type,sink_type\n" + "".join(f"{c},{s},{k}\n" for c, (s, k) in SCHEME.items()))
    with open(folder / "groups.csv", "w") as f:
        f.write("code,group,mode\n" + "".join(f"{c},{g},{m}\n" for c, (g, m) in GROUPS.items()))
    with open(folder / "stats.csv", "w", newline="") as f:
        table = csv.writer(f)
        table.writerow(["key", "pop", "gdp"])
        table.writerows([z[0], z[3], "" if z[4] is None else repr(z[4])] for z in city.zones)


def inventory_text(city):
    out = ['[inventory]\nunit = "t"']
    for sector, group, amount, modes in city.totals:
        out.append(f'[[inventory.totals]]\nsector = "{sector}"\nland_group = "{group}"\namount = {amount!r}')
        if modes:
            out.append("mode_share = { " + ", ".join(f"{m} = {s}" for m, s in modes.items()) + " }")
    for rule in city.rules:
        missing = rule["on_missing_class"]
        missing = json.dumps(missing) if isinstance(missing, str) else f"{{ redirect = {json.dumps(missing)} }}"
        out.append(
            f'[[allocate]]\nid = "{rule["id"]}"\nbudget = "{rule["budget"]}"\nshare = {rule["share"]}\nland = {json.dumps(rule["land"])}\n'
            f'proxies = {json.dumps(rule["proxies"])}\nsmoothing = {rule["smoothing"]}\non_zero_weight = "{rule["on_zero_weight"]}"\non_missing_class = {missing}'
        )
    return "\n".join(out)


def write(folder, city):
    """All files of a city; gives the pipeline file."""
    o, formats = city.options, city.options["formats"]
    write_tables(folder, city)
    column = lambda rows, k: [r[k] for r in rows]
    parcels = write_layer(folder, "parcels", formats["parcels"], {"pid": column(city.parcels, 0), "code": column(city.parcels, 1)}, column(city.parcels, 2))
    zones = write_layer(folder, "zones", formats["zones"], {"zid": column(city.zones, 0), "zname": column(city.zones, 1)}, column(city.zones, 2))
    points = [shapely.Point(p[2], p[3]) for p in city.poi]
    poi = write_layer(folder, "poi", formats["poi"], {"k": column(city.poi, 0), "t": column(city.poi, 1)}, points)
    roads = write_layer(folder, "roads", formats["roads"], {"cls": column(city.roads, 0)}, column(city.roads, 1))
    weights = "\n[layers.roads.class_weights]\n" + "".join(f"{k} = {v}\n" for k, v in o["class_weights"].items()) if o["class_weights"] else ""
    text = f"""[city]
name = "tiny"
year = 2020
crs = "{CRS}"
border = "{o["border"]}"
[layers.parcels]
source = {parcels}
id = "pid"
land_use = "code"
scheme = "scheme.csv"
[layers.zones]
source = {zones}
id = "zid"
name = "zname"
overlap = "{o.get("overlap", "error")}"
[[layers.zones.tables]]
path = "stats.csv"
key = "key"
population = "pop"
gdp = "gdp"
[layers.poi]
source = {poi}
id = "k"
type = "t"
groups = "groups.csv"
several_types = "{o["several_types"]}"
snap_m = {o["poi_snap"]}
[layers.population]
{write_people(folder, city)}
[layers.roads]
source = {roads}
class = "cls"
modes = {{ {", ".join(f'{c} = "{m}"' for c, m in ROAD_CLASSES.items())} }}
assignment = "{o["assignment"]}"
snap_m = {o["road_snap"]}
lambda = {o["lambda"]}
poi_snap_m = {o["traffic_snap"]}
{weights}
{plants_text(folder, city)}
{inventory_text(city)}
[sinks.coefficients_t_ha]
{"".join(f"{k} = {v}" + chr(10) for k, v in o["coefficients"].items())}
[aggregate]
cell_m = {o["cell_m"]}
[outputs]
maps = false
"""
    path = folder / "city.toml"
    path.write_text(text)
    return path


def plants_text(folder, city):
    if not city.plants:
        return ""
    columns = {"name": [p[0] for p in city.plants], "t": [p[1] for p in city.plants], "rule": [p[2] for p in city.plants]}
    source = write_layer(folder, "plants", "csv", columns, [shapely.Point(p[3], p[4]) for p in city.plants])
    return f'[layers.point_sources]\nsource = {source}\nid = "name"\ntonnes = "t"\nrule = "rule"\n'
