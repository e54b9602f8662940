//! `[statistics]`: clusters and hot spots, centre and spread, inequality, what made emissions change; for every study.

mod change;
pub mod clusters;
pub mod config;
mod figures;
mod output;
mod report;
mod spread;
pub mod subject;

pub use config::StatisticsConfig;
pub use report::state;

use crate::load::Notes;
use carbonzone_report::Label;
use carbonzone_types::statistics::{ClusterCount, StatisticsRecord};
use carbonzone_types::{AttributeTable, MoneyUnit, Progress, Statement};
use change::Change;
use clusters::Clusters;
use spread::{Centre, Unequal};
use std::ops::Range;
use subject::Subject;

/// Statistics of a run.
pub struct Statistics {
    config: StatisticsConfig,
    /// Layer and names of the units.
    layer: String,
    ids: Vec<String>,
    names: Vec<String>,
    shown: Vec<Label>,
    gdp_unit: MoneyUnit,
    /// Years, ascending, with the clusters of the units.
    years: Vec<(i32, Clusters)>,
    /// Layer and clusters of the cells in the last year.
    cells: Option<(String, Clusters)>,
    /// True: centres are those of cells.
    by_cell: bool,
    centres: Vec<Centre>,
    unequal: Vec<Unequal>,
    changes: Vec<Change>,
}

impl Statistics {
    /// Computes everything.
    pub fn compute(
        config: &StatisticsConfig,
        subject: &Subject<'_>,
        notes: &mut Notes,
        progress: &dyn Progress,
    ) -> Self {
        progress.begin("statistics", None);
        let of_units = clusters::of_units(config, subject, notes);
        let last = subject.years.last().map_or(0, |y| y.year);
        let cells = subject.cells.as_ref().filter(|_| config.grid);
        let cells = cells.and_then(|c| Some((c.layer.clone(), clusters::of_cells(config, c, last, notes)?)));
        let changes = change::changes(subject);
        notes.findings.items.extend(changes.iter().filter_map(change::defect));
        let out = Self {
            gdp_unit: subject.gdp_unit.clone(),
            config: config.clone(),
            layer: subject.layer.to_owned(),
            ids: subject.ids.to_vec(),
            names: subject.names.to_vec(),
            shown: subject.shown.clone(),
            years: subject.years.iter().map(|y| y.year).zip(of_units).collect(),
            cells,
            by_cell: subject.places.cells,
            centres: spread::centres(&subject.places),
            unequal: spread::inequalities(subject),
            changes,
        };
        progress.end();
        out
    }

    /// Appends the columns of the units in a year, by its position.
    pub fn append_units(&self, table: &mut AttributeTable, year: usize) {
        if let Some((_, found)) = self.years.get(year).filter(|_| self.has_clusters()) {
            clusters::append(table, &[(found, 0..self.ids.len())]);
        }
    }

    /// Appends the columns of the units in all years, one after the other.
    pub fn append_all_years(&self, table: &mut AttributeTable) {
        if self.has_clusters() {
            let years: Vec<_> = self.years.iter().map(|(_, found)| (found, 0..self.ids.len())).collect();
            clusters::append(table, &years);
        }
    }

    fn has_clusters(&self) -> bool {
        self.years.iter().any(|(_, found)| found.global.is_some())
    }

    /// Appends the columns of some cells.
    pub fn append_cells(&self, table: &mut AttributeTable, rows: Range<usize>) {
        if let Some((_, found)) = &self.cells {
            clusters::append(table, &[(found, rows)]);
        }
    }

    pub fn of_cells(&self) -> Option<&Clusters> {
        self.cells.as_ref().map(|(_, clusters)| clusters)
    }

    /// Every layer with its year and clusters.
    fn layers(&self) -> impl Iterator<Item = (&str, i32, &Clusters)> {
        let last = self.years.last().map_or(0, |(year, _)| *year);
        let drawn = self.years.iter().filter(|(_, c)| c.global.is_some());
        let layer = self.layer.as_str();
        let units = drawn.map(move |(y, c)| (layer, *y, c));
        units.chain(self.cells.iter().map(move |(layer, c)| (layer.as_str(), last, c)))
    }

    /// What `run.json` keeps.
    pub fn record(&self) -> StatisticsRecord {
        let config = &self.config;
        let mut counts = Vec::new();
        for (layer, year, clusters) in self.layers() {
            for (field, values) in [("cluster", clusters.cluster()), ("hot_spot", clusters.hot_spot())] {
                let mut classes: Vec<&str> = values.iter().flatten().copied().collect();
                classes.sort_unstable();
                counts.extend(classes.chunk_by(|a, b| a == b).map(|same| ClusterCount {
                    layer: layer.to_owned(),
                    year: Some(year),
                    field: field.to_owned(),
                    class: same[0].to_owned(),
                    units: same.len() as u64,
                }));
            }
        }
        StatisticsRecord {
            value: config.value.field().to_owned(),
            weights: output::weights_key(config),
            permutations: config.permutations,
            seed: config.seed,
            false_discovery: config.false_discovery,
            assumptions: self.assumptions(),
            autocorrelation: self.layers().filter_map(|(.., c)| c.global.clone()).collect(),
            clusters: counts,
            inequality: self.unequal.iter().map(|u| u.record.clone()).collect(),
        }
    }

    /// What all of it assumes.
    fn assumptions(&self) -> Vec<Statement> {
        [report::of_clusters(&self.config), report::of_inequality(), report::of_centres(self.by_cell)]
            .into_iter()
            .chain([report::of_changes(!self.changes.is_empty())])
            .collect()
    }
}
