"""Explain: where the tonnes of a township, parcel or cell come from, as a page."""

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..pages import fact_sheet
from ..strings import tr
from .base import Base, RunFolder, run_folder, write_html

UNITS = ["township", "parcel", "cell"]
UNIT_NAMES = ["Township (or county)", "Parcel", "Grid cell (column,row)"]


def explain_arguments(run_dir, unit, key, year=None):
    """Arguments of the engine."""
    more = ["--year", str(year)] if year else []
    return ["explain", run_dir, "--" + unit, key, "--format", "json"] + more


class Explain(Base):
    """The fact sheet of a unit."""

    NAME = "explain"
    TITLE = "Explain a township"
    HELP = (
        "Says where the tonnes of a township, a parcel or a grid cell come from: sector, budget, proxy, weight, share, the "
        "largest parcels, and how the township stands beside the city."
    )

    def initAlgorithm(self, config=None):
        self.addParameter(RunFolder("RUN_DIR", tr("Folder of a run")))
        self.addParameter(QgsProcessingParameterEnum("UNIT", tr("Which unit"), [tr(n) for n in UNIT_NAMES], defaultValue=0))
        self.addParameter(QgsProcessingParameterString("ID", tr("Its identifier or name")))
        year = QgsProcessingParameterNumber("YEAR", tr("Year, if the run has several"), optional=True)
        self.addParameter(year)
        self.addParameter(QgsProcessingParameterFileDestination("HTML", tr("Fact sheet"), "HTML (*.html)"))
        for name, title in [("GROSS_T", "Gross t CO2e"), ("SINK_T", "Sink t CO2e"), ("NET_T", "Net t CO2e")]:
            self.addOutput(QgsProcessingOutputNumber(name, tr(title)))

    def processAlgorithm(self, parameters, context, feedback):
        run_dir = run_folder(self.parameterAsString(parameters, "RUN_DIR", context))
        unit = UNITS[self.parameterAsEnum(parameters, "UNIT", context)]
        year = self.parameterAsInt(parameters, "YEAR", context) if parameters.get("YEAR") not in (None, "") else None
        key = self.parameterAsString(parameters, "ID", context)
        explanation = self.answer(explain_arguments(run_dir, unit, key, year), feedback)
        path = self.parameterAsFileOutput(parameters, "HTML", context)
        write_html(path, fact_sheet(explanation))
        numbers = {name.upper(): explanation[name] for name in ("gross_t", "sink_t", "net_t")}
        return {"HTML": path, **numbers}
