//! Terms of equation 6, second part: solid waste, `C_sw`: incineration and landfill.

use super::term;
use super::wastewater::recovered_line;
use crate::config::{InventoryConfig, Landfill};
use crate::context::{Context, Draft, Found, Role, Row};
use crate::gas::Ch4;
use std::collections::BTreeMap;

/// Methane of landfill: tonnes × factor × (1 - recovered) × (1 - oxidised).
pub fn landfill(waste_t: f64, factor_t_per_t: f64, recovered: f64, oxidised: f64) -> Ch4 {
    Ch4::biogenic(term(waste_t, factor_t_per_t) * (1.0 - recovered) * (1.0 - oxidised))
}

/// Degradable organic carbon from the composition of wet waste: Σ share × DOC of the fraction.
pub fn composed_doc(parts: &[(f64, f64)]) -> f64 {
    parts.iter().map(|(share, doc)| share * doc).sum()
}

/// First-order decay (IPCC 2006 vol. 5, equations 3.4 and 3.5): what decomposes per year of yearly deposits, in their
/// unit, for a decay constant `k` per year. Decay starts in the year after deposition.
pub fn decomposed(deposits: &[f64], k: f64) -> Vec<f64> {
    let keep = (-k).exp();
    let mut store = 0.0;
    deposits
        .iter()
        .map(|deposited| {
            let decomposed = store * (1.0 - keep);
            store = deposited + store * keep;
            decomposed
        })
        .collect()
}

/// DOC of the configuration, if it gives one.
fn configured_doc(landfill: &Landfill, context: &Context<'_>, row: &Row<'_>) -> Found<Option<f64>> {
    if landfill.doc.is_some() || landfill.composition.is_empty() {
        return Ok(landfill.doc);
    }
    let mut parts = Vec::new();
    for (material, share) in &landfill.composition {
        parts.push((*share, context.factor(&format!("waste.doc.{material}"), row)?.value));
    }
    Ok(Some(composed_doc(&parts)))
}

/// Lines of a solid-waste row.
pub(crate) fn lines(row: &Row<'_>, context: &Context<'_>) -> Found<Vec<Draft>> {
    let key = row.def.key.as_str();
    if key == "ch4_recovered_landfill" {
        return recovered_line(row, context, "waste.landfill.managed");
    }
    let factor = context.chosen(row, &row.def.factor)?;
    let tonnes = row.canonical()?;
    if !key.starts_with("msw_landfilled") {
        return Ok(vec![Draft::of(factor, tonnes, Role::Direct)]);
    }
    let options = &context.config.landfill;
    let (scaled, doc) = match configured_doc(options, context, row)? {
        Some(doc) => (factor.tonnes_per_canonical() * doc / FACTOR_DOC, doc),
        None => (factor.tonnes_per_canonical(), FACTOR_DOC),
    };
    let (recovered, oxidised) = (options.recovery_fraction, options.oxidation_fraction);
    let (decaying_t, what) = match options.decay_per_year {
        Some(k) => (decayed_waste(row, context.config, k)?, format!(", decayed at {k}/a from earlier years")),
        None => (tonnes, String::new()),
    };
    let ch4 = landfill(decaying_t, scaled, recovered, oxidised);
    let formula =
        format!("{decaying_t} t{what} × {scaled} tCH4/t (DOC {doc}) × (1 - {recovered}) × (1 - {oxidised})");
    Ok(vec![Draft::with_tonnes(factor, ch4.tonnes, Role::Direct).explained(formula)])
}

/// Tonnes of wet waste of earlier years that decay in the inventory year.
fn decayed_waste(row: &Row<'_>, config: &InventoryConfig, k: f64) -> Found<f64> {
    let key = &row.def.key;
    let field = format!("inventory.activity.landfill.deposited_t.{key}");
    let fault = |message: &str, expected: String| {
        Box::new(row.fault("landfill_history", message).field(field.clone()).expected(expected))
    };
    let Some(year) = config.year.or(row.raw.year) else {
        return Err(fault(
            "first-order decay needs the inventory year",
            "inventory.activity.year = 2020".into(),
        ));
    };
    let mut deposits: BTreeMap<i32, f64> = BTreeMap::new();
    for (text, tonnes) in config.landfill.deposited_t.get(key).into_iter().flatten() {
        let Ok(deposited_in) = text.trim().parse::<i32>() else {
            return Err(fault(&format!("\"{text}\" is no year"), "years such as 2019".into()));
        };
        if !(tonnes.is_finite() && *tonnes >= 0.0) {
            return Err(fault(
                &format!("{tonnes} t in {deposited_in}"),
                "tonnes of wet waste, 0 or more".into(),
            ));
        }
        deposits.insert(deposited_in, *tonnes);
    }
    let first = deposits.keys().next().copied().unwrap_or(year);
    let gaps: Vec<String> =
        (first..year).filter(|y| !deposits.contains_key(y)).map(|y| y.to_string()).collect();
    if first >= year || !gaps.is_empty() || deposits.keys().any(|y| *y >= year) {
        let message = match gaps.as_slice() {
            [] if first >= year => format!("no waste deposited before {year} is given"),
            [] => format!("deposits of {year} or later are given: those of {year} are this row"),
            gaps => format!("no deposit is given for {}", gaps.join(", ")),
        };
        return Err(fault(&message, format!("every year from the first to {} (0 where none)", year - 1)));
    }
    let series: Vec<f64> = (first..year).map(|y| deposits[&y]).chain([0.0]).collect();
    Ok(decomposed(&series, k).last().copied().unwrap_or(0.0))
}

/// DOC inside the landfill factors of the library.
const FACTOR_DOC: f64 = 0.15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_order_decay_gives_back_all_carbon_in_the_end() {
        let mut deposits = vec![0.0; 400];
        deposits[0] = 100.0;
        let years = decomposed(&deposits, 0.1);
        assert_eq!(years[0], 0.0);
        assert!((years[1] - 100.0 * (1.0 - (-0.1f64).exp())).abs() < 1e-12);
        assert!((years.iter().sum::<f64>() - 100.0).abs() < 1e-9);
    }
}
