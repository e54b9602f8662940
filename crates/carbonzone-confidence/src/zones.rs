//! The judge of carbon balance zones: CCR, economic and ecological coefficient, class.

use crate::simulate::{Drawn, Judge, Judged};

use carbonzone_zoning::{ClassRule, IndexInputs, IndexOptions, Zoning, ZoningScheme, quotients};

/// Judges a draw as the run was judged: same scheme, same cuts.
#[derive(Debug)]
pub struct ZoneJudge<'a> {
    columns: [&'a str; 5],
    rule: ClassRule,
    options: IndexOptions,
}

impl<'a> ZoneJudge<'a> {
    /// The judge of a run. The cuts of its zoning stay, for they are the legend of the map.
    pub fn new(scheme: &'a ZoningScheme, zoning: &'a Zoning, options: IndexOptions) -> Self {
        let (e, s) = (&scheme.economic.column, &scheme.ecological.column);
        Self {
            columns: ["gross_t", "sink_t", "ccr", e, s],
            rule: ClassRule::new(scheme, &zoning.economic, &zoning.ecological),
            options,
        }
    }
}

impl Judge for ZoneJudge<'_> {
    fn columns(&self) -> Vec<String> {
        self.columns.map(str::to_owned).into()
    }

    fn driving(&self) -> Vec<usize> {
        vec![3, 4]
    }

    fn judge(&self, drawn: &Drawn<'_>) -> Result<Judged, String> {
        let inputs = IndexInputs {
            unit_ids: None,
            gross_t: drawn.gross_t,
            sink_t: drawn.sink_t,
            gdp: Some(drawn.gdp),
        };
        let values = quotients(&inputs, &self.options).map_err(|e| e.to_string())?;
        let class = self.rule.classes(&values.ecc, &values.esc, &values.no_emission);
        let known = |t: &[f64]| t.iter().map(|t| Some(*t)).collect();
        let columns = vec![known(drawn.gross_t), known(drawn.sink_t), values.ccr, values.ecc, values.esc];
        Ok(Judged { columns, class })
    }
}
