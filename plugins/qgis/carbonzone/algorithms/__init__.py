"""What stands in the Processing toolbox under carbonzone."""

from .check import Check
from .compare import Compare
from .confidence import Confidence
from .explain import Explain
from .install_engine import InstallEngine
from .new_city import NewCity
from .run import Run
from .scenario import Scenario

ALGORITHMS = [NewCity, Check, Run, Explain, Compare, Confidence, Scenario, InstallEngine]
