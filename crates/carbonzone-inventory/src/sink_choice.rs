//! What the choice of the sink set moves in a computed inventory.

use carbonzone_types::{Statement, Totals};

/// One sentence with the sinks and the CCR under the set in use and under each other one.
pub fn statement(set: &str, totals: &Totals, others: &[(&str, Totals)]) -> Statement {
    let ccr = |t: &Totals| t.ccr.map_or_else(|| "–".to_owned(), |ccr| format!("{:.2} %", 100.0 * ccr));
    let each = |between: &str, name: &str| {
        let one = |(set, t): &(&str, Totals)| format!("{set} {:.0} t{between}{name} {}", t.sink_t, ccr(t));
        others.iter().map(one).collect::<Vec<_>>()
    };
    let (t, now) = (totals.sink_t, ccr(totals));
    Statement::new(
        format!(
            "Sinks use the set {set} ({t:.0} t CO2e, CCR {now}); with another set: {}.",
            each(", ", "CCR").join("; ")
        ),
        format!(
            "碳汇采用系数集 {set}（{t:.0} t CO2e，碳补偿率 {now}）；改用其他系数集：{}。",
            each("，", "碳补偿率").join("；")
        ),
    )
}
