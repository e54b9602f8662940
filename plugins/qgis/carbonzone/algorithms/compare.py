"""Compare: the differences of two runs, township by township."""

import csv
import os
import tempfile

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingUtils,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from ..pages import text_page
from ..strings import tr
from ..styling import style_difference
from .base import Base, RunFolder, run_folder, write_html

TEXTS = {"unit_id", "name", "zone_a", "zone_b", "zone_changed"}


class Compare(Base):
    """Two runs, or two years of one."""

    NAME = "compare"
    TITLE = "Compare two runs"
    HELP = (
        "Differences of two finished runs per township, as a layer that shows what net emission did, with the zone before and "
        "after; and as a page with the totals and who moved from which zone to which. Name the same folder twice and two "
        "years to compare years."
    )

    def __init__(self):
        super().__init__()
        self.sink = None

    def initAlgorithm(self, config=None):
        self.addParameter(RunFolder("RUN_A", tr("Folder of the first run (before)")))
        self.addParameter(RunFolder("RUN_B", tr("Folder of the second run (after)")))
        self.addParameter(QgsProcessingParameterNumber("YEAR_A", tr("Year of the first run, if it has several"), optional=True))
        self.addParameter(QgsProcessingParameterNumber("YEAR_B", tr("Year of the second run"), optional=True))
        self.addParameter(QgsProcessingParameterFeatureSink("DIFFERENCES", tr("Differences"), QgsProcessing.TypeVectorPolygon))
        self.addParameter(QgsProcessingParameterFileDestination("HTML", tr("Comparison as a page"), "HTML (*.html)"))
        self.addOutput(QgsProcessingOutputNumber("CHANGED", tr("Number of zones that changed class")))

    def processAlgorithm(self, parameters, context, feedback):
        a, b = (run_folder(self.parameterAsString(parameters, n, context)) for n in ("RUN_A", "RUN_B"))
        with tempfile.TemporaryDirectory() as folder:
            export = os.path.join(folder, "differences.csv")
            arguments = ["compare", a, b, "--export", export]
            given = [parameters.get(n) not in (None, "") for n in ("YEAR_A", "YEAR_B")]
            if all(given):
                arguments += ["--year-a", self.parameterAsInt(parameters, "YEAR_A", context)]
                arguments += ["--year-b", self.parameterAsInt(parameters, "YEAR_B", context)]
            outcome = self.engine(arguments, feedback)
            with open(export, encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
        if not rows:
            raise QgsProcessingException(tr("the two runs have no township in common"))
        html = self.parameterAsFileOutput(parameters, "HTML", context)
        write_html(html, text_page(tr("Comparison"), outcome.stdout))
        listed = self.answer(["layers", b, "--format", "json"], feedback)
        zones = zones_of(b, listed, self.parameterAsInt(parameters, "YEAR_B", context) if all(given) else None)
        columns = list(rows[0])
        sink, self.sink = self.parameterAsSink(
            parameters, "DIFFERENCES", context, fields_of(columns), QgsWkbTypes.MultiPolygon, zones.sourceCrs()
        )
        shapes = {str(f["unit_id"]): f.geometry() for f in zones.getFeatures()}
        for row in rows:
            feature = QgsFeature(fields_of(columns))
            feature.setAttributes([value_of(c, row[c]) for c in columns])
            geometry = shapes.get(row["unit_id"])
            if geometry is not None:
                feature.setGeometry(geometry)
            sink.addFeature(feature, QgsFeatureSink.FastInsert)
        changed = sum(row.get("zone_changed", "").lower() in ("true", "1") for row in rows)
        return {"DIFFERENCES": self.sink, "HTML": html, "CHANGED": changed}

    def postProcessAlgorithm(self, context, feedback):
        layer = QgsProcessingUtils.mapLayerFromString(self.sink, context) if self.sink else None
        if layer is not None:
            style_difference(layer)
        return {}


def zones_of(run_dir, listed, year=None):
    """The zone table of a run: of one year, the last one unless asked otherwise."""
    path = os.path.join(run_dir, listed["name"] + ".gpkg")
    source = "{0}|layername={1}".format(path, listed["zones_table"])
    year = year or (max(listed["years"]) if len(listed["years"]) > 1 else None)
    layer = QgsVectorLayer(source + ("|subset=\"year\" = {0}".format(year) if year else ""), "zones", "ogr")
    if not layer.isValid():
        raise QgsProcessingException(tr("{0} cannot be read").format(path))
    return layer


def fields_of(columns, texts=TEXTS):
    """Fields of the export."""
    out = QgsFields()
    for name in columns:
        out.append(QgsField(name, QVariant.String if name in texts else QVariant.Double))
    return out


def is_number(text):
    """True if a cell is a number, or empty."""
    try:
        float(text or 0)
    except ValueError:
        return False
    return True


def texts_of(rows, known):
    """Columns of text: those that are known, and all others in which not every value is a number."""
    return known | {column for row in rows for column, text in row.items() if not is_number(text)}


def value_of(column, text, texts=TEXTS):
    """A cell of the export."""
    if column in texts:
        return text
    return float(text) if text else None
