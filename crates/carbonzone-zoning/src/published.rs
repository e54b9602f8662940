//! The Guiyang paper's tables and text, cell by cell: published, recomputed, agrees.
//!
//! Only what follows from printed numbers is recomputed: SEC, totals, changes, levels and zones from the
//! emissions and sinks of Table 2. GDP and areas are not printed, so EEC and the intensities are checked for
//! consistency only (implied GDP shares, implied areas) and labelled *circular*.

use crate::classify::{Zoning, classify};
use crate::indices::{IndexInputs, IndexOptions, Indices, indices};
pub use crate::printed::{
    Consistency, Interval, Printed, PublishedCell, PublishedComparison, PublishedStudy, Table2Row, Table3Row,
    TextClaim, TextQuantity,
};
use crate::scheme::ZoningScheme;
use crate::{Result, ZoningError};

/// Recomputes the published study with a scheme (Table 3: [`ZoningScheme::guiyang`]).
///
/// The SEC cells that fail are examined for one common factor; if there is one, the EEC cells of the same
/// units and year are divided by it before GDP shares are implied (docs/method.md §12).
///
/// # Errors
/// [`ZoningError::Length`] unless every unit has a row in every year and a row in Table 3, plus those of
/// [`indices()`] and [`classify`].
pub fn compare_published(study: &PublishedStudy, scheme: &ZoningScheme) -> Result<PublishedComparison> {
    let table = Table::new(study)?;
    let plain = table.ecological_indices()?;
    let common_factor = table.common_factor(&plain);
    let corrected = table.corrected_eec(&plain, common_factor);
    let shares = table.gdp_shares(&corrected);
    let indices = table.indices(&shares)?;
    let years: Vec<&Indices> = indices.iter().collect();
    let zoning = classify(scheme, &years)?;
    let areas = table.implied_areas();
    let mut cells = table.table2_cells(&indices, &areas);
    cells.extend(table.table3_cells(study, scheme, &zoning)?);
    cells.extend(study.text.iter().map(|claim| table.text_cell(claim, &indices)));
    let consistency = table.consistency(common_factor, &corrected, &shares);
    Ok(PublishedComparison {
        units: table.units.clone(),
        years: table.years.clone(),
        cells,
        consistency,
        common_factor,
        implied_gdp_shares: shares,
        implied_area_ha: areas,
        indices,
        zoning,
    })
}

const REASON_FACTOR: &str = "The printed cell is about 0.826 times the value of the formula; the same factor \
     explains four of the five units of 2020, in EEC and in SEC, and the paper's own text fits the \
     uncorrected values (claims G11–G20).";
const REASON_UNKNOWN: &str = "The printed inputs do not give this value.";

/// Table 2 by year and unit.
struct Table<'a> {
    units: Vec<String>,
    years: Vec<i32>,
    rows: Vec<Vec<&'a Table2Row>>,
}

impl<'a> Table<'a> {
    fn new(study: &'a PublishedStudy) -> Result<Self> {
        let mut years: Vec<i32> = study.table2.iter().map(|r| r.year).collect();
        years.sort_unstable();
        years.dedup();
        let first = years.first().copied();
        let units: Vec<String> =
            study.table2.iter().filter(|r| Some(r.year) == first).map(|r| r.unit.clone()).collect();
        let mut rows = Vec::new();
        for year in &years {
            let find = |unit: &String| study.table2.iter().find(|r| r.year == *year && &r.unit == unit);
            let found: Vec<&Table2Row> = units.iter().filter_map(find).collect();
            ZoningError::check_len(&format!("Table 2, {year}"), found.len(), units.len())?;
            rows.push(found);
        }
        ZoningError::check_len("Table 2", study.table2.len(), units.len() * years.len())?;
        Ok(Self { units, years, rows })
    }

    fn gross_t(&self, y: usize) -> Vec<f64> {
        self.rows[y].iter().map(|r| r.emission_1e4t.value * 1e4).collect()
    }

    fn sink_t(&self, y: usize) -> Vec<f64> {
        self.rows[y].iter().map(|r| r.sink_1e4t.value * 1e4).collect()
    }

    fn total(&self, y: usize, pick: fn(&Table2Row) -> &Printed) -> f64 {
        self.rows[y].iter().map(|r| pick(r).value).sum()
    }

    fn ecological_indices(&self) -> Result<Vec<Indices>> {
        let one = |y: usize| {
            let (gross, sink) = (self.gross_t(y), self.sink_t(y));
            let inputs =
                IndexInputs { unit_ids: Some(&self.units), gross_t: &gross, sink_t: &sink, gdp: None };
            indices(&inputs, &IndexOptions::default())
        };
        (0..self.years.len()).map(one).collect()
    }

    /// What printed SEC over computed SEC have in common where they do not agree.
    fn common_factor(&self, plain: &[Indices]) -> Option<Interval> {
        let mut common = None;
        for (y, row) in self.rows.iter().enumerate() {
            for (u, cell) in row.iter().enumerate() {
                let Some(computed) = plain[y].esc[u].filter(|c| !cell.sec.agrees(*c)) else { continue };
                let Interval { low, high } = cell.sec.interval();
                let here = Interval { low: low / computed, high: high / computed };
                common = Some(common.map_or(Some(here), |c: Interval| c.and(here))?);
            }
        }
        common
    }

    /// EEC per year and unit: as printed, or divided by the common factor where SEC fails.
    fn corrected_eec(&self, plain: &[Indices], factor: Option<Interval>) -> Vec<Vec<f64>> {
        let one = |y: usize, u: usize| {
            let cell = self.rows[y][u];
            let fails = plain[y].esc[u].is_some_and(|c| !cell.sec.agrees(c));
            match factor.filter(|_| fails) {
                Some(f) => cell.eec.value / f.middle(),
                None => cell.eec.value,
            }
        };
        self.each_year(|y| (0..self.units.len()).map(|u| one(y, u)).collect())
    }

    fn each_year<T>(&self, f: impl FnMut(usize) -> T) -> Vec<T> {
        (0..self.years.len()).map(f).collect()
    }

    /// `G_i/G = EEC_i · E_i/E`.
    fn gdp_shares(&self, eec: &[Vec<f64>]) -> Vec<Vec<f64>> {
        self.each_year(|y| {
            let total = self.total(y, |r| &r.emission_1e4t);
            let share = |(e, r): (&f64, &&Table2Row)| e * r.emission_1e4t.value / total;
            eec[y].iter().zip(&self.rows[y]).map(share).collect()
        })
    }

    fn indices(&self, shares: &[Vec<f64>]) -> Result<Vec<Indices>> {
        let one = |y: usize| {
            let (gross, sink) = (self.gross_t(y), self.sink_t(y));
            let gdp: Vec<Option<f64>> = shares[y].iter().map(|s| Some(*s)).collect();
            let inputs =
                IndexInputs { unit_ids: Some(&self.units), gross_t: &gross, sink_t: &sink, gdp: Some(&gdp) };
            // Shares are of the city GDP, whatever their sum.
            indices(&inputs, &IndexOptions { gdp_total: Some(1.0), ..IndexOptions::default() })
        };
        (0..self.years.len()).map(one).collect()
    }

    /// Hectares that both intensity cells of a unit in a year allow.
    fn implied_areas(&self) -> Vec<Vec<Option<Interval>>> {
        let area = |amount: &Printed, intensity: &Printed| {
            let (a, i) = (amount.interval(), intensity.interval());
            Interval { low: a.low * 1e4 / i.high, high: a.high * 1e4 / i.low }
        };
        let one = |r: &&Table2Row| {
            let by_emission = area(&r.emission_1e4t, &r.emission_intensity_t_ha);
            by_emission.and(area(&r.sink_1e4t, &r.sink_intensity_t_ha))
        };
        self.rows.iter().map(|row| row.iter().map(one).collect()).collect()
    }

    fn table2_cells(&self, indices: &[Indices], areas: &[Vec<Option<Interval>>]) -> Vec<PublishedCell> {
        let mut out = Vec::new();
        for (y, row) in self.rows.iter().enumerate() {
            for (u, r) in row.iter().enumerate() {
                let cell = |column: &str, printed: &Printed, computed: Option<f64>, circular: bool| {
                    number_cell(("Table 2", &r.unit, Some(r.year), column), printed, computed, circular)
                };
                let per_area = |amount: &Printed| areas[y][u].map(|a| amount.value * 1e4 / a.middle());
                out.push(cell("sec", &r.sec, indices[y].esc[u], false));
                out.push(cell("eec", &r.eec, indices[y].ecc[u], true));
                let e = per_area(&r.emission_1e4t);
                out.push(cell("emission_intensity_t_ha", &r.emission_intensity_t_ha, e, true));
                let a = per_area(&r.sink_1e4t);
                out.push(cell("sink_intensity_t_ha", &r.sink_intensity_t_ha, a, true));
            }
        }
        for cell in out.iter_mut().filter(|c| !c.agrees && (c.column == "sec" || c.column == "eec")) {
            REASON_FACTOR.clone_into(&mut cell.reason);
        }
        out
    }

    fn table3_cells(
        &self,
        study: &PublishedStudy,
        scheme: &ZoningScheme,
        zoning: &Zoning,
    ) -> Result<Vec<PublishedCell>> {
        ZoningError::check_len("Table 3", study.table3.len(), self.units.len())?;
        let level = |levels: &[crate::scheme::Level], at: Option<usize>| {
            at.map_or_else(|| "undefined".to_owned(), |i| levels[i].key.clone())
        };
        let mut out = Vec::new();
        for (u, unit) in self.units.iter().enumerate() {
            let Some(printed) = study.table3.iter().find(|r| &r.unit == unit) else {
                ZoningError::check_len(&format!("Table 3, {unit}"), 0, 1)?;
                continue;
            };
            let computed = [
                (
                    "eec_level",
                    &printed.eec_level,
                    level(&scheme.economic.levels, zoning.mean.economic_level[u]),
                ),
                (
                    "sec_level",
                    &printed.sec_level,
                    level(&scheme.ecological.levels, zoning.mean.ecological_level[u]),
                ),
                (
                    "zone",
                    &printed.zone,
                    scheme.class_of(zoning.overall[u]).map_or_else(String::new, |c| c.key.clone()),
                ),
            ];
            for (column, published, computed) in computed {
                let agrees = *published == computed;
                out.push(PublishedCell {
                    table: "Table 3".to_owned(),
                    unit: unit.clone(),
                    year: None,
                    column: column.to_owned(),
                    published: published.clone(),
                    computed,
                    computed_value: None,
                    agrees,
                    // The EEC levels rest on the printed EEC cells; SEC levels do not.
                    circular: column != "sec_level",
                    reason: if agrees {
                        String::new()
                    } else {
                        "This level rule does not give it.".to_owned()
                    },
                });
            }
        }
        Ok(out)
    }

    fn text_cell(&self, claim: &TextClaim, indices: &[Indices]) -> PublishedCell {
        let column = text_column(claim.quantity);
        let computed = self.text_value(claim, indices);
        let address = ("text", claim.unit.as_str(), claim.year, column);
        let mut cell = number_cell(address, &claim.printed, computed, claim.quantity.circular());
        if !cell.agrees && !claim.reason.is_empty() {
            cell.reason.clone_from(&claim.reason);
        }
        cell
    }

    fn text_value(&self, claim: &TextClaim, indices: &[Indices]) -> Option<f64> {
        use TextQuantity as Q;
        let u = self.units.iter().position(|u| *u == claim.unit);
        let y = claim.year.and_then(|year| self.years.iter().position(|y| *y == year));
        let last = self.years.len().checked_sub(1)?;
        let pair = |pick: fn(&Table2Row) -> &Printed| {
            let at = |y: usize| match u {
                Some(u) => Some(pick(self.rows[y][u]).value),
                None if claim.unit == "city" => Some(self.total(y, pick)),
                None => None,
            };
            at(0).zip(at(last))
        };
        let pct = |(a, b): (f64, f64)| 100.0 * (b - a) / a;
        let sec = |y: usize| u.and_then(|u| indices[y].esc[u]);
        let rise = || sec(0).zip(sec(last)).map(|(a, b)| b - a);
        let mean = |pick: fn(&Indices) -> &Vec<Option<f64>>| {
            let known: Option<Vec<f64>> = indices.iter().map(|ix| u.and_then(|u| pick(ix)[u])).collect();
            known.map(|v| v.iter().sum::<f64>() / v.len() as f64)
        };
        let largest = |pick: fn(&Indices) -> &Vec<Option<f64>>| {
            indices.iter().flat_map(|ix| pick(ix).iter().flatten().copied()).max_by(f64::total_cmp)
        };
        match claim.quantity {
            Q::EmissionTotal => y.map(|y| self.total(y, |r| &r.emission_1e4t)),
            Q::SinkTotal => y.map(|y| self.total(y, |r| &r.sink_1e4t)),
            Q::EmissionChangePct => pair(|r| &r.emission_1e4t).map(pct),
            Q::SinkChangePct => pair(|r| &r.sink_1e4t).map(pct),
            Q::EmissionIntensity => y.map(|y| self.total(y, |r| &r.emission_1e4t) * 1e4 / self.city_area(y)),
            Q::SinkIntensity => y.map(|y| self.total(y, |r| &r.sink_1e4t) * 1e4 / self.city_area(y)),
            Q::EmissionIntensityChange => pair(|r| &r.emission_intensity_t_ha).map(|(a, b)| b - a),
            Q::EmissionIntensityMean => {
                pair(|r| &r.emission_intensity_t_ha).map(|(a, b)| f64::midpoint(a, b))
            }
            Q::SinkMean => pair(|r| &r.sink_1e4t).map(|(a, b)| f64::midpoint(a, b)),
            Q::SecMax => largest(|ix| &ix.esc),
            Q::EecMax => largest(|ix| &ix.ecc),
            Q::SecChange => rise(),
            Q::SecChangeSign => rise().map(f64::signum),
            Q::EecMean => mean(|ix| &ix.ecc),
        }
    }

    /// Hectares of the city implied by emissions and their intensities in a year.
    fn city_area(&self, y: usize) -> f64 {
        self.rows[y].iter().map(|r| r.emission_1e4t.value * 1e4 / r.emission_intensity_t_ha.value).sum()
    }

    fn consistency(
        &self,
        factor: Option<Interval>,
        corrected: &[Vec<f64>],
        shares: &[Vec<f64>],
    ) -> Vec<Consistency> {
        let mut out = Vec::new();
        if let Some(f) = factor {
            out.push(Consistency {
                name: "common_factor".to_owned(),
                year: None,
                value: f.middle(),
                interval: Some(f),
                meaning: "Printed SEC over recomputed SEC where they differ; origin unknown. EEC cells of the same \
                          units are divided by its middle."
                    .to_owned(),
            });
        }
        for (y, year) in self.years.iter().enumerate() {
            let total = self.total(y, |r| &r.emission_1e4t);
            let inverse: f64 = self.rows[y].iter().map(|r| r.emission_1e4t.value / total / r.eec.value).sum();
            let sum: f64 = shares[y].iter().sum();
            let widths = self.rows[y].iter().zip(&corrected[y]);
            let slack: f64 = widths
                .map(|(r, eec)| r.eec.half_unit() * (eec / r.eec.value) * r.emission_1e4t.value / total)
                .sum();
            out.push(Consistency {
                name: "gdp_share_sum".to_owned(),
                year: Some(*year),
                value: sum,
                interval: Some(Interval { low: sum - slack, high: sum + slack }),
                meaning: "GDP shares implied by EEC = (G_i/G)/(E_i/E), corrected cells; should be 1."
                    .to_owned(),
            });
            out.push(Consistency {
                name: "gdp_share_sum_printed_direction".to_owned(),
                year: Some(*year),
                value: inverse,
                interval: None,
                meaning:
                    "GDP shares implied by eq. 6 as printed, (E_i/E)/(G_i/G), printed cells; should be 1."
                        .to_owned(),
            });
            out.push(Consistency {
                name: "city_area_ha".to_owned(),
                year: Some(*year),
                value: self.city_area(y),
                interval: None,
                meaning: "Sum of emissions over their intensities.".to_owned(),
            });
        }
        out
    }
}

fn text_column(quantity: TextQuantity) -> &'static str {
    use TextQuantity as Q;
    match quantity {
        Q::EmissionTotal => "emission_total_1e4t",
        Q::SinkTotal => "sink_total_1e4t",
        Q::EmissionChangePct => "emission_change_pct",
        Q::SinkChangePct => "sink_change_pct",
        Q::EmissionIntensity => "emission_intensity_t_ha",
        Q::SinkIntensity => "sink_intensity_t_ha",
        Q::EmissionIntensityChange => "emission_intensity_change_t_ha",
        Q::EmissionIntensityMean => "emission_intensity_mean_t_ha",
        Q::SinkMean => "sink_mean_1e4t",
        Q::SecMax => "sec_max",
        Q::SecChange => "sec_change",
        Q::SecChangeSign => "sec_change_sign",
        Q::EecMax => "eec_max",
        Q::EecMean => "eec_mean",
    }
}

/// `(table, unit, year, column)` with a printed and a computed number.
fn number_cell(
    (table, unit, year, column): (&str, &str, Option<i32>, &str),
    printed: &Printed,
    computed: Option<f64>,
    circular: bool,
) -> PublishedCell {
    let agrees = computed.is_some_and(|c| printed.agrees(c));
    PublishedCell {
        table: table.to_owned(),
        unit: unit.to_owned(),
        year,
        column: column.to_owned(),
        published: printed.text.clone(),
        computed: computed.map_or_else(String::new, |c| format!("{c:.4}")),
        computed_value: computed,
        agrees,
        circular,
        reason: if agrees { String::new() } else { REASON_UNKNOWN.to_owned() },
    }
}
