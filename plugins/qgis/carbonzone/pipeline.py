"""Writes a pipeline file from what the dialog asked for. No QGIS in here."""

import csv
import json
import os
import re

from .strings import tr, tr_in

#: Schemes of land-use codes, with the space types each one knows (crates/carbonzone-spatialize/data).
SCHEMES = ["gbt21010", "gbt21010_2007", "planning2023", "euluc", "osm", "corine", "worldcover", "clcd"]
_COVER = {"built_up", "cultivated_garden", "forest", "grassland", "unused", "water"}
_EULUC = {"admin_public", "commercial", "industrial", "park", "transport_air", "transport_road", "urban_residential"}
_CORINE = {
    "admin_public", "cultivated_garden", "forest", "grassland", "industrial", "mining", "municipal_utilities", "park",
    "sea", "transport_air", "transport_road", "transport_water", "unused", "urban_residential", "water",
}  # fmt: skip
_SURVEY = {
    "admin_public", "commercial", "cultivated_garden", "facility_agri", "forest", "grassland", "industrial", "mining",
    "municipal_utilities", "park", "rural_homestead", "special", "transport_air", "transport_other", "transport_rail",
    "transport_road", "transport_water", "unused", "urban_residential", "water",
}  # fmt: skip
LAND_OF_SCHEME = {
    "gbt21010": _SURVEY,
    "gbt21010_2007": _SURVEY | {"built_up"},
    "planning2023": _SURVEY | {"sea"},
    "euluc": _EULUC,
    "osm": _SURVEY - {"rural_homestead", "transport_other"},
    "corine": _CORINE,
    "worldcover": _COVER,
    "clcd": _COVER,
}
#: Schemes whose codes are pixel values.
RASTER_SCHEMES = ["worldcover", "clcd", "corine", "euluc"]
#: Of all of them.
SPACE_TYPES = set().union(*LAND_OF_SCHEME.values())

ZONE_KINDS = ["townships", "counties", "districts", "communities", "zones_of_plan"]
ZONINGS = ["suzhou_four_zones", "guiyang_three_levels"]
AXES = ["both", "economic", "ecological"]
LANGUAGES = ["both", "en", "zh"]
UNITS = ["1e4 t", "t", "kt", "Mt"]

#: Sector, land group, what stands in the report, land that carries it, proxies in order.
RULES = [
    ("industry", "industrial", "Industry", ["industrial", "mining", "municipal_utilities"], ["poi:industry"]),
    (
        "construction",
        "built_up",
        "Buildings",
        ["urban_residential", "rural_homestead", "commercial", "admin_public"],
        ["population"],
    ),
    ("transport", "transport", "Road transport", ["transport_road"], ["road_corrected"]),
    ("agriculture", "cultivated_garden", "Agriculture", ["cultivated_garden", "facility_agri"], []),
    ("waste", "municipal_utilities", "Waste", ["municipal_utilities"], []),
    ("sink", "land", "Uptake by land", ["cultivated_garden", "forest", "grassland", "water", "park"], []),
]
#: Sectors of a yearbook, in words.
SECTORS = {sector: words for sector, _, words, _, _ in RULES}
SECTORS["transport"] = "Transport"
#: Proxies of the land groups of a yearbook's budgets; all else by area.
PROXIES_OF_GROUP = {
    "industrial": ["poi:industry"],
    "mining": ["poi:industry"],
    "municipal_utilities": ["poi:industry"],
    "urban_residential": ["population"],
    "rural_homestead": ["population"],
    "commercial": ["poi:commercial"],
    "admin_public": ["poi:public"],
    "transport_road": ["road_corrected"],
    "transport_rail": ["road:rail"],
    "transport_water": ["road:water"],
}
#: Land groups in words.
LAND_WORDS = {
    "cultivated_garden": "fields and gardens",
    "forest": "woodland",
    "grassland": "grassland",
    "commercial": "trade and services",
    "industrial": "manufacturing",
    "mining": "mining",
    "urban_residential": "homes in towns",
    "rural_homestead": "homes in villages",
    "admin_public": "public services",
    "park": "parks",
    "municipal_utilities": "supply and disposal",
    "transport_road": "roads",
    "transport_rail": "railways",
    "transport_water": "waterways",
    "transport_air": "airports",
    "water": "water",
    "facility_agri": "livestock",
    "unused": "unused land",
}
#: Land that takes what has no land of its own in a scheme, in order.
INSTEAD = ["built_up", "industrial"]
#: Land that takes what has no parcel of its own in a city.
BUILT = ["built_up", "urban_residential", "rural_homestead", "industrial", "commercial", "admin_public"]
OPEN_LAND = ["grassland", "forest", "unused"]


def text(value):
    """A TOML string."""
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def number(value):
    """A TOML number that reads back to the same bits."""
    return repr(float(value))


def name_of(title):
    """A name for folders and files from a title: ASCII letters, digits, _ and -."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", title).strip("_-")
    return plain[:60] or "mycity"


def place(path, folder):
    """A path as the pipeline file writes it: relative to its folder where that is possible, with slashes."""
    try:
        relative = os.path.relpath(path, folder)
    except ValueError:  # another drive
        relative = os.path.abspath(path)
    return relative.replace("\\", "/")


class Source:
    """Where a layer is."""

    def __init__(self, path, layer=None, crs=None):
        self.path, self.layer, self.crs = path, layer, crs

    def toml(self, folder):
        """As an inline table."""
        parts = ["path = " + text(place(self.path, folder))]
        if self.layer:
            parts.append("layer = " + text(self.layer))
        if self.crs:
            parts.append("crs = " + text(self.crs))
        return "source = { " + ", ".join(parts) + " }"


class City:
    """What a pipeline file needs to know. Fields are names of fields, None where there is none."""

    def __init__(self, name, year, crs):
        self.name, self.year, self.crs = name, year, crs
        self.title_en = self.title_zh = self.source = ""
        self.synthetic = False
        self.parcels = self.land_use = self.parcel_id = self.land_use_name = None
        self.scheme = SCHEMES[0]
        self.own_scheme = None
        self.land_cover = False
        self.zones = self.zone_id = self.zone_name = self.zone_district = None
        self.zone_kind = ZONE_KINDS[0]
        self.tables = []
        self.poi = self.poi_type = None
        self.poi_groups = "amap"
        self.population = None
        self.population_kind = "points"
        self.population_fields = []
        self.roads = self.road_class = None
        self.totals = {}
        self.unit = UNITS[0]
        self.yearbook = None
        self.gdp_unit = None
        self.cell_m = 1000.0
        self.zoning = ZONINGS[0]
        self.axes = AXES[0]
        self.language = LANGUAGES[0]


class Table:
    """A CSV with numbers of the zones."""

    def __init__(self, path, population=None, gdp=None, persons=1.0, gdp_1e4cny=1.0, on="id"):
        self.path, self.population, self.gdp = path, population, gdp
        self.persons, self.gdp_1e4cny, self.on = persons, gdp_1e4cny, on


class Yearbook:
    """Activity data that totals are computed from."""

    def __init__(self, path, skip_unknown=False, without=()):
        self.path, self.skip_unknown, self.without = path, skip_unknown, list(without)
        #: (sector, land group) of the totals, as the engine computed them; None before it was asked.
        self.budgets = None


class OwnScheme:
    """A table of codes: CSV with the columns code and space_type, and sink_type if land of it absorbs."""

    def __init__(self, path):
        self.path, self.land, self.sinks = path, set(), False
        with open(path, "rb") as file:
            data = file.read()
        rows = csv.DictReader(line for line in decoded(data).splitlines() if not line.startswith("#"))
        columns = [name.strip() for name in rows.fieldnames or []]
        if not {"code", "space_type"} <= set(columns):
            raise ValueError(tr("{0} has no columns code and space_type").format(path))
        rows.fieldnames = columns
        self.land = {(row["space_type"] or "").strip() for row in rows} - {""}
        self.sinks = "sink_type" in columns


def decoded(data):
    """Text of a table in UTF-8, or as Chinese Windows writes it."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def known_land(city):
    """Space types of the scheme of a city."""
    return city.own_scheme.land if city.own_scheme else LAND_OF_SCHEME[city.scheme]


def land_for(wanted, known):
    """Land of a scheme that carries a sector."""
    return [t for t in wanted if t in known] or [t for t in INSTEAD if t in known][:1]


def proxies_for(wanted, city):
    """Proxies that the layers allow, area at the end."""
    by_class = city.roads if city.road_class else None
    there = {"population": city.population, "road_corrected": city.roads, "road:rail": by_class, "road:water": by_class}
    return [p for p in wanted if there.get(p, city.poi)] + ["area"]


def write(city, folder):
    """The text of the pipeline file of a city whose file will stand in `folder`."""
    blocks = [_city(city), _parcels(city, folder)]
    if city.poi:
        blocks.append(_poi(city, folder))
    if city.population:
        blocks.append(_population(city, folder))
    if city.roads:
        blocks.append(_roads(city, folder))
    blocks += [_zones(city, folder), _totals(city, folder)] + _rules(city)
    blocks += ["[aggregate]\ncell_m = " + number(city.cell_m)]
    blocks += ["\n".join(["[zoning]", "scheme = " + text(city.zoning)] + _axes(city))]
    blocks += ["[outputs]\nlanguage = " + text(city.language)]
    head = [
        tr("Written by the carbonzone plugin of QGIS. Every key and default: `carbonzone schema`."),
        tr("Which land carries a sector and by which proxy is a start; change the [[allocate]] rules as you know your city."),
    ]
    return "\n\n".join(["\n".join("# " + line for line in head)] + blocks) + "\n"


def _axes(city):
    return ["axes = " + text(city.axes)] if city.axes != AXES[0] else []


def _optional(key, value):
    return [key + " = " + text(value)] if value else []


def _city(city):
    lines = ["[city]", "name = " + text(city.name)]
    lines += _optional("title_en", city.title_en) + _optional("title_zh", city.title_zh)
    lines += ["year = {0}".format(int(city.year)), "crs = " + text(city.crs)]
    # Land cover reaches beyond the city: the ground around it must not take part of the totals.
    lines += ['border = "clip"'] if city.land_cover else []
    lines += ["synthetic = true"] if city.synthetic else []
    return "\n".join(lines + _optional("source", city.source))


def _parcels(city, folder):
    lines = ["[layers.parcels]", city.parcels.toml(folder)]
    if not city.land_cover:
        lines += _optional("id", city.parcel_id) + ["land_use = " + text(city.land_use)]
        lines += _optional("land_use_name", city.land_use_name)
    scheme = place(city.own_scheme.path, folder) if city.own_scheme else city.scheme
    return "\n".join(lines + ["scheme = " + text(scheme)])


def _poi(city, folder):
    lines = ["[layers.poi]", city.poi.toml(folder), "type = " + text(city.poi_type)]
    return "\n".join(lines + ["groups = " + text(city.poi_groups)])


def _population(city, folder):
    lines = ["[layers.population]", city.population.toml(folder), "kind = " + text(city.population_kind)]
    if city.population_fields:
        lines.append("weight = " + _list(city.population_fields))
    return "\n".join(lines)


def _roads(city, folder):
    lines = ["[layers.roads]", city.roads.toml(folder)]
    if city.road_class:
        lines += ["class = " + text(city.road_class), 'scheme = "osm"']
    return "\n".join(lines + ['assignment = "nearest"', "snap_m = 30.0"])


def _zones(city, folder):
    lines = ["[layers.zones]", city.zones.toml(folder), "kind = " + text(city.zone_kind), "id = " + text(city.zone_id)]
    lines += _optional("name", city.zone_name) + _optional("district", city.zone_district)
    lines += _optional("gdp_unit", city.gdp_unit)
    for table in city.tables:
        lines += ["", "[[layers.zones.tables]]", "path = " + text(place(table.path, folder)), 'key = "key"']
        lines += ["on = " + text(table.on)]
        if table.population:
            lines += ["population = " + text(table.population)]
            lines += ["population_unit_persons = " + number(table.persons)]
        if table.gdp:
            lines += ["gdp = " + text(table.gdp)]
            lines += [] if city.gdp_unit else ["gdp_unit_1e4cny = " + number(table.gdp_1e4cny)]
    return "\n".join(lines)


def _totals(city, folder):
    if city.yearbook:
        return _activity(city, folder)
    lines = ["[inventory]", "unit = " + text(city.unit)]
    for sector, group, _, _, _ in RULES:
        if sector in city.totals:
            lines += ["", "[[inventory.totals]]", "sector = " + text(sector), "land_group = " + text(group)]
            lines += ["amount = " + number(city.totals[sector])]
            if sector == "transport":
                lines += ["mode_share = { road = 1.0 }"]
    return "\n".join(lines)


def _activity(city, folder):
    book = city.yearbook
    skip = ', unknown = "skip"' if book.skip_unknown else ""
    lines = ["[inventory.activity]", "year = {0}".format(int(city.year))]
    lines += ["files = [{{ path = {0}{1} }}]".format(text(place(book.path, folder)), skip)]
    lines += ["without = " + _list(book.without)] if book.without else []
    return "\n".join(lines + (["synthetic = true"] if city.synthetic else []))


def _rules(city):
    if city.yearbook:
        return [_rule_of_group(city, sector, group) for sector, group in city.yearbook.budgets or []]
    out = []
    for sector, group, words, land, proxies in RULES:
        if sector not in city.totals:
            continue
        budget = "{0}:{1}".format(sector, "transport_road" if sector == "transport" else group)
        chain = proxies_for(proxies, city)
        if sector == "sink" and (not city.own_scheme or city.own_scheme.sinks):
            chain = ["sink_area"]
        out.append(_rule(city, sector, [words], budget, land, chain))
    if "sink" in city.totals:
        out.insert(0, '[sinks]\nset = "lit_high"\ncoefficients_t_ha = { unused = 0.0, wetland = 0.0 }')
    return out


def budget_words(sector, group):
    """A budget of a yearbook in words."""
    return ": ".join(tr(word) for word in _words(sector, group))


def _words(sector, group):
    return [SECTORS.get(sector, sector)] + [LAND_WORDS[group] for _ in [0] if group in LAND_WORDS]


def _rule_of_group(city, sector, group):
    """The rule of a budget of a yearbook: on its land group."""
    wanted = PROXIES_OF_GROUP.get(group, []) if sector not in ("waste", "agriculture", "sink") else []
    land = [group] if group in known_land(city) else next(r[3] for r in RULES if r[0] == sector)
    words = _words(sector, group)
    return _rule(city, "{0}_{1}".format(sector, group), words, "{0}:{1}".format(sector, group), land, proxies_for(wanted, city))


def _rule(city, name, words, budget, land, proxies):
    """A rule; where the city has no parcel of the land, other land of the scheme takes it, and the run says so."""
    known = known_land(city)
    carriers = land_for(land, known)
    if not carriers:
        lacks = tr("The table of codes has no space type for {0}: {1}")
        raise ValueError(lacks.format(tr(words[0]), ", ".join(land + INSTEAD)))
    activity = ": ".join(tr_in(word, city.language) for word in words)
    lines = ["[[allocate]]", "id = " + text(name), "activity = " + text(activity), "budget = " + text(budget)]
    lines += ["land = " + _list(carriers), "proxies = " + _list(proxies)]
    sector = budget.split(":")[0]
    others = OPEN_LAND if sector in ("sink", "agriculture") else BUILT
    others = [t for t in others if t in known and t not in carriers]
    lines += ["on_missing_class = { redirect = " + _list(others) + " }"] if others else []
    return "\n".join(lines)


def _list(values):
    return "[" + ", ".join(text(v) for v in values) + "]"
