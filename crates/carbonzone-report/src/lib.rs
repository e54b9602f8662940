//! Style model, figures, QGIS project and report of a run.
