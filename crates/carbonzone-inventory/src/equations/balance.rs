//! Equation 1: `C_net = CE + CB + CT + CF + CW - CA`; gross leaves the sinks out.

use carbonzone_types::{Co2e, ExactSum};

/// Gross emission: the sum of the five emission sectors, t CO2e.
#[must_use]
pub fn gross(emissions: &[Co2e]) -> Co2e {
    Co2e(emissions.iter().map(|e| e.tonnes()).collect::<ExactSum>().value())
}

/// Net emission: gross minus sinks (a magnitude), t CO2e.
#[must_use]
pub fn net(gross: Co2e, sink: Co2e) -> Co2e {
    gross - sink
}

/// Carbon compensating rate of the city (equation 8): sinks over gross; `None` if nothing is emitted.
#[must_use]
pub fn compensating_rate(gross: Co2e, sink: Co2e) -> Option<f64> {
    (gross.tonnes() > 0.0).then(|| sink.tonnes() / gross.tonnes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_3_corrected_gives_the_published_gross_net_and_rate() {
        // Suzhou Table 3 with its two broken cells corrected, 10⁴ t (docs/method.md §9).
        let sectors = [19334.77, 2882.76, 1421.44, 100.70, 288.30].map(Co2e);
        let (gross, sink) = (gross(&sectors), Co2e(251.86));
        assert!((gross.tonnes() - 24027.97).abs() < 1e-9);
        assert!((net(gross, sink).tonnes() - 23776.11).abs() < 1e-9);
        assert!((compensating_rate(gross, sink).unwrap() - 0.010_482).abs() < 5e-7);
        assert_eq!(compensating_rate(Co2e(0.0), sink), None);
    }
}
