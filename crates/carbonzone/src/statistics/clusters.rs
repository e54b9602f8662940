//! Moran's I of all and of each unit, hot and cold spots.

use super::config::{Neighbours, StatisticsConfig};
use super::subject::{Cells, Subject};
use crate::load::Notes;
use carbonzone_geom::{Coverage, contacts};
use carbonzone_types::statistics::MoranRecord;
use carbonzone_types::{AttributeTable, ColumnData, Finding, number_of};
use carbonzone_zoning::ZoningError;
use carbonzone_zoning::spatial::discovery::false_discovery;
use carbonzone_zoning::spatial::hot_spots::getis_ord_star;
use carbonzone_zoning::spatial::local::{Inference, LocalMoran, local_moran};
use carbonzone_zoning::spatial::moran::global_moran;
use carbonzone_zoning::spatial::normal::two_sided;
use carbonzone_zoning::spatial::weights::SpatialWeights;
use std::ops::Range;

/// Borders closer than this are one border, m.
pub const CONTACT_M: f64 = 1.0;
/// Clusters are not looked for among more cells than this: each would be one with the cells of its own parcel.
const MOST_CELLS: usize = 500_000;
/// Above so many units probabilities come from the normal distribution.
const MOST_PERMUTED: usize = 5_000;
/// False discovery rates of hot and cold spots at 90, 95 and 99 % confidence.
const HOT_SPOT_RATES: [(f64, &str, &str); 3] =
    [(0.01, "hot_99", "cold_99"), (0.05, "hot_95", "cold_95"), (0.10, "hot_90", "cold_90")];

/// Clusters and hot spots of a layer in one year.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// Global Moran's I; `None` where it has no value.
    pub global: Option<MoranRecord>,
    /// Local Moran's I.
    pub local: Vec<Option<LocalMoran>>,
    /// Adjusted probability of the local I.
    pub local_q: Vec<Option<f64>>,
    /// Gi*, a z score.
    pub gi: Vec<Option<f64>>,
    /// Adjusted probability of Gi*.
    pub gi_q: Vec<Option<f64>>,
    /// Rate at which clusters are significant.
    rate: f64,
}

impl Clusters {
    /// Cluster of each unit: `high_high`, `low_low`, `high_low`, `low_high` or `not_significant`; `None` without neighbours or value.
    pub fn cluster(&self) -> Vec<Option<&'static str>> {
        let one = |(local, q): (&Option<LocalMoran>, &Option<f64>)| {
            let (local, q) = (local.as_ref()?, (*q)?);
            Some(if q <= self.rate { local.quadrant.key() } else { "not_significant" })
        };
        self.local.iter().zip(&self.local_q).map(one).collect()
    }

    /// Hot or cold spot of each unit by confidence.
    pub fn hot_spot(&self) -> Vec<Option<&'static str>> {
        let one = |(z, q): (&Option<f64>, &Option<f64>)| {
            let (z, q) = ((*z)?, (*q)?);
            let found = HOT_SPOT_RATES.iter().find(|(rate, ..)| q <= *rate);
            Some(found.map_or("not_significant", |&(_, hot, cold)| if z > 0.0 { hot } else { cold }))
        };
        self.gi.iter().zip(&self.gi_q).map(one).collect()
    }

    /// No clusters of `n` units.
    fn none(n: usize) -> Self {
        let (local, none) = (vec![None; n], vec![None; n]);
        Self { global: None, local, local_q: none.clone(), gi: none.clone(), gi_q: none, rate: 0.0 }
    }
}

/// Appends the columns of a layer: some rows of each part after the other.
pub fn append(table: &mut AttributeTable, parts: &[(&Clusters, Range<usize>)]) {
    let text = |of: fn(&Clusters) -> Vec<Option<&'static str>>| {
        let rows = |(c, rows): &(&Clusters, Range<usize>)| {
            of(c)[rows.clone()].iter().map(|v| v.map(str::to_owned)).collect::<Vec<_>>()
        };
        ColumnData::Text(parts.iter().flat_map(rows).collect())
    };
    let real = |of: &dyn Fn(&Clusters, usize) -> Option<f64>| {
        ColumnData::Real(parts.iter().flat_map(|(c, rows)| rows.clone().map(move |i| of(c, i))).collect())
    };
    table.push("cluster", text(Clusters::cluster));
    table.push("local_moran", real(&|c, i| c.local[i].as_ref().map(|l| l.i)));
    table.push("local_moran_q", real(&|c, i| c.local_q[i]));
    table.push("hot_spot", text(Clusters::hot_spot));
    table.push("gi_star", real(&|c, i| c.gi[i]));
    table.push("gi_star_q", real(&|c, i| c.gi_q[i]));
}

/// Clusters of the units in every year.
pub fn of_units(config: &StatisticsConfig, subject: &Subject<'_>, notes: &mut Notes) -> Vec<Clusters> {
    let none = || subject.years.iter().map(|_| Clusters::none(subject.ids.len())).collect();
    if subject.coverage.is_empty() {
        return none();
    }
    let weights = match unit_weights(config, subject.coverage) {
        Ok(weights) => weights,
        Err(e) => {
            notes.findings.push(Finding::warning("statistics", e.to_string()).layer("zones"));
            return none();
        }
    };
    notes.findings.items.extend(islands(&weights, subject));
    let permuted = config.permutations > 0 && subject.ids.len() <= MOST_PERMUTED;
    let permutations = if permuted { config.permutations } else { 0 };
    let of_year = |year: &super::subject::UnitYear| {
        let values = year.value(config.value, subject.area_m2);
        of_values(config, &weights, &values, permutations).map(|clusters| {
            let global = clusters.global.clone().map(|global| MoranRecord {
                layer: subject.layer.to_owned(),
                year: Some(year.year),
                value: config.value.field().to_owned(),
                ..global
            });
            Clusters { global, ..clusters }
        })
    };
    let found: Vec<Result<Clusters, ZoningError>> = subject.years.iter().map(of_year).collect();
    let or_none = |found: Option<Clusters>| found.unwrap_or_else(|| Clusters::none(subject.ids.len()));
    let years = found.into_iter().zip(&subject.years);
    years.map(|(found, year)| or_none(told(found, year.year, "zones", notes))).collect()
}

/// Clusters of the cells, with probabilities from the normal distribution.
pub fn of_cells(config: &StatisticsConfig, cells: &Cells, year: i32, notes: &mut Notes) -> Option<Clusters> {
    let n = cells.at.len();
    if n > MOST_CELLS {
        let message = format!("{year}: no clusters of the cells: {n} are more than {MOST_CELLS}");
        return notes.findings.refuse(
            Finding::info("statistics", message)
                .layer("grid")
                .field("aggregate.cell_m")
                .hint("cells smaller than most parcels make clusters of themselves; with larger cells clusters are found"),
        );
    }
    let weights = match config.weights {
        Neighbours::Queen | Neighbours::Rook => {
            Ok(SpatialWeights::of_cells(&cells.at, config.weights == Neighbours::Queen))
        }
        _ => by_distance(config, &cells.centres),
    };
    let found = weights.and_then(|weights| of_values(config, &weights, &cells.per_km2, 0)).map(|clusters| {
        let global = clusters.global.clone().map(|global| MoranRecord {
            layer: cells.layer.clone(),
            year: Some(year),
            value: config.value.of_cells().field().to_owned(),
            ..global
        });
        Clusters { global, ..clusters }
    });
    told(found, year, "grid", notes)
}

/// Too few values, or the same everywhere: said, and no statistics.
fn told(found: Result<Clusters, ZoningError>, year: i32, layer: &str, notes: &mut Notes) -> Option<Clusters> {
    let tell = |e: ZoningError| {
        let message = match e {
            ZoningError::TooFew { found, needed, .. } => {
                format!("{year}: no clusters: {found} units have a value, at least {needed} are needed")
            }
            e => format!("{year}: no clusters: {e}"),
        };
        Finding::info("statistics", message).layer(layer)
    };
    found.map_err(|e| notes.findings.push(tell(e))).ok()
}

fn of_values(
    config: &StatisticsConfig,
    weights: &SpatialWeights,
    values: &[Option<f64>],
    permutations: u32,
) -> Result<Clusters, ZoningError> {
    let rows = weights.row_standardised();
    let inference = if permutations > 0 {
        Inference::Permutations { count: permutations, seed: config.seed }
    } else {
        Inference::Analytic
    };
    let local = local_moran(&rows, values, inference)?;
    let global = global_moran(&rows, values, permutations, config.seed)?;
    let gi = getis_ord_star(weights, values)?;
    let p: Vec<Option<f64>> = local.iter().map(|l| l.as_ref().map(|l| l.p)).collect();
    let normal = |z: &Option<f64>| z.map(two_sided);
    // Gi* moves with the neighbours' sum as the local I does: permutations give both the same probability.
    let gi_p = if permutations > 0 { p.clone() } else { gi.iter().map(normal).collect() };
    Ok(Clusters {
        global: Some(MoranRecord {
            layer: String::new(),
            year: None,
            value: String::new(),
            units: global.n as u64,
            without_neighbours: global.islands as u64,
            i: global.i,
            expected: global.expected,
            variance: global.variance,
            z: global.z,
            p_normal: global.p_normal,
            p_permutation: global.p_permutation,
        }),
        local_q: false_discovery(&p),
        gi_q: false_discovery(&gi_p),
        local,
        gi,
        rate: config.false_discovery,
    })
}

fn unit_weights(config: &StatisticsConfig, coverage: &Coverage) -> Result<SpatialWeights, ZoningError> {
    match config.weights {
        Neighbours::Queen => touching(coverage, true),
        Neighbours::Rook => touching(coverage, false),
        _ => by_distance(config, &centroids(coverage)),
    }
}

/// Units whose outlines touch (`corners`), or share a piece of border.
pub fn touching(coverage: &Coverage, corners: bool) -> Result<SpatialWeights, ZoningError> {
    let found = contacts(coverage, CONTACT_M);
    let pairs: Vec<(u32, u32)> =
        found.iter().filter(|c| corners || c.over_edge(CONTACT_M)).map(|c| (c.a, c.b)).collect();
    SpatialWeights::from_pairs(coverage.len(), &pairs)
}

fn by_distance(config: &StatisticsConfig, points: &[[f64; 2]]) -> Result<SpatialWeights, ZoningError> {
    if config.weights == Neighbours::KNearest {
        SpatialWeights::k_nearest(points, config.k)
    } else {
        SpatialWeights::distance_band(points, config.distance_m.unwrap_or_default())
    }
}

/// Centroids of the units, m.
pub fn centroids(coverage: &Coverage) -> Vec<[f64; 2]> {
    (0..coverage.len()).map(|i| coverage.centroid(i).unwrap_or([f64::NAN; 2])).collect()
}

/// Units without a neighbour.
fn islands(weights: &SpatialWeights, subject: &Subject<'_>) -> Option<Finding> {
    let islands = weights.islands();
    if islands.is_empty() {
        return None;
    }
    let names: Vec<&str> = islands.iter().take(10).map(|&i| subject.names[i as usize].as_str()).collect();
    let message = format!(
        "{} no neighbour and no cluster: {}",
        number_of(islands.len(), "unit has", "units have"),
        names.join(", ")
    );
    Some(
        Finding::info("without_neighbours", message)
            .layer("zones")
            .feature(subject.ids[islands[0] as usize].clone())
            .count(islands.len() as u64)
            .hint("islands, or gaps in the borders wider than 1 m: weights = \"k_nearest\" gives every unit neighbours"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn very_many_cells_have_no_clusters_and_that_is_said() {
        let n = MOST_CELLS + 1;
        let cells = Cells {
            layer: "grid_50m".to_owned(),
            at: (0..n as u32).map(|k| (k, 0)).collect(),
            centres: vec![],
            per_km2: (0..n).map(|k| Some(k as f64)).collect(),
        };
        let mut notes = Notes::default();
        assert_eq!(of_cells(&StatisticsConfig::default(), &cells, 2020, &mut notes), None);
        let said = &notes.findings.items;
        assert!(said.len() == 1 && said[0].message.contains("500001 are more than 500000"), "{said:?}");
    }
}
