//! The judge of carbon balance zones: CCR, economic and ecological coefficient, class.

use crate::simulate::{Drawn, Judge, Judged};

use carbonzone_zoning::{IndexInputs, IndexOptions, Zoning, ZoningScheme, classify_with, indices};

/// Judges a draw as the run was judged: same scheme, same cuts.
#[derive(Debug)]
pub struct ZoneJudge<'a> {
    /// Scheme of the run.
    pub scheme: &'a ZoningScheme,
    /// Zoning of the run: its cuts stay, for they are the legend of the map.
    pub zoning: &'a Zoning,
    /// Options of the indices.
    pub options: IndexOptions,
}

impl Judge for ZoneJudge<'_> {
    fn columns(&self) -> Vec<String> {
        let (e, s) = (&self.scheme.economic.column, &self.scheme.ecological.column);
        ["gross_t", "sink_t", "ccr", e, s].map(str::to_owned).into()
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
        let values = indices(&inputs, &self.options).map_err(|e| e.to_string())?;
        let zoned = classify_with(self.scheme, &self.zoning.economic, &self.zoning.ecological, &values);
        let known = |t: &[f64]| t.iter().map(|t| Some(*t)).collect();
        Ok(Judged {
            columns: vec![known(drawn.gross_t), known(drawn.sink_t), values.ccr, values.ecc, values.esc],
            class: zoned.zone,
        })
    }
}
