//! Ground that zones leave out or claim twice: exact sums over parcels, and what is told of them.

use carbonzone_geom::OverlapMatrix;
use carbonzone_types::{ExactSum, Finding, Findings};

/// Zones may have so much more ground in parcels than they have themselves before it is told.
const OVERFULL: f64 = 0.01;
/// Relative excess of the zones' claims on parcels that is rounding.
const ROUNDING: f64 = 1e-9;
/// Share of a parcel outside every zone that is rounding.
const SLIVER: f64 = 1e-6;

/// Ground outside the zones below which it is told without a warning, m² and t CO2e: it is written as nothing (0.000 km²), and no
/// total shows it.
const NOTHING: (f64, f64) = (500.0, 1.0);
/// Ground outside per parcel below which it is a sliver along a border, m².
const THIN_M2: f64 = 1000.0;

/// Names and sizes of the zones.
#[derive(Debug, Clone, Copy)]
pub struct ZonesOf<'a> {
    /// Ids.
    pub ids: &'a [String],
    /// Names.
    pub names: &'a [String],
    /// Planar areas, m².
    pub areas_m2: &'a [f64],
}

/// How parcels and zones cover each other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GroundSums {
    /// Planar area of the parcels, m².
    pub planar_m2: ExactSum,
    /// Area that zones claim more than once, m².
    pub overcovered_m2: ExactSum,
    /// Area of parcels in each zone, m².
    pub filled_m2: Vec<ExactSum>,
    /// Area of parcels outside every zone, m².
    pub outside_m2: ExactSum,
    /// Emissions on it, t CO2e.
    pub outside_t: ExactSum,
    /// Parcels with more than a sliver outside.
    pub outside: u64,
    /// Parcels that lie outside as a whole.
    pub wholly_outside: u64,
}

impl GroundSums {
    /// Of parcels with these planar areas (m²) and gross emissions (t CO2e).
    pub fn of(on_zones: &OverlapMatrix, planar_m2: &[f64], gross_t: &[f64]) -> Self {
        let mut out = Self {
            planar_m2: planar_m2.iter().copied().collect(),
            overcovered_m2: on_zones.overcovered_m2.iter().copied().collect(),
            filled_m2: vec![ExactSum::new(); on_zones.n_targets],
            ..Self::default()
        };
        for (p, (&outside, &total)) in on_zones.outside_m2.iter().zip(planar_m2).enumerate() {
            let (zones, m2) = on_zones.row(p);
            zones.iter().zip(m2).for_each(|(zone, m2)| out.filled_m2[*zone as usize].add(*m2));
            if outside > SLIVER * total {
                out.outside_m2.add(outside);
                out.outside_t.add(gross_t[p] * outside / total);
                out.outside += 1;
                out.wholly_outside += u64::from(zones.is_empty());
            }
        }
        out
    }

    /// Adds those of other parcels in the same zones.
    pub fn merge(&mut self, other: &Self) {
        self.planar_m2.merge(other.planar_m2);
        self.overcovered_m2.merge(other.overcovered_m2);
        if self.filled_m2.is_empty() {
            self.filled_m2.clone_from(&other.filled_m2);
        } else {
            self.filled_m2.iter_mut().zip(&other.filled_m2).for_each(|(sum, more)| sum.merge(*more));
        }
        self.outside_m2.merge(other.outside_m2);
        self.outside_t.merge(other.outside_t);
        self.outside += other.outside;
        self.wholly_outside += other.wholly_outside;
    }

    /// What a user must look at.
    pub fn findings(&self, zones: &ZonesOf<'_>) -> Findings {
        let told = [self.overcover(), self.overfull(zones), self.left_outside()];
        Findings { items: told.into_iter().flatten().collect() }
    }

    fn overcover(&self) -> Option<Finding> {
        let excess = self.overcovered_m2.value();
        let message = || format!("zones claim {excess:.1} m² of parcel area twice");
        (excess > ROUNDING * self.planar_m2.value()).then(|| {
            Finding::warning("zones_claim_twice", message())
                .layer("zones")
                .hint("shares are taken of the pieces, so no tonne is lost or doubled")
        })
    }

    /// Zones in which the parcels have more ground than the zone: parcels lie on each other.
    fn overfull(&self, zones: &ZonesOf<'_>) -> Option<Finding> {
        let mut full: Vec<(f64, usize)> = self
            .filled_m2
            .iter()
            .map(|sum| sum.value())
            .zip(zones.areas_m2)
            .enumerate()
            .filter(|(_, (m2, area))| **area > 0.0 && *m2 > (1.0 + OVERFULL) * **area)
            .map(|(zone, (m2, area))| (m2 / area, zone))
            .collect();
        full.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let name = |(ratio, zone): &(f64, usize)| {
            format!("{} ({}) {:.1} %", zones.ids[*zone], zones.names[*zone], 100.0 * ratio)
        };
        let list: Vec<String> = full.iter().take(5).map(name).collect();
        let (_, zone) = full.first()?;
        let message = format!(
            "{} zones have more ground in parcels than they have themselves: {}",
            full.len(),
            list.join(", ")
        );
        let finding = Finding::warning("parcels_exceed_zone", message);
        Some(
            finding
                .layer("parcels")
                .feature(zones.ids[*zone].clone())
                .expected("at most 101 %")
                .count(full.len() as u64)
                .hint("parcels lie on each other, or are there twice: no tonne is doubled, but each weighs with its whole area"),
        )
    }

    /// Parcels that lie outside every zone, whole or in part.
    fn left_outside(&self) -> Option<Finding> {
        let (m2, t) = (self.outside_m2.value(), self.outside_t.value());
        if m2 <= 0.0 {
            return None;
        }
        let sliver = self.wholly_outside == 0 && m2 < THIN_M2 * self.outside as f64;
        let area = if m2 < 1e4 { format!("{m2:.1} m²") } else { format!("{:.3} km²", m2 / 1e6) };
        let (outside, wholly) = (self.outside, self.wholly_outside);
        let message = format!("{outside} parcels lie outside every zone, {wholly} of them entirely: {area}");
        let code = "parcels_outside_zones";
        let small = m2 < NOTHING.0 && t < NOTHING.1;
        let finding = if small { Finding::info(code, message) } else { Finding::warning(code, message) };
        let hint = if sliver {
            "slivers along borders: parcels and zones have the same border with other vertices, and straight edges in degrees part when they are projected; give one layer the vertices of the other (QGIS: Snap geometries to layer), or save both in the working CRS"
        } else {
            "reported in the ledger as zones_outside; border = \"clip\" cuts them before weighting"
        };
        Some(finding.layer("parcels").count(outside).amount_t(t).hint(hint))
    }
}
