"""What a run over a city of city_made.py must give, by numpy and GEOS (shapely) from docs/method.md and docs/pipeline.md.

Geometry is moved to a local origin first: subtraction of whole metres is exact, and GEOS then rounds to 1e-12 m instead of 1e-9 m.
"""

from collections import defaultdict

import numpy as np
import shapely
from city_made import GROUPS, ROAD_CLASSES, SCHEME, X0, Y0

ORIGIN = np.array([X0, Y0])
PIECE_M = 25.0
# A vertex of a cut parcel is a double in metres: at a northing of 3.46e6 m these lie so far apart.
SPACING_M = float(np.spacing(Y0))
# Relative difference that is allowed.
TOLERANCE = 1e-9


def local(geometry):
    return shapely.transform(geometry, lambda xy: xy - ORIGIN)


def cut(sources, targets):
    """Rows source, target, area of the pieces that have ground in common."""
    tree = shapely.STRtree(targets)
    s, t = tree.query(sources, predicate="intersects")
    area = shapely.area(shapely.intersection(sources[s], targets[t]))
    keep = area > 0
    return s[keep], t[keep], area[keep]


class Expected:
    def __init__(self, city):
        self.city, self.options = city, city.options
        self.prepare_zones()
        self.prepare_parcels()
        self.place()
        self.aggregate()

    # ------------------------------------------------------------------ ground
    def prepare_zones(self):
        rows = sorted(self.city.zones)
        self.zone_ids = [z[0] for z in rows]
        zones = [local(z[2]) for z in rows]
        if self.options.get("overlap") == "first":
            for k in range(1, len(zones)):
                zones[k] = shapely.difference(zones[k], shapely.union_all(zones[:k]))
        self.zones = np.array(zones)
        self.population = np.array([z[3] for z in rows], dtype=float)
        self.gdp = np.array([np.nan if z[4] is None else z[4] for z in rows])
        self.city_ground = shapely.union_all(self.zones)

    def prepare_parcels(self):
        rows = sorted(self.city.parcels, key=lambda p: p[0])
        parcels = np.array([local(p[2]) for p in rows])
        self.clip = self.options["border"] == "clip"
        if self.clip:
            # Zone by zone: cut by the union of many zones, GEOS once lost two thirds of a parcel without a word (city 116).
            parcels = np.array([shapely.union_all(shapely.intersection(p, self.zones)) for p in parcels])
        area = shapely.area(parcels)
        # What only touches the border is no parcel.
        keep = area > 1e-6
        self.parcels, self.area = parcels[keep], area[keep]
        # How much more than the tolerance a cut parcel may differ: its rounded outline alone moves the area of a sliver (city 189:
        # 5e-4 m2 of a parcel of 364,571 m2, 1.6e-11 m2 apart; in rationals the oracle's area is right to 1e-15 m2).
        rounded = shapely.length(self.parcels) * SPACING_M / self.area if self.clip else np.zeros(len(self.area))
        self.slack = np.maximum(1.0, rounded / TOLERANCE)
        rows = [r for r, k in zip(rows, keep) if k]
        self.parcel_ids = [r[0] for r in rows]
        known = [SCHEME.get(r[1], ("unknown", "")) for r in rows]
        self.space = np.array([k[0] for k in known])
        self.sink_type = np.array([k[1] for k in known])
        shapely.prepare(self.parcels)
        self.tree = shapely.STRtree(self.parcels)
        self.common = self.common_ground()

    def of(self, land):
        return np.isin(self.space, land)

    def land_of(self, *proxies):
        """Land of all rules that name one of the proxies; the land of a redirect where the own class is absent."""
        out = np.zeros(len(self.parcels), dtype=bool)
        for rule in self.city.rules:
            if set(proxies) & set(rule["proxies"]):
                out |= self.land(rule)[1]
        return out

    def land(self, rule):
        own = self.of(rule["land"])
        if not own.any() and isinstance(rule["on_missing_class"], list):
            return rule["on_missing_class"], self.of(rule["on_missing_class"])
        return rule["land"], own

    # ------------------------------------------------------------------ points
    def owner(self, x, y):
        """The first parcel in the order of the ids that holds the point; -1: none."""
        held = self.tree.query(shapely.Point(x, y), predicate="intersects")
        return int(held.min()) if len(held) else -1

    def nearest(self, x, y, target, reach):
        """The nearest parcel of the class within reach; -1: none."""
        if reach <= 0 or not target.any():
            return -1
        point, members = shapely.Point(x, y), np.flatnonzero(target)
        distance = shapely.distance(self.parcels[members], point)
        best = int(distance.argmin())
        return int(members[best]) if distance[best] <= reach else -1

    def count(self, points, target, reach):
        """Weights per parcel of points (x, y, weight): in the parcel of the class, else in the nearest one within reach."""
        out = np.zeros(len(self.parcels))
        for x, y, weight in points:
            p = self.owner(x, y)
            if p < 0 or not target[p]:
                p = self.nearest(x, y, target, reach)
            if p >= 0:
                out[p] += weight
        return out

    def inside_city(self, x, y):
        return not self.clip or self.city_ground.intersects(shapely.Point(x, y))

    def poi(self):
        """POI as (x, y, {code: weight}): one for each id."""
        codes_of, place = defaultdict(list), {}
        order = list(GROUPS)
        for key, codes, x, y in self.city.poi:
            x, y = x - X0, y - Y0
            if not self.inside_city(x, y):
                continue
            codes = codes.split("|")
            codes_of[key] += codes[:1] if self.options["several_types"] == "first" else codes
            place[key] = (x, y)
        out = []
        for key, codes in codes_of.items():
            codes = sorted(set(codes), key=lambda c: order.index(c) if c in order else len(order))
            if self.options["several_types"] == "first":
                codes = codes[:1]
            out.append((*place[key], {c: 1 / len(codes) for c in codes}))
        return out

    def poi_proxy(self, group):
        points = [(x, y, sum(w for c, w in codes.items() if GROUPS.get(c, ("",))[0] == group)) for x, y, codes in self.poi()]
        return self.count([p for p in points if p[2] > 0], self.land_of(f"poi:{group}"), self.options["poi_snap"])

    # ------------------------------------------------------------------ people
    def people_proxy(self):
        kind = self.options["people"]
        target = self.land_of("population")
        if kind == "points":
            points = [(g.x - X0, g.y - Y0, (a + b) / 2) for g, a, b in self.city.people]
            return self.count([p for p in points if self.inside_city(p[0], p[1])], target, self.options["people_snap"])
        if kind == "polygons":
            return self.people_on([local(g) for g, _, _ in self.city.people], [(a + b) / 2 for _, a, b in self.city.people])
        if kind == "raster":
            x, y, pixel, array = self.city.people[0]
            rows, cols = np.indices(array.shape)
            west, north = x - X0 + cols.ravel() * pixel, y - Y0 - rows.ravel() * pixel
            return self.people_on(shapely.box(west, north - pixel, west + pixel, north), array.ravel())
        p, z, area = cut(self.parcels, self.zones)
        land = np.bincount(z, area * target[p], len(self.zones))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.bincount(p, np.where(target[p], self.population[z] * area / land[z], 0.0), len(self.parcels))

    def people_on(self, ground, people):
        """People spread evenly over their ground; ground under two parcels is halved."""
        people, ground = np.array(people), np.array(ground)
        s, p, area = cut(ground, self.parcels)
        out = np.bincount(p, people[s] * area / shapely.area(ground)[s], len(self.parcels))
        for a, b, common in self.common:
            _, t, area = cut(np.array([common]), ground)
            both = (people[t] * area / shapely.area(ground)[t]).sum()
            out[a] -= both / 2
            out[b] -= both / 2
        return out

    def common_ground(self):
        """Pairs of parcels with the ground that both claim, one inside the other too; up to 0.1 m² they only touch. No ground has three (city_made.py)."""
        a, b = self.tree.query(self.parcels, predicate="intersects")
        a, b = a[a < b], b[a < b]
        return [row for row in zip(a.tolist(), b.tolist(), shapely.intersection(self.parcels[a], self.parcels[b])) if row[2].area > 0.1]

    # ------------------------------------------------------------------ lines
    def metres(self, line):
        """Metres of a line in each parcel; a stretch in two parcels is halved."""
        near = self.tree.query(line, predicate="intersects")
        out = dict(zip(near.tolist(), shapely.length(shapely.intersection(line, self.parcels[near]))))
        for a, b, ground in self.common:
            if a in out and b in out:
                both = shapely.length(shapely.intersection(line, ground))
                out[a] -= both / 2
                out[b] -= both / 2
        return out

    def road_proxy(self, mode):
        target = self.land_of(f"road:{mode}", *(["road_corrected"] if mode == "road" else []))
        out = np.zeros(len(self.parcels))
        for kind, line in self.city.roads:
            if ROAD_CLASSES.get(kind) != mode:
                continue
            weight, line = self.options["class_weights"].get(kind, 1.0), local(line)
            lines = shapely.get_parts(shapely.intersection(line, self.city_ground)) if self.clip else [line]
            for part in lines:
                for p, metres in self.metres(part).items():
                    out[p] += metres * weight * target[p]
            if self.options["assignment"] != "inside":
                for p, metres in self.handed_on(line, target):
                    out[p] += metres * weight
        return out

    def handed_on(self, line, target):
        """Stretches outside the parcels of the class, in equal pieces of at most 25 m of each segment, by their middle."""
        xy = shapely.get_coordinates(line)
        for a, b in zip(xy[:-1], xy[1:]):
            length = np.hypot(*(b - a))
            n = max(1, int(np.ceil(length / PIECE_M)))
            for k in range(n):
                piece = shapely.LineString([a + (b - a) * k / n, a + (b - a) * (k + 1) / n])
                if self.clip:
                    piece = shapely.intersection(piece, self.city_ground)
                    if piece.is_empty or piece.length == 0:
                        continue
                rest = piece.length - sum(m for p, m in self.metres(piece).items() if target[p])
                if rest > 1e-9:
                    ends = shapely.get_coordinates(piece)
                    yield from self.targets((ends[0] + ends[-1]) / 2, (b - a) / length, rest, target)

    def targets(self, middle, along, metres, target):
        reach = self.options["road_snap"]
        if self.options["assignment"] == "nearest":
            found = [self.nearest(*middle, target, reach)]
        else:  # half the distance to the left and to the right, and from there as far again
            left = np.array([-along[1], along[0]]) * reach / 2
            found = [self.nearest(*(middle + side * left), target, reach / 2) for side in (1, -1)]
        found = [p for p in found if p >= 0]
        return [(p, metres / len(found)) for p in found]

    def corrected(self, length):
        target = self.land_of("road:road", "road_corrected")
        traffic = [(x, y, sum(w for c, w in codes.items() if GROUPS.get(c) == ("traffic", "road"))) for x, y, codes in self.poi()]
        n = self.count([t for t in traffic if t[2] > 0], target, self.options["traffic_snap"]) * target
        length = length * target
        if n.sum() == 0:
            return length
        share = self.options["lambda"]
        return (1 - share) * length + share * length.sum() * n / n.sum()

    # ------------------------------------------------------------------ tonnes
    def proxy(self, name):
        kind, _, what = name.partition(":")
        if name not in self.measured:
            if kind == "poi":
                self.measured[name] = self.poi_proxy(what)
            elif kind == "population":
                self.measured[name] = self.people_proxy()
            elif kind == "road":
                self.measured[name] = self.road_proxy(what)
            elif kind == "road_corrected":
                self.measured[name] = self.corrected(self.road_proxy("road"))
            elif kind == "sink_area":
                t_ha = np.array([self.options["coefficients"].get(s, 0.0) for s in self.sink_type])
                self.measured[name] = self.area / 1e4 * t_ha
            else:
                self.measured[name] = self.area
        return self.measured[name]

    def budgets(self):
        for sector, group, amount, modes in self.city.totals:
            for mode, share in (modes or {None: 1.0}).items():
                yield f"{sector}:{group}_{mode}" if mode else f"{sector}:{group}", amount * share

    def place(self):
        """Tonnes per sector and parcel, and the sums of the ledger."""
        self.measured, self.used = {}, {}
        self.tonnes = defaultdict(lambda: np.zeros(len(self.parcels)))
        self.ledger = defaultdict(float)
        budgets = dict(self.budgets())
        for rule in self.city.rules:
            sector = rule["budget"].split(":")[0]
            budget = budgets[rule["budget"]] * rule["share"]
            self.ledger["budget", sector] += budget
            placed = np.zeros(len(self.parcels))
            for _, tonnes, of, x, y in self.city.plants:
                if of == rule["id"]:
                    placed[self.owner(x - X0, y - Y0)] += tonnes
            weight = self.weights(rule)
            rest = budget - placed.sum()
            if weight is None:
                self.ledger["unallocated", sector] += rest
            else:
                placed += rest * weight / weight.sum()
            self.tonnes[sector] += placed
            self.ledger["placed", sector] += placed.sum()

    def weights(self, rule):
        """Weights of a rule over all parcels; None: unallocated."""
        _, members = self.land(rule)
        if not members.any():
            return None
        for name in rule["proxies"]:
            weight = self.proxy(name) * members
            if weight.sum() > 0:
                self.used[rule["id"]] = name
                return weight + rule["smoothing"] * self.area / self.area[members].mean() * members
        self.used[rule["id"]] = "fallback"
        return self.area * members if rule["on_zero_weight"] == "area" else None

    # ------------------------------------------------------------------ cells, zones, indices
    def aggregate(self):
        cell = self.options["cell_m"]
        bounds = shapely.total_bounds(np.concatenate([self.parcels, self.zones])) + np.tile(ORIGIN, 2)
        low, high = np.floor(bounds[:2] / cell), np.ceil(bounds[2:] / cell)
        cols, rows = (high - low).astype(int)
        col, row = (v.ravel() for v in np.meshgrid(np.arange(cols), np.arange(rows)))
        west, north = low[0] * cell - X0 + col * cell, high[1] * cell - Y0 - row * cell
        cells = shapely.box(west, north - cell, west + cell, north)
        self.cell_ids = [f"c{c}_r{r}" for c, r in zip(col, row)]
        self.on_cells = cut(self.parcels, cells)
        self.on_zones = cut(self.parcels, self.zones)
        self.cells = self.spread(self.on_cells, len(cells))
        self.by_zone = self.spread(self.on_zones, len(self.zones))
        self.touching = {kind: self.spread((*pairs[:2], (self.area * self.slack)[pairs[0]]), n) for kind, pairs, n in
                         (("cells", self.on_cells, len(cells)), ("zones", self.on_zones, len(self.zones)))}  # fmt: skip
        self.covered = np.bincount(self.on_cells[1], self.on_cells[2], len(cells))
        for stage, table in (("grid", self.cells), ("zones", self.by_zone)):
            for sector, tonnes in self.tonnes.items():
                self.ledger[stage, sector] = table[sector].sum()
                self.ledger[stage + "_outside", sector] = tonnes.sum() - table[sector].sum()
        self.indices()

    def spread(self, pairs, n):
        p, t, area = pairs
        out = {k: np.bincount(t, v[p] * area / self.area[p], n) for k, v in self.tonnes.items()}
        out["gross"] = sum((v for k, v in out.items() if k != "sink"), np.zeros(n))
        out["net"] = out["gross"] - out["sink"]
        return out

    def indices(self):
        gross, sink = self.by_zone["gross"], self.by_zone["sink"]
        known = ~np.isnan(self.gdp)
        with np.errstate(divide="ignore", invalid="ignore"):
            self.ccr = sink / gross
            self.esc = (sink / sink.sum()) / (gross / gross.sum())
            self.ecc = (self.gdp / self.gdp[known].sum()) / (gross / gross[known].sum())
        if sink.sum() == 0:
            self.ccr, self.esc = self.ccr * np.nan, self.esc * np.nan
        for index in (self.ccr, self.esc, self.ecc):
            index[gross == 0] = np.nan
