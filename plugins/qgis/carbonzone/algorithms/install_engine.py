"""Install engine from a file."""

from qgis.core import (
    QgsProcessingException,
    QgsProcessingOutputFile,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsProcessingParameterString,
    QgsSettings,
)

from .. import engine
from ..install import install
from ..strings import tr
from .base import Base, profile


class InstallEngine(Base):
    """Unpacks the engine into the user profile."""

    NAME = "installengine"
    TITLE = "Install engine from a file"
    HELP = (
        "Takes the engine out of a wheel (.whl) or zip that you downloaded, checks its SHA-256, and keeps it in your "
        "user profile. Nothing is downloaded and nothing is imported into QGIS."
    )

    def initAlgorithm(self, config=None):
        archive = QgsProcessingParameterFile("FILE", tr("Wheel or zip with the engine"), fileFilter="carbonzone (*.whl *.zip)")
        self.addParameter(archive)
        self.addParameter(QgsProcessingParameterString("SHA256", tr("SHA-256 of the file")))
        self.addOutput(QgsProcessingOutputFile("ENGINE", tr("Engine")))
        self.addOutput(QgsProcessingOutputString("VERSION", tr("Version")))

    def processAlgorithm(self, parameters, context, feedback):
        archive = self.parameterAsFile(parameters, "FILE", context)
        try:
            program, version = install(archive, self.parameterAsString(parameters, "SHA256", context), profile())
        except engine.EngineError as error:
            raise QgsProcessingException(str(error)) from error
        # The installed engine is used from now on, unless another one is chosen again.
        QgsSettings().remove(engine.SETTING)
        feedback.pushInfo(tr("carbonzone {0} is installed: {1}").format(engine.dotted(version), program))
        return {"ENGINE": program, "VERSION": engine.dotted(version)}
