"""The provider of the Processing toolbox."""

import os

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .algorithms import ALGORITHMS


class Provider(QgsProcessingProvider):
    """carbonzone in the toolbox. It needs no engine to be listed."""

    def loadAlgorithms(self):
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())

    def id(self):
        return "carbonzone"

    def name(self):
        return "carbonzone"

    def icon(self):
        return QIcon(os.path.join(os.path.dirname(__file__), "icon.svg"))
