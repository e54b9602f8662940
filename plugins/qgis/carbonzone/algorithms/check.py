"""Check: the findings of a pipeline file as a layer with the features they name, and as a page."""

import os
import re

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFileDestination,
    QgsProject,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from ..pages import findings_page
from ..pipeline_layers import layers_of
from ..strings import said, tr
from .base import Base, PipelineFile, write_html

TEXTS = ["severity", "code", "layer", "file", "feature", "field", "value", "message", "expected", "hint"]
#: Radius of the mark around a point or line, metres.
MARK_M = 50.0


class Check(Base):
    """Reads and computes as a run does, writes nothing."""

    NAME = "check"
    TITLE = "Check"
    HELP = (
        "Reads every layer of a pipeline file and computes as a run does, but writes nothing. All findings come back at once: "
        "as a page, and as a layer with the features that they name (points and lines as marks around them; findings about "
        "no feature have no geometry)."
    )

    def initAlgorithm(self, config=None):
        self.addParameter(PipelineFile("PIPELINE", tr("Pipeline file")))
        self.addParameter(QgsProcessingParameterBoolean("STRICT", tr("Warnings are errors"), False))
        self.addParameter(
            QgsProcessingParameterFeatureSink("FINDINGS", tr("Findings"), QgsProcessing.TypeVectorPolygon, optional=True)
        )
        self.addParameter(QgsProcessingParameterFileDestination("HTML", tr("Findings as a page"), "HTML (*.html)"))
        for name, title in [("ERRORS", "Errors"), ("WARNINGS", "Warnings"), ("NOTES", "Notes")]:
            self.addOutput(QgsProcessingOutputNumber(name, tr(title)))

    def processAlgorithm(self, parameters, context, feedback):
        pipeline = os.path.abspath(self.parameterAsFile(parameters, "PIPELINE", context))
        arguments = ["check", pipeline, "--format", "json", "--progress", "json"]
        if self.parameterAsBoolean(parameters, "STRICT", context):
            arguments.append("--strict")
        outcome = self.engine(arguments, feedback, os.path.dirname(pipeline), accept=(0, 1, 2))
        findings = outcome.findings
        html = self.parameterAsFileOutput(parameters, "HTML", context)
        write_html(html, findings_page(findings, pipeline))
        results = {"HTML": html}
        of = lambda *names: sum(f["severity"] in names for f in findings)  # noqa: E731
        results.update(ERRORS=of("error", "fatal"), WARNINGS=of("warning"), NOTES=of("info"))
        layers, crs = layers_of(pipeline)
        crs = QgsCoordinateReferenceSystem(crs)
        crs = crs if crs.isValid() else QgsCoordinateReferenceSystem("EPSG:4326")
        sink, name = self.parameterAsSink(parameters, "FINDINGS", context, fields(), QgsWkbTypes.MultiPolygon, crs)
        if sink is not None:
            finder = Finder(layers, crs)
            for finding in findings:
                sink.addFeature(feature_of(finding, finder), QgsFeatureSink.FastInsert)
            results["FINDINGS"] = name
        counts = [results[k] for k in ("ERRORS", "WARNINGS", "NOTES")]
        feedback.pushInfo(tr("{0} errors, {1} warnings, {2} notes").format(*counts))
        return results


def fields():
    """Fields of the findings."""
    out = QgsFields()
    for name in TEXTS + ["shape"]:
        out.append(QgsField(name, QVariant.String))
    out.append(QgsField("count", QVariant.LongLong))
    out.append(QgsField("amount_t", QVariant.Double))
    return out


def feature_of(finding, finder):
    """A finding as a feature."""
    shape, geometry = finder.find(finding)
    feature = QgsFeature(fields())
    values = [said(finding, k) for k in TEXTS]
    feature.setAttributes(values + [shape, finding.get("count"), finding.get("amount_t")])
    if geometry is not None:
        feature.setGeometry(geometry)
    return feature


def names_in(text):
    """Features that a finding names: `a, b and 3 more` without the end."""
    text = re.sub(r" and \d+ more$", "", text)
    return [part.strip() for part in text.split(",") if part.strip()]


class Finder:
    """Finds the features of findings in the layers of the pipeline file."""

    def __init__(self, layers, crs):
        self.layers, self.crs, self.open = layers, crs, {}

    def layer(self, role):
        """(layer, id field) of a role; None if it is no layer QGIS reads."""
        if role not in self.open and role in self.layers:
            path, name, key, crs = self.layers[role]
            layer = QgsVectorLayer("{0}|layername={1}".format(path, name) if name else path, role, "ogr")
            given = QgsCoordinateReferenceSystem(crs or "")
            if given.isValid():
                layer.setCrs(given)
            self.open[role] = (layer, key) if layer.isValid() and layer.isSpatial() else None
        return self.open.get(role)

    def find(self, finding):
        """("feature" | "around" | "none", geometry) of the features that a finding names."""
        found = self.layer(finding.get("layer"))
        names = names_in(finding.get("feature") or "")
        if not found or not names:
            return "none", None
        layer, key = found
        geometries = [g for g in (self.geometry(layer, key, name) for name in names) if g is not None]
        if not geometries:
            return "none", None
        areas = layer.geometryType() == QgsWkbTypes.PolygonGeometry
        if not areas:
            geometries = [g.buffer(MARK_M if not self.crs.isGeographic() else MARK_M / 1e5, 12) for g in geometries]
        whole = QgsGeometry.collectGeometry(geometries)
        whole.convertToMultiType()
        return "feature" if areas else "around", whole

    def geometry(self, layer, key, name):
        """The geometry of a feature by its id, else by its number in the file, in the CRS of the findings."""
        feature = None
        if key and layer.fields().lookupField(key) >= 0:
            quoted = name.replace("'", "''")
            expression = "to_string(\"{0}\") = '{1}'".format(key, quoted)
            feature = next(layer.getFeatures(expression), None)
        number = re.search(r"(\d+)$", name)
        if feature is None and number and (not key or re.match(r"(fid|row|feature|#)\s*\d+$", name)):
            feature = next((f for f in [layer.getFeature(int(number.group(1)))] if f.isValid()), None)
        if feature is None or not feature.hasGeometry():
            return None
        geometry = QgsGeometry(feature.geometry())
        if layer.crs().isValid() and layer.crs() != self.crs:
            geometry.transform(QgsCoordinateTransform(layer.crs(), self.crs, QgsProject.instance()))
        parts = [g for g in geometry.asGeometryCollection() if g.type() == layer.geometryType()]
        return QgsGeometry.collectGeometry(parts) if parts else geometry
