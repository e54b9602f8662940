"""Run: the whole job, and its layers on the map."""

import os

from qgis.core import (
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFolderDestination,
)

from ..loading import load_run
from ..strings import tr
from .base import Base, PipelineFile


class Run(Base):
    """Runs a pipeline file and loads the styled layers as a group."""

    NAME = "run"
    TITLE = "Run"
    HELP = (
        "Does the whole job of a pipeline file: reads the layers, places the sector totals on parcels, sums them to grid "
        "and townships, zones, and writes layers, maps, QGIS project and report. The styled layers are loaded as a group."
    )

    def __init__(self):
        super().__init__()
        self.wanted = None

    def initAlgorithm(self, config=None):
        self.addParameter(PipelineFile("PIPELINE", tr("Pipeline file")))
        self.further_parameters()
        self.addParameter(
            QgsProcessingParameterFolderDestination(
                "OUTPUT", tr("Folder of the run (default: out, beside the pipeline file)"), optional=True, createByDefault=False
            )
        )
        self.addParameter(
            QgsProcessingParameterBoolean("OVERWRITE", tr("Put the results into a folder of another run"), False)
        )
        self.addParameter(QgsProcessingParameterBoolean("STRICT", tr("Warnings are errors"), False))
        self.addParameter(QgsProcessingParameterBoolean("LOAD", tr("Load the layers into the project"), True))
        self.declare_outputs()

    def further_parameters(self):
        """What stands between the pipeline file and the folder of the run."""

    def declare_outputs(self):
        """Outputs of a run."""
        self.addOutput(QgsProcessingOutputFolder("RUN_DIR", tr("Folder of the run")))
        self.addOutput(QgsProcessingOutputFile("PROJECT", tr("QGIS project")))
        self.addOutput(QgsProcessingOutputFile("REPORT", tr("Report")))
        self.addOutput(QgsProcessingOutputNumber("LAYERS", tr("Number of layers")))

    def processAlgorithm(self, parameters, context, feedback):
        pipeline = self.parameterAsFile(parameters, "PIPELINE", context)
        out = self.parameterAsString(parameters, "OUTPUT", context)
        more = []
        if self.parameterAsBoolean(parameters, "OVERWRITE", context):
            more.append("--overwrite")
        if self.parameterAsBoolean(parameters, "STRICT", context):
            more.append("--strict")
        load = self.parameterAsBoolean(parameters, "LOAD", context)
        return self.run_pipeline(pipeline, out, more, load, feedback)

    def run_pipeline(self, pipeline, out, more, load, feedback):
        """Runs the engine and keeps what is to be loaded."""
        folder = os.path.dirname(os.path.abspath(pipeline))
        arguments = ["run", os.path.abspath(pipeline), "--progress", "json", "--no-summary"] + more
        if out:
            arguments += ["--out", os.path.abspath(out)]
        outcome = self.engine(arguments, feedback, folder)
        run_dir = os.path.join(folder, outcome.layers[0]["run_dir"])
        listed = self.answer(["layers", run_dir, "--format", "json"], feedback)
        self.wanted = (run_dir, listed) if load else None
        there = {key: os.path.join(run_dir, listed[key]) for key in ("project", "report") if listed[key]}
        return {
            "RUN_DIR": run_dir,
            "PROJECT": there.get("project"),
            "REPORT": there.get("report"),
            "LAYERS": len(listed["layers"]),
        }

    def postProcessAlgorithm(self, context, feedback):
        """In the main thread: layers may be added to the project."""
        if self.wanted and context.project():
            load_run(self.wanted[0], self.wanted[1], context.project())
        return {}
