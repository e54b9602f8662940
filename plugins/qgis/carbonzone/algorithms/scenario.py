"""Scenario: what a plan would change, from the pipeline file of a city and assumptions in the dialog."""

import csv
import os

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterMatrix,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingUtils,
    QgsWkbTypes,
)

from .. import pipeline
from ..sources import Writer
from ..strings import tr
from ..styling import style_scenario
from .compare import fields_of, texts_of, value_of, zones_of
from .new_city import SCHEME_NAMES
from .run import Run

SECTORS = ["industry", "construction", "transport", "agriculture", "waste", "sink"]
#: Words of the table of a scenario; all else are numbers.
TEXTS = {"scenario", "unit_id", "name", "district", "zone_base", "zone", "changes", "assumes", "synthetic"}


def cells(values, columns, title):
    """Rows of a table of the dialog; empty ones are left out."""
    if len(values) % columns:
        raise QgsProcessingException(tr("{0}: a row is not complete").format(title))
    texts = ["" if v is None else str(v).strip() for v in values]
    found = [texts[i:i + columns] for i in range(0, len(texts), columns)]
    return [row for row in found if any(row)]


def percent(text, title):
    """A number of percent; empty is none."""
    try:
        return float(text.replace(",", ".").rstrip("%")) if text else 0.0
    except ValueError:
        raise QgsProcessingException(tr("{0}: \"{1}\" is no number of percent").format(title, text)) from None


class Scenario(Run):
    """A run of the pipeline with one more scenario; the pipeline file stays as it is."""

    NAME = "scenario"
    TITLE = "Scenario"
    HELP = (
        "Says what a plan would change: a layer of planned land use, or shares of land that change, and growth per year of "
        "what sectors do and of what they emit per unit. Land that stays keeps its tonnes; new land takes the tonnes per "
        "hectare of its kind in the base run. The pipeline file is not changed; scenarios that stand in it are computed too. "
        "Townships come with both zones and the change of emissions."
    )

    def __init__(self):
        super().__init__()
        self.sink = None

    def further_parameters(self):
        """The assumptions."""
        self.addParameter(QgsProcessingParameterString("TITLE", tr("Name of the scenario"), "Plan"))
        whole, real = QgsProcessingParameterNumber.Integer, QgsProcessingParameterNumber.Double
        self.addParameter(QgsProcessingParameterNumber("YEAR", tr("Year of the plan"), whole, 2035, minValue=1900))
        self.addParameter(QgsProcessingParameterString("SOURCE", tr("Where the assumptions come from")))
        kinds = [QgsProcessing.TypeVectorPolygon]
        self.addParameter(QgsProcessingParameterFeatureSource("PLAN", tr("Planned land use"), kinds, optional=True))
        self.addParameter(
            QgsProcessingParameterField("PLAN_LAND_USE", tr("Field with its land-use code"), None, "PLAN", optional=True)
        )
        schemes = [tr(name) for name in SCHEME_NAMES]
        self.addParameter(
            QgsProcessingParameterEnum("PLAN_SCHEME", tr("Scheme of its codes"), schemes, defaultValue=0, optional=True)
        )
        heads = [tr("From space type"), tr("To space type"), tr("Percent of the ground")]
        changes = QgsProcessingParameterMatrix("CONVERT", tr("Instead: land that changes"), 1, False, heads, optional=True)
        self.addParameter(changes)
        heads = [tr("Sector"), tr("Activity, % per year"), tr("Tonnes per activity, % per year")]
        rows = [value for sector in SECTORS for value in (sector, "0", "0")]
        paths = QgsProcessingParameterMatrix("PATHS", tr("Sectors"), len(SECTORS), False, heads, rows, optional=True)
        self.addParameter(paths)
        for name, title in [("GDP", "GDP, % per year"), ("POPULATION", "Population, % per year")]:
            self.addParameter(QgsProcessingParameterNumber(name, tr(title), real, 0.0, minValue=-50, maxValue=50))
        target = tr("Target: percent less gross emissions than in the base year")
        self.addParameter(QgsProcessingParameterNumber("TARGET", target, real, None, True, 0, 100))

    def initAlgorithm(self, config=None):
        super().initAlgorithm(config)
        sink = QgsProcessingParameterFeatureSink("SCENARIO", tr("Townships of the plan"), QgsProcessing.TypeVectorPolygon)
        self.addParameter(sink)
        self.addOutput(QgsProcessingOutputNumber("CHANGED", tr("Number of zones that changed class")))
        self.addOutput(QgsProcessingOutputNumber("GROSS_CHANGE_T", tr("Change of gross emissions, t CO2e")))

    def processAlgorithm(self, parameters, context, feedback):
        path = os.path.abspath(self.parameterAsFile(parameters, "PIPELINE", context))
        key = key_of(self.parameterAsString(parameters, "TITLE", context))
        value = self.assumptions(parameters, context, feedback, os.path.dirname(path), key)
        more = ["--set", "scenario.{0}={1}".format(key, value)]
        more += ["--overwrite"] if self.parameterAsBoolean(parameters, "OVERWRITE", context) else []
        more += ["--strict"] if self.parameterAsBoolean(parameters, "STRICT", context) else []
        load = self.parameterAsBoolean(parameters, "LOAD", context)
        done = self.run_pipeline(path, self.parameterAsString(parameters, "OUTPUT", context), more, load, feedback)
        rows = self.rows(done["RUN_DIR"], key)
        self.write_layer(parameters, context, feedback, done["RUN_DIR"], rows)
        changed = sum(row["changes"] == "true" for row in rows)
        change_t = sum(float(row["change_t"] or 0) for row in rows)
        return {**done, "SCENARIO": self.sink, "CHANGED": changed, "GROSS_CHANGE_T": change_t}

    def assumptions(self, parameters, context, feedback, folder, key):
        """The section of the scenario as an inline table."""
        title = self.parameterAsString(parameters, "TITLE", context)
        source = self.parameterAsString(parameters, "SOURCE", context).strip()
        if not source:
            raise QgsProcessingException(tr("Say where the assumptions come from: every table of the scenario names it."))
        parts = ["title_en = " + pipeline.text(title), "title_zh = " + pipeline.text(title)]
        parts += ["year = {0}".format(self.parameterAsInt(parameters, "YEAR", context)), "source = " + pipeline.text(source)]
        parts += self.land(parameters, context, feedback, folder, key)
        paths = cells(self.parameterAsMatrix(parameters, "PATHS", context), 3, tr("Sectors"))
        for column, name in [(1, "activity"), (2, "intensity")]:
            growth = [(row[0], percent(row[column], row[0])) for row in paths]
            grown = ", ".join("{0} = {1}".format(pipeline.text(s), growing(p)) for s, p in growth if p)
            parts += ["{0} = {{ {1} }}".format(name, grown)] if grown else []
        for name in ("GDP", "POPULATION"):
            growth = self.parameterAsDouble(parameters, name, context)
            parts += ["{0} = {1}".format(name.lower(), growing(growth))] if growth else []
        if parameters.get("TARGET") not in (None, ""):
            less = self.parameterAsDouble(parameters, "TARGET", context)
            parts.append("target = {{ reduction_pct = {0} }}".format(pipeline.number(less)))
        return "{ " + ", ".join(parts) + " }"

    def land(self, parameters, context, feedback, folder, key):
        """Planned land, or shares that change."""
        shares = cells(self.parameterAsMatrix(parameters, "CONVERT", context), 3, tr("Instead: land that changes"))
        if not parameters.get("PLAN"):
            for unknown in sorted({name for a, b, _ in shares for name in (a, b)} - pipeline.SPACE_TYPES):
                feedback.pushWarning(tr("{0} is a space type of no scheme of the plugin").format(unknown))
            rows = [
                "{{ from = {0}, to = {1}, share = {2} }}".format(
                    pipeline.text(a), pipeline.text(b), pipeline.number(percent(p, a) / 100.0)
                )
                for a, b, p in shares
            ]
            return ["convert = [" + ", ".join(rows) + "]"] if rows else []
        if shares:
            raise QgsProcessingException(tr("Give a layer of planned land use or land that changes, not both."))
        field = self.parameterAsString(parameters, "PLAN_LAND_USE", context)
        if not field:
            raise QgsProcessingException(tr("Name the field: {0}").format(tr("Field with its land-use code")))
        beside = os.path.join(folder, "scenario_" + key)
        os.makedirs(beside, exist_ok=True)
        layer = self.parameterAsVectorLayer(parameters, "PLAN", context)
        features = self.parameterAsSource(parameters, "PLAN", context)
        source = Writer(beside, context, feedback).source(parameters["PLAN"], layer, features, "plan")
        scheme = pipeline.SCHEMES[self.parameterAsEnum(parameters, "PLAN_SCHEME", context)]
        words = [source.toml(folder), "land_use = " + pipeline.text(field), "scheme = " + pipeline.text(scheme)]
        return ["parcels = { " + ", ".join(words) + " }"]

    def rows(self, run_dir, key):
        """Rows of the scenario."""
        with open(os.path.join(run_dir, "scenarios.csv"), encoding="utf-8-sig", newline="") as file:
            return [row for row in csv.DictReader(file) if row["scenario"] == key]

    def write_layer(self, parameters, context, feedback, run_dir, rows):
        """The townships with the numbers of the plan."""
        zones = zones_of(run_dir, self.answer(["layers", run_dir, "--format", "json"], feedback))
        shapes = {str(f["unit_id"]): f.geometry() for f in zones.getFeatures()}
        texts = texts_of(rows, TEXTS)
        fields = fields_of(list(rows[0]), texts)
        sink, self.sink = self.parameterAsSink(
            parameters, "SCENARIO", context, fields, QgsWkbTypes.MultiPolygon, zones.sourceCrs()
        )
        for row in rows:
            feature = QgsFeature(fields)
            feature.setAttributes([value_of(column, text, texts) for column, text in row.items()])
            if row["unit_id"] in shapes:
                feature.setGeometry(shapes[row["unit_id"]])
            sink.addFeature(feature, QgsFeatureSink.FastInsert)

    def postProcessAlgorithm(self, context, feedback):
        super().postProcessAlgorithm(context, feedback)
        layer = QgsProcessingUtils.mapLayerFromString(self.sink, context) if self.sink else None
        if layer is not None:
            style_scenario(layer)
        return {}


def key_of(title):
    """Name of a scenario in tables and files: small letters, digits and _."""
    plain = pipeline.name_of(title).lower().replace("-", "_")[:30]
    return "plan" if plain in ("base", pipeline.name_of("")) else plain


def growing(pct):
    """A path of the engine."""
    return "{{ growth_pct = {0} }}".format(pipeline.number(pct))
