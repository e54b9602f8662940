"""New city from layers: the pipeline file of a city from layers that are open in QGIS, and its first run."""

import json
import os

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputFile,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsWkbTypes,
)

from .. import pipeline
from ..sources import Writer, raster_source, working_crs
from ..strings import language, tr
from .run import Run

NUMERIC = QgsProcessingParameterField.Numeric
POINTS, LINES, POLYGONS = (
    QgsProcessing.TypeVectorPoint,
    QgsProcessing.TypeVectorLine,
    QgsProcessing.TypeVectorPolygon,
)
SCHEME_NAMES = [
    "GB/T 21010-2017, third survey",
    "GB/T 21010-2007, second survey",
    "Land and sea use 2023 (planning)",
    "EULUC-China",
    "OpenStreetMap tags",
    "CORINE",
    "ESA WorldCover (land cover)",
    "CLCD (land cover)",
]
KIND_NAMES = ["Townships", "Counties", "Districts", "Communities", "Other zones"]
ZONING_NAMES = ["Suzhou: four zones", "Guiyang: three levels"]
AXES_NAMES = ["GDP and carbon sinks", "GDP alone (a city without sinks)", "Carbon sinks alone (a city without GDP)"]
LANGUAGE_NAMES = ["Chinese and English", "English", "Chinese"]
UNIT_NAMES = ["10^4 t CO2e", "t CO2e", "Mt CO2e"]
POI_GROUPS = ["amap", "osm"]
POI_GROUP_NAMES = ["Amap codes or category words", "OpenStreetMap tags"]
POI_CRS = [None, "GCJ-02", "BD-09"]
POI_CRS_NAMES = ["As the layer says", "GCJ-02 (Amap)", "BD-09 (Baidu)"]
PERSONS = [1.0, 10000.0]
PERSONS_NAMES = ["persons", "10^4 persons"]
MONEY = [1.0, 10000.0]
MONEY_NAMES = ["10^4 CNY", "10^8 CNY"]
#: Names that fields usually have.
USUAL = {
    "LAND_USE": "DLBM",
    "LAND_USE_NAME": "DLMC",
    "ZONE_ID": "id",
    "ZONE_NAME": "name",
    "ZONE_DISTRICT": "district",
    "STATS_KEY": "id",
    "STATS_POPULATION": "population",
    "STATS_GDP": "gdp",
    "POI_TYPE": "typecode",
    "ROAD_CLASS": "fclass",
}
#: The layer of each field.
PARENTS = {"LAND_USE": "PARCELS", "PARCEL_ID": "PARCELS", "ROAD_CLASS": "ROADS"}
STATS_ON = ["id", "name"]
STATS_ON_NAMES = ["the identifier of the township", "its name"]
SECTORS = [
    ("INDUSTRY", "industry", "Industry"),
    ("BUILDINGS", "construction", "Buildings"),
    ("TRANSPORT", "transport", "Transport"),
    ("AGRICULTURE", "agriculture", "Agriculture"),
    ("WASTE", "waste", "Waste"),
    ("SINK", "sink", "Carbon sink (positive)"),
]


#: Files that may hold a yearbook.
BOOKS = (".xlsx", ".xls", ".ods", ".csv", ".txt")
#: Sectors that a yearbook may lack on purpose.
WITHOUT = [(key, title) for _, key, title in SECTORS if key != "sink"]


def is_polygons(source):
    """True if the features are areas."""
    return QgsWkbTypes.geometryType(source.wkbType()) == QgsWkbTypes.PolygonGeometry


class NewCity(Run):
    """Writes a pipeline file and may run it."""

    NAME = "newcity"
    TITLE = "New city from layers"
    HELP = (
        "Writes the pipeline file of a city from layers that are open in QGIS, and runs it. Needed: parcels with land-use "
        "codes or a land-cover raster, townships with population and GDP (or a table of them), and sector totals or a yearbook "
        "with activity data, from which the totals are computed. Points of interest, people and roads make the placement "
        "better. Layers in memory, with a filter, with joins, of a selection or in degrees are written to layers.gpkg beside "
        "the pipeline file; others are read where they are. Empty totals are left out."
    )

    def initAlgorithm(self, config=None):
        self.parcel_parameters()
        self.zone_parameters()
        for name, _, title in SECTORS:
            self.number(name, "{0}: {1}".format(tr("Total"), tr(title)))
        self.choice("UNIT", "Unit of the totals", UNIT_NAMES)
        tables = "{0} ({1})".format(tr("Tables"), " ".join("*" + end for end in BOOKS))
        self.file("YEARBOOK", "Instead of totals: a yearbook with activity data (workbook or CSV)", tables)
        self.number("YEAR", tr("Year"), integer=True, default=2020, optional=False)
        self.addParameter(QgsProcessingParameterString("TITLE", tr("Name of the city"), tr("My city")))
        self.addParameter(QgsProcessingParameterFolderDestination("FOLDER", tr("Folder of the city")))
        self.addParameter(QgsProcessingParameterBoolean("RUN", tr("Run it now and load the layers"), True))
        self.placement_parameters()
        self.further_parameters()
        self.declare_outputs()
        self.addOutput(QgsProcessingOutputFile("PIPELINE", tr("Pipeline file")))

    def parcel_parameters(self):
        """Land-use parcels, or land cover."""
        self.layer("PARCELS", "Land-use parcels", POLYGONS, optional=True)
        self.field("LAND_USE", "Field with the land-use code", "PARCELS", optional=True)
        self.raster("LAND_COVER", "Instead of parcels: land cover as a raster")
        self.choice("SCHEME", "Scheme of the codes", SCHEME_NAMES)

    def zone_parameters(self):
        """Townships and their numbers."""
        self.layer("ZONES", "Townships (or counties)", POLYGONS)
        self.field("ZONE_ID", "Field with the identifier of a township", "ZONES")
        self.field("ZONE_NAME", "Field with its name", "ZONES", optional=True)
        self.field("ZONE_POPULATION", "Field with its population", "ZONES", optional=True, kind=NUMERIC)
        self.field("ZONE_GDP", "Field with its GDP", "ZONES", optional=True, kind=NUMERIC)
        self.layer("STATS", "Table with population and GDP, if the layer has none", QgsProcessing.TypeVector, optional=True)
        self.field("STATS_KEY", "Field of the table that names the township", "STATS", optional=True)
        self.choice("STATS_ON", "This field holds", STATS_ON_NAMES)
        self.field("STATS_POPULATION", "Field of the table with population", "STATS", optional=True)
        self.field("STATS_GDP", "Field of the table with GDP", "STATS", optional=True)
        self.choice("PERSONS", "Unit of population", PERSONS_NAMES)
        self.choice("MONEY", "Unit of GDP", MONEY_NAMES)

    def placement_parameters(self):
        """What places totals on parcels."""
        self.layer("POI", "Points of interest", POINTS, optional=True)
        self.field("POI_TYPE", "Field with their type", "POI", optional=True)
        self.choice("POI_GROUPS", "Scheme of the types", POI_GROUP_NAMES)
        self.choice("POI_CRS", "Their coordinates are", POI_CRS_NAMES)
        self.layer("PEOPLE", "People (points or polygons)", QgsProcessing.TypeVectorAnyGeometry, optional=True)
        self.field("PEOPLE_FIELDS", "Fields with the number of people", "PEOPLE", optional=True, kind=NUMERIC, many=True)
        self.raster("PEOPLE_RASTER", "Instead: people as a raster, persons per pixel")
        self.layer("ROADS", "Roads", LINES, optional=True)
        self.field("ROAD_CLASS", "Field with the class of a road (OpenStreetMap)", "ROADS", optional=True)

    def further_parameters(self):
        """What has a good default."""
        codes = "CSV (*.csv)"
        self.file("OWN_SCHEME", "Own table of land-use codes: CSV with columns code, space_type", codes, advanced=True)
        self.field("PARCEL_ID", "Field with the identifier of a parcel", "PARCELS", optional=True, advanced=True)
        self.field("LAND_USE_NAME", "Field with the name of the land use", "PARCELS", optional=True, advanced=True)
        self.field("ZONE_DISTRICT", "Field with the district of a township", "ZONES", optional=True, advanced=True)
        self.choice("ZONE_KIND", "Kind of the zones", KIND_NAMES, advanced=True)
        crs = QgsProcessingParameterCrs("CRS", tr("Working CRS (default: that of the parcels, or by place)"), optional=True)
        self.advanced(crs)
        self.number("CELL", tr("Cell size of the grid in metres"), default=1000.0, optional=False, advanced=True)
        self.choice("ZONING", "Zoning scheme", ZONING_NAMES, advanced=True)
        self.choice("AXES", "Zones by", AXES_NAMES, advanced=True)
        unit = tr("Other unit of GDP: a power of ten and a currency, such as 1e6 EUR")
        self.advanced(QgsProcessingParameterString("GDP_UNIT", unit, "", optional=True))
        skip = tr("Leave out rows of the yearbook that are no activity, and tell them")
        self.advanced(QgsProcessingParameterBoolean("YEARBOOK_SKIP", skip, False))
        lacking = [tr(title) for _, title in WITHOUT]
        what = tr("Sectors that the yearbook lacks on purpose")
        self.advanced(QgsProcessingParameterEnum("WITHOUT", what, lacking, allowMultiple=True, optional=True))
        english = tr("Name of the city in English, if the maps are in English too")
        self.advanced(QgsProcessingParameterString("TITLE_EN", english, "", optional=True))
        of_qgis = pipeline.LANGUAGES.index(language())
        self.choice("LANGUAGE", "Language of maps and report", LANGUAGE_NAMES, advanced=True, default=of_qgis)
        self.advanced(QgsProcessingParameterBoolean("SYNTHETIC", tr("Any layer is not real: say so everywhere"), False))
        self.advanced(QgsProcessingParameterString("SOURCE", tr("Source line below the maps"), "", optional=True))

    def advanced(self, parameter):
        """Adds a parameter to the folded part of the dialog."""
        parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
        self.addParameter(parameter)

    def layer(self, name, title, kind, optional=False):
        """A layer picker."""
        self.addParameter(QgsProcessingParameterFeatureSource(name, tr(title), [kind], optional=optional))

    def field(self, name, title, parent, optional=False, kind=QgsProcessingParameterField.Any, many=False, advanced=False):
        """A field picker; a field with the usual name is chosen at once."""
        made = QgsProcessingParameterField(
            name, tr(title), USUAL.get(name), parent, type=kind, allowMultiple=many, optional=optional
        )
        self.advanced(made) if advanced else self.addParameter(made)

    def raster(self, name, title):
        """A raster picker."""
        self.addParameter(QgsProcessingParameterRasterLayer(name, tr(title), optional=True))

    def file(self, name, title, kinds, advanced=False):
        """A file picker."""
        made = QgsProcessingParameterFile(name, tr(title), optional=True, fileFilter=kinds)
        self.advanced(made) if advanced else self.addParameter(made)

    def choice(self, name, title, options, advanced=False, default=0):
        """One of several."""
        made = QgsProcessingParameterEnum(name, tr(title), [tr(o) for o in options], defaultValue=default)
        self.advanced(made) if advanced else self.addParameter(made)

    def number(self, name, title, integer=False, default=None, optional=True, advanced=False):
        """A number that is not negative."""
        kind = QgsProcessingParameterNumber.Integer if integer else QgsProcessingParameterNumber.Double
        made = QgsProcessingParameterNumber(name, title, kind, default, optional, minValue=0)
        self.advanced(made) if advanced else self.addParameter(made)

    def checkParameterValues(self, parameters, context):
        book = str(parameters.get("YEARBOOK") or "")
        if book and not book.lower().endswith(BOOKS):
            return False, tr("{0} is no table: a yearbook is a workbook (xlsx, xls, ods) or a CSV file.").format(book)
        if book and not os.path.isfile(book):
            return False, tr("{0} is not there.").format(book)
        ok, message = super().checkParameterValues(parameters, context)
        if ok:
            message = self.missing(parameters, context)
        return not message, message

    def missing(self, parameters, context):
        """What the dialog still needs, in words; empty if nothing."""
        given = lambda name: self.field_name(parameters, name, context)  # noqa: E731
        wanted = self.missing_land(parameters, context) or self.missing_totals(parameters, context)
        if wanted:
            return wanted
        if not (given("ZONE_GDP") or given("STATS_GDP") or self.axes(parameters, context) == "ecological"):
            return tr(
                "Name the field with the GDP of a township, in its layer or in the table: zones need it. Without GDP choose "
                "“Zones by: Carbon sinks alone” under Advanced Parameters."
            )
        if parameters.get("PEOPLE") and parameters.get("PEOPLE_RASTER"):
            return tr("Give people as points or polygons, or as a raster, not both.")
        by_name = parameters.get("STATS") and self.parameterAsEnum(parameters, "STATS_ON", context) == 1
        if by_name and not given("ZONE_NAME"):
            return tr("Name the field: {0}").format(self.parameterDefinition("ZONE_NAME").description())
        for layer, field in [("POI", "POI_TYPE"), ("STATS", "STATS_KEY")]:
            if parameters.get(layer) and not given(field):
                return tr("Name the field: {0}").format(self.parameterDefinition(field).description())
        if parameters.get("PEOPLE") and not self.parameterAsFields(parameters, "PEOPLE_FIELDS", context):
            return tr("Name the field: {0}").format(self.parameterDefinition("PEOPLE_FIELDS").description())
        return ""

    def missing_land(self, parameters, context):
        """What the land still needs."""
        cover, own = parameters.get("LAND_COVER"), self.parameterAsString(parameters, "OWN_SCHEME", context)
        if not cover and not parameters.get("PARCELS"):
            return tr("Choose the layer of land-use parcels, or a land-cover raster instead.")
        if cover and parameters.get("PARCELS"):
            return tr("Give land-use parcels or a land-cover raster, not both.")
        if not cover and not self.field_name(parameters, "LAND_USE", context):
            return tr("Name the field: {0}").format(self.parameterDefinition("LAND_USE").description())
        scheme = pipeline.SCHEMES[self.parameterAsEnum(parameters, "SCHEME", context)]
        if cover and not own and scheme not in pipeline.RASTER_SCHEMES:
            return tr(
                "Say what the values of the land-cover raster mean: choose ESA WorldCover, CLCD, CORINE or EULUC-China under "
                "“Scheme of the codes”, or give your own table of codes under Advanced Parameters."
            )
        return ""

    def missing_totals(self, parameters, context):
        """What the totals still need."""
        totals = self.totals(parameters, context)
        if self.parameterAsString(parameters, "YEARBOOK", context):
            return tr("Give sector totals or a yearbook, not both.") if totals else ""
        if not set(totals) - {"sink"}:
            return tr("Give at least one sector total, or a yearbook.")
        if "sink" not in totals and self.axes(parameters, context) != "economic":
            return tr(
                "Give the carbon sink too: without it no township gets a zone. For a city without sinks choose "
                "“Zones by: GDP alone” under Advanced Parameters."
            )
        return ""

    def axes(self, parameters, context):
        """Which indices decide the zone."""
        return pipeline.AXES[self.parameterAsEnum(parameters, "AXES", context)]

    def field_name(self, parameters, name, context):
        """A field as chosen; the usual name only if the layer has it."""
        chosen = self.parameterAsString(parameters, name, context)
        if not chosen or parameters.get(name):
            return chosen or None
        parent = PARENTS.get(name) or {"LAND": "PARCELS", "ZONE": "ZONES"}.get(name.split("_")[0], name.split("_")[0])
        source = self.parameterAsSource(parameters, parent, context)
        absent = source is None or source.fields().lookupField(chosen) < 0
        return None if absent or (name in parameters and parameters[name] is None) else chosen

    def totals(self, parameters, context):
        """Totals that are given, by sector."""
        given = lambda name: parameters.get(name) not in (None, "")  # noqa: E731
        return {key: self.parameterAsDouble(parameters, name, context) for name, key, _ in SECTORS if given(name)}

    def processAlgorithm(self, parameters, context, feedback):
        folder = self.parameterAsString(parameters, "FOLDER", context)
        try:
            path = self.write_pipeline(parameters, context, feedback, folder)
        except ValueError as error:
            raise QgsProcessingException(str(error)) from error
        except OSError as error:
            told = tr("{0} cannot be read or written: {1}").format(error.filename or folder, error.strerror or error)
            raise QgsProcessingException(told) from error
        feedback.pushInfo(tr("The pipeline file: {0}").format(path))
        results = {"PIPELINE": path}
        if self.parameterAsBoolean(parameters, "RUN", context):
            results.update(self.run_pipeline(path, "", [], True, feedback))
        return results

    def write_pipeline(self, parameters, context, feedback, folder):
        """Writes the pipeline file and what it needs; gives its path."""
        os.makedirs(folder, exist_ok=True)
        city = self.city(parameters, context, feedback, folder)
        if city.yearbook:
            city.yearbook.budgets = self.budgets(city, folder, feedback)
        text = pipeline.write(city, folder)
        path = os.path.join(folder, "pipeline.toml")
        kept = keep_earlier(path, text)
        if kept:
            feedback.pushWarning(tr("The pipeline file that was there is kept as {0}").format(kept))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def budgets(self, city, folder, feedback):
        """(sector, land group) of the totals that the engine computes from the yearbook."""
        draft, export = os.path.join(folder, "draft.toml"), os.path.join(folder, "draft.json")
        try:
            with open(draft, "w", encoding="utf-8") as file:
                file.write(pipeline.write(city, folder))
            self.engine(["inventory", draft, "--export", export, "--progress", "json"], feedback, folder)
            with open(export, encoding="utf-8") as file:
                found = json.load(file)["budgets"]
        finally:
            for path in (draft, export):
                if os.path.exists(path):
                    os.remove(path)
        feedback.pushInfo(tr("Totals computed from {0}:").format(city.yearbook.path))
        for budget in found:
            amount = "{0:,.0f} t CO2e".format(budget["amount_t"])
            feedback.pushInfo("  {0}: {1}".format(pipeline.budget_words(budget["sector"], budget["land_group"]), amount))
        return [(budget["sector"], budget["land_group"]) for budget in found]

    def city(self, parameters, context, feedback, folder):
        """What the dialog asked for; layers that are no plain files are written out."""
        text = lambda name: self.parameterAsString(parameters, name, context) or None  # noqa: E731
        pick = lambda name, options: options[self.parameterAsEnum(parameters, name, context)]  # noqa: E731
        writer, cover = Writer(folder, context, feedback), bool(parameters.get("LAND_COVER"))
        title = text("TITLE") or tr("My city")
        crs = self.parameterAsCrs(parameters, "CRS", context)
        crs = crs if crs.isValid() else working_crs(self.source(parameters, "ZONES" if cover else "PARCELS", context))
        year = self.parameterAsInt(parameters, "YEAR", context)
        city = pipeline.City(pipeline.name_of(title), year, crs.authid() or crs.toWkt())
        city.title_en, city.title_zh = text("TITLE_EN") or title, title
        city.synthetic = self.parameterAsBoolean(parameters, "SYNTHETIC", context)
        city.source = text("SOURCE") or ""
        field = lambda name: self.field_name(parameters, name, context)  # noqa: E731
        city.land_use, city.parcel_id, city.land_use_name = field("LAND_USE"), field("PARCEL_ID"), field("LAND_USE_NAME")
        city.zone_id, city.zone_name, city.zone_district = field("ZONE_ID"), field("ZONE_NAME"), field("ZONE_DISTRICT")
        city.poi_type, city.road_class = field("POI_TYPE"), field("ROAD_CLASS")
        city.scheme, city.land_cover = pick("SCHEME", pipeline.SCHEMES), cover
        city.own_scheme = pipeline.OwnScheme(text("OWN_SCHEME")) if text("OWN_SCHEME") else None
        city.zone_kind = pick("ZONE_KIND", pipeline.ZONE_KINDS)
        city.poi_groups = pick("POI_GROUPS", POI_GROUPS)
        city.unit, city.zoning = pick("UNIT", pipeline.UNITS), pick("ZONING", pipeline.ZONINGS)
        city.language = pick("LANGUAGE", pipeline.LANGUAGES)
        city.axes, city.gdp_unit = self.axes(parameters, context), text("GDP_UNIT")
        city.totals = self.totals(parameters, context)
        if text("YEARBOOK"):
            # Without a value QGIS answers with the first of the list.
            lacking = self.parameterAsEnums(parameters, "WITHOUT", context) if parameters.get("WITHOUT") else []
            without = [WITHOUT[i][0] for i in lacking]
            skip = self.parameterAsBoolean(parameters, "YEARBOOK_SKIP", context)
            city.yearbook = pipeline.Yearbook(os.path.abspath(text("YEARBOOK")), skip, without)
        city.cell_m = self.parameterAsDouble(parameters, "CELL", context)
        city.population_fields = self.parameterAsFields(parameters, "PEOPLE_FIELDS", context)
        put = lambda name, table, crs=None: self.put(parameters, name, context, writer, table, crs)  # noqa: E731
        file_of = lambda name: raster_source(self.parameterAsRasterLayer(parameters, name, context), name)  # noqa: E731
        city.parcels, city.zones = file_of("LAND_COVER") if cover else put("PARCELS", "parcels"), put("ZONES", "zones")
        city.poi, city.roads = put("POI", "poi", pick("POI_CRS", POI_CRS)), put("ROADS", "roads")
        city.population = put("PEOPLE", "people")
        if city.population and is_polygons(self.source(parameters, "PEOPLE", context)):
            city.population_kind = "polygons"
        if parameters.get("PEOPLE_RASTER"):
            city.population, city.population_kind = file_of("PEOPLE_RASTER"), "raster"
        city.tables = self.tables(parameters, context, writer, pick)
        return city

    def source(self, parameters, name, context):
        """Features of a layer; tells which one is missing."""
        source = self.parameterAsSource(parameters, name, context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, name))
        return source

    def put(self, parameters, name, context, writer, table, crs=None):
        """The source of a layer, None if it was not given."""
        if not parameters.get(name):
            return None
        layer = self.parameterAsVectorLayer(parameters, name, context)
        return writer.source(parameters[name], layer, self.source(parameters, name, context), table, crs)

    def tables(self, parameters, context, writer, pick):
        """Population and GDP as CSV, from the layer of the zones and from the table."""
        text = lambda name: self.field_name(parameters, name, context)  # noqa: E731
        units = {"persons": pick("PERSONS", PERSONS), "gdp_1e4cny": pick("MONEY", MONEY)}
        columns = {"population": text("STATS_POPULATION"), "gdp": text("STATS_GDP")}
        of_table = {k: f for k, f in columns.items() if f} if parameters.get("STATS") else {}
        columns = {"population": text("ZONE_POPULATION"), "gdp": text("ZONE_GDP")}
        of_zones = {k: f for k, f in columns.items() if f and k not in of_table}
        out = []
        for name, key, columns, file, on in [
            ("ZONES", "ZONE_ID", of_zones, "zone_numbers.csv", "id"),
            ("STATS", "STATS_KEY", of_table, "table_numbers.csv", pick("STATS_ON", STATS_ON)),
        ]:
            if columns:
                path = writer.table(self.source(parameters, name, context), text(key), columns, file)
                there = {k: k for k in columns}
                out.append(pipeline.Table(path, there.get("population"), there.get("gdp"), on=on, **units))
        return out


def keep_earlier(path, text):
    """Renames a pipeline file of other text, which somebody may have edited; gives its new name."""
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8", errors="replace") as file:
        if file.read() == text:
            return None
    stem, number = path[: -len(".toml")] + ".earlier", 1
    kept = stem + ".toml"
    while os.path.exists(kept):
        number += 1
        kept = "{0}-{1}.toml".format(stem, number)
    os.replace(path, kept)
    return kept
