"""Writes a pipeline file from what the dialog asked for. No QGIS in here."""

import json
import os
import re

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
#: Of all of them.
SPACE_TYPES = set().union(*LAND_OF_SCHEME.values())

ZONE_KINDS = ["townships", "counties", "districts", "communities", "zones_of_plan"]
ZONINGS = ["suzhou_four_zones", "guiyang_three_levels"]
LANGUAGES = ["both", "en", "zh"]
UNITS = ["1e4 t", "t", "Mt"]

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
#: Land that takes what has no land of its own in a scheme, in order.
INSTEAD = ["built_up", "industrial"]


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
        self.total_source = ""
        self.cell_m = 1000.0
        self.zoning = ZONINGS[0]
        self.language = LANGUAGES[0]


class Table:
    """A CSV with numbers of the zones."""

    def __init__(self, path, population=None, gdp=None, persons=1.0, gdp_1e4cny=1.0, on="id"):
        self.path, self.population, self.gdp = path, population, gdp
        self.persons, self.gdp_1e4cny, self.on = persons, gdp_1e4cny, on


def land_for(sector_land, scheme):
    """Land of a scheme that carries a sector."""
    known = LAND_OF_SCHEME[scheme]
    return [t for t in sector_land if t in known] or [t for t in INSTEAD if t in known][:1]


def proxies_for(sector, wanted, city):
    """Proxies that the layers allow; area at the end, or land area times coefficient for sinks."""
    if sector == "sink":
        return ["sink_area"]
    there = {"poi:industry": city.poi, "population": city.population, "road_corrected": city.roads}
    return [p for p in wanted if there[p]] + ["area"]


def write(city, folder):
    """The text of the pipeline file of a city whose file will stand in `folder`."""
    blocks = [_city(city), _parcels(city, folder)]
    if city.poi:
        blocks.append(_poi(city, folder))
    if city.population:
        blocks.append(_population(city, folder))
    if city.roads:
        blocks.append(_roads(city, folder))
    blocks += [_zones(city, folder), _totals(city)] + _rules(city)
    blocks += ["[aggregate]\ncell_m = " + number(city.cell_m)]
    blocks += ["[zoning]\nscheme = " + text(city.zoning)]
    blocks += ["[outputs]\nlanguage = " + text(city.language)]
    head = (
        "# Written by the carbonzone plugin of QGIS. Every key and default: `carbonzone schema`.\n"
        "# Which land carries a sector and by which proxy is a start; change the [[allocate]] rules as you know your city."
    )
    return "\n\n".join([head] + blocks) + "\n"


def _optional(key, value):
    return [key + " = " + text(value)] if value else []


def _city(city):
    lines = ["[city]", "name = " + text(city.name)]
    lines += _optional("title_en", city.title_en) + _optional("title_zh", city.title_zh)
    lines += ["year = {0}".format(int(city.year)), "crs = " + text(city.crs)]
    lines += ["synthetic = true"] if city.synthetic else []
    return "\n".join(lines + _optional("source", city.source))


def _parcels(city, folder):
    lines = ["[layers.parcels]", city.parcels.toml(folder)]
    lines += _optional("id", city.parcel_id) + ["land_use = " + text(city.land_use)]
    lines += _optional("land_use_name", city.land_use_name)
    return "\n".join(lines + ["scheme = " + text(city.scheme)])


def _poi(city, folder):
    lines = ["[layers.poi]", city.poi.toml(folder), "type = " + text(city.poi_type)]
    return "\n".join(lines + ["groups = " + text(city.poi_groups)])


def _population(city, folder):
    lines = ["[layers.population]", city.population.toml(folder), "kind = " + text(city.population_kind)]
    if city.population_fields:
        lines.append("weight = [" + ", ".join(text(f) for f in city.population_fields) + "]")
    return "\n".join(lines)


def _roads(city, folder):
    lines = ["[layers.roads]", city.roads.toml(folder)]
    if city.road_class:
        lines += ["class = " + text(city.road_class), 'scheme = "osm"']
    return "\n".join(lines + ['assignment = "nearest"', "snap_m = 30.0"])


def _zones(city, folder):
    lines = ["[layers.zones]", city.zones.toml(folder), "kind = " + text(city.zone_kind), "id = " + text(city.zone_id)]
    lines += _optional("name", city.zone_name) + _optional("district", city.zone_district)
    for table in city.tables:
        lines += ["", "[[layers.zones.tables]]", "path = " + text(place(table.path, folder)), 'key = "key"']
        lines += ["on = " + text(table.on)]
        if table.population:
            lines += ["population = " + text(table.population)]
            lines += ["population_unit_persons = " + number(table.persons)]
        if table.gdp:
            lines += ["gdp = " + text(table.gdp), "gdp_unit_1e4cny = " + number(table.gdp_1e4cny)]
    return "\n".join(lines)


def _totals(city):
    lines = ["[inventory]", "unit = " + text(city.unit)]
    for sector, group, _, _, _ in RULES:
        if sector in city.totals:
            lines += ["", "[[inventory.totals]]", "sector = " + text(sector), "land_group = " + text(group)]
            lines += ["amount = " + number(city.totals[sector])]
            if sector == "transport":
                lines += ["mode_share = { road = 1.0 }"]
            lines += _optional("source", city.total_source)
    return "\n".join(lines)


def _rules(city):
    out = []
    for sector, group, words, land, proxies in RULES:
        if sector not in city.totals:
            continue
        budget = "{0}:{1}".format(sector, "transport_road" if sector == "transport" else group)
        carriers = land_for(land, city.scheme)
        lines = ["[[allocate]]", "id = " + text(sector), "activity = " + text(words), "budget = " + text(budget)]
        lines += ["land = [" + ", ".join(text(t) for t in carriers) + "]"]
        chain = proxies_for(sector, proxies, city)
        out.append("\n".join(lines + ["proxies = [" + ", ".join(text(p) for p in chain) + "]"]))
    if "sink" in city.totals:
        out.insert(0, '[sinks]\nset = "lit_high"\ncoefficients_t_ha = { unused = 0.0, wetland = 0.0 }')
    return out
