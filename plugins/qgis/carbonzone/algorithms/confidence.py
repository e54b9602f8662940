"""Confidence: how sure the class of every township is, from the columns of a finished run."""

import os

from qgis.core import (
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterBoolean,
    QgsVectorLayer,
)

from ..strings import tr
from ..styling import LEVELS, style_confidence
from .base import Base, RunFolder, run_folder
from .compare import zones_of


class Confidence(Base):
    """The zones in the colours of their confidence."""

    NAME = "confidence"
    TITLE = "Confidence of the zones"
    HELP = (
        "Shows how sure the class of every township is, what the chance of each class is, and which input decides: columns "
        "zone_confidence, p_* and confidence_driver of a run whose pipeline file has [uncertainty]."
    )

    def __init__(self):
        super().__init__()
        self.wanted = None

    def initAlgorithm(self, config=None):
        self.addParameter(RunFolder("RUN_DIR", tr("Folder of a run")))
        self.addParameter(QgsProcessingParameterBoolean("LOAD", tr("Load the layer into the project"), True))
        self.addOutput(QgsProcessingOutputVectorLayer("ZONES", tr("Zones")))
        for name, title in [("SAFE", "Sure"), ("LIKELY", "Likely"), ("UNSURE", "Unsure")]:
            self.addOutput(QgsProcessingOutputNumber(name, tr(title)))

    def processAlgorithm(self, parameters, context, feedback):
        run_dir = run_folder(self.parameterAsString(parameters, "RUN_DIR", context))
        listed = self.answer(["layers", run_dir, "--format", "json"], feedback)
        zones = zones_of(run_dir, listed)
        if zones.fields().lookupField("zone_confidence") < 0:
            raise QgsProcessingException(
                tr(
                    "this run does not say how sure its zones are: add a section [uncertainty] to its pipeline file and run "
                    "again"
                )
            )
        counts = [0] * len(LEVELS)
        for feature in zones.getFeatures():
            value = feature["zone_confidence"]
            counts[next(i for i, level in enumerate(LEVELS) if value >= level.least)] += 1
        if self.parameterAsBoolean(parameters, "LOAD", context):
            self.wanted = zones.source()
        return {"ZONES": zones.source(), "SAFE": counts[0], "LIKELY": counts[1], "UNSURE": counts[2]}

    def postProcessAlgorithm(self, context, feedback):
        if self.wanted and context.project():
            name = tr("Confidence of the zones") + " (" + os.path.basename(self.wanted.split("|")[0]) + ")"
            layer = QgsVectorLayer(self.wanted, name, "ogr")
            style_confidence(layer)
            context.project().addMapLayer(layer)
        return {}
