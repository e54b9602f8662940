//! Zoning by one index alone, where the data of the other are missing: nothing is invented for it.
//!
//! The index that is left keeps its levels and cuts and each level becomes a class; the other one has a single level, so that it
//! decides nothing and may be missing \[ours; the papers have both\].

use crate::guidance::ZoneGuidance;
use crate::indices::IndexTotals;
use crate::scheme::{Axis, Equality, Level, LevelRule, ZoneClass, ZoneRule, ZoningScheme};
use carbonzone_types::{Finding, Statement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which indices decide the class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Axes {
    /// Both.
    #[default]
    Both,
    /// The economic index alone: for a city without sinks.
    Economic,
    /// The ecological index alone: for a city without GDP.
    Ecological,
}

impl Axes {
    /// As the pipeline file writes it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Economic => "economic",
            Self::Ecological => "ecological",
        }
    }
}

/// Colours of the lowest and the highest level; those between are mixed.
const ECONOMIC: [[u8; 3]; 2] = [[0xe6, 0x9f, 0x00], [0x00, 0x9e, 0x73]];
const ECOLOGICAL: [[u8; 3]; 2] = [[0xcc, 0x79, 0xa7], [0x56, 0xb4, 0xe9]];

/// The scheme judged by one index: a class for each of its levels. `Axes::Both` leaves it as it is.
pub fn one_axis(scheme: &ZoningScheme, axes: Axes) -> ZoningScheme {
    let mut out = scheme.clone();
    let (judged, idle, colors) = match axes {
        Axes::Both => return out,
        Axes::Economic => (&scheme.economic, &mut out.ecological, ECONOMIC),
        Axes::Ecological => (&scheme.ecological, &mut out.economic, ECOLOGICAL),
    };
    let [key, label_en, label_zh] = ["not_judged", "not judged", "不作判定"].map(str::to_owned);
    idle.levels = vec![Level { key, label_en, label_zh }];
    idle.rule = LevelRule::Fixed { cuts: Vec::new(), equality: Equality::Low, tolerance: 0.0 };
    let n = judged.levels.len();
    out.classes = (0..n).map(|i| level_class(judged, i, colors)).collect();
    for (id, key) in [(5, &scheme.no_emission), (6, &scheme.undefined)] {
        let id = u8::try_from(n).unwrap_or(u8::MAX).saturating_add(id - 4).max(id);
        out.classes.extend(scheme.class_by_key(key).map(|c| ZoneClass { id, ..c.clone() }));
    }
    let rule = |i: usize| {
        let (own, none) = (judged.levels[i].key.clone(), "not_judged".to_owned());
        let (economic, ecological) = if axes == Axes::Economic { (own, none) } else { (none, own) };
        ZoneRule { economic, ecological, zone: out.classes[i].key.clone(), ours: true }
    };
    out.table = (0..n).map(rule).collect();
    out.key = format!("{}_{}_only", scheme.key, axes.key());
    out.label_en = format!("Zones by {} alone", judged.label_en);
    out.label_zh = format!("仅按{}分区", judged.label_zh);
    out
}

/// The class of one level, e.g. `ecc_high`.
fn level_class(axis: &Axis, at: usize, [low, high]: [[u8; 3]; 2]) -> ZoneClass {
    let own = &axis.levels[at];
    let share = at as f64 / (axis.levels.len() - 1).max(1) as f64;
    let mix = |k: usize| f64::from(low[k]) + share * (f64::from(high[k]) - f64::from(low[k]));
    let color = format!("#{:02x}{:02x}{:02x}", mix(0) as u8, mix(1) as u8, mix(2) as u8);
    let short = axis.column.to_uppercase();
    let key = format!("{}_{}", axis.column, own.key);
    let id = u8::try_from(at + 1).unwrap_or(u8::MAX);
    let (label_en, label_zh) = (format!("{short} {}", own.label_en), format!("{short} {}", own.label_zh));
    ZoneClass { id, key, label_en, label_zh, color, guidance: ZoneGuidance::default() }
}

/// What a reader must know of a scheme with an index that is not judged: which one, and why. `None`: both are judged.
pub fn not_judged(scheme: &ZoningScheme, units: usize, totals: &IndexTotals) -> Option<Statement> {
    if scheme.ecological.is_judged() && scheme.economic.is_judged() {
        return none_judged(scheme, units, totals);
    }
    let missing = units - totals.units_with_gdp;
    let (idle, judged, en, zh) = if scheme.ecological.is_judged() {
        let (en, zh) = match missing {
            0 => ("so zoning.axes asks".to_owned(), "由 zoning.axes 指定".to_owned()),
            all if all == units => ("no GDP is given".to_owned(), "没有 GDP 数据".to_owned()),
            some => (
                format!("{some} of {units} units have no GDP"),
                format!("{units} 个单元中有 {some} 个没有 GDP"),
            ),
        };
        (&scheme.economic, &scheme.ecological, en, zh)
    } else {
        let none = totals.sink_t == 0.0;
        let (en, zh) = if none {
            ("no sinks are given", "没有碳汇数据")
        } else {
            ("so zoning.axes asks", "由 zoning.axes 指定")
        };
        (&scheme.ecological, &scheme.economic, en.to_owned(), zh.to_owned())
    };
    let name = |axis: &Axis| axis.column.to_uppercase();
    Some(Statement::new(
        format!("Zones are judged by {} alone. {} is not judged: {en}.", name(judged), name(idle)),
        format!("分区仅按 {} 判定；{} 不参与判定：{zh}。", name(judged), name(idle)),
    ))
}

/// What a reader must know of a scheme with two indices, one of which no unit has: every zone is undefined.
fn none_judged(scheme: &ZoningScheme, units: usize, totals: &IndexTotals) -> Option<Statement> {
    let (missing, left, axes, en, zh) = if units == 0 {
        return None;
    } else if totals.units_with_gdp == 0 && totals.sink_t == 0.0 {
        return Some(Statement::new(
            "No unit has a class: neither GDP nor sinks are given.",
            "所有单元都无法分区：既没有 GDP 也没有碳汇数据。",
        ));
    } else if totals.units_with_gdp == 0 {
        (&scheme.economic, &scheme.ecological, "ecological", "no GDP is given", "没有 GDP 数据")
    } else if totals.sink_t == 0.0 {
        (&scheme.ecological, &scheme.economic, "economic", "no sinks are given", "没有碳汇数据")
    } else {
        return None;
    };
    let [missing, left] = [missing, left].map(|axis| axis.column.to_uppercase());
    Some(Statement::new(
        format!(
            "No unit has a class: {missing} is not known, {en}. axes = \"{axes}\" in [zoning] judges by {left} alone."
        ),
        format!(
            "所有单元都无法分区：{missing} 未知，{zh}。在 [zoning] 中写 axes = \"{axes}\" 可仅按 {left} 分区。"
        ),
    ))
}

/// False for a finding about an index that the scheme does not judge: [`not_judged`] tells it.
pub fn concerns(scheme: &ZoningScheme, finding: &Finding) -> bool {
    match finding.code.as_str() {
        "missing_gdp" | "zero_city_gdp" => scheme.economic.is_judged(),
        "zero_city_sink" => scheme.ecological.is_judged(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify;
    use crate::indices::{IndexInputs, IndexOptions, indices};

    /// Keys of the classes of three units, and what is said of the index that is not judged.
    fn judged(scheme: &ZoningScheme, sink_t: &[f64], gdp: Option<&[Option<f64>]>) -> (Vec<String>, String) {
        scheme.validate().unwrap();
        let inputs = IndexInputs { unit_ids: None, gross_t: &[50.0, 25.0, 0.0], sink_t, gdp };
        let ix = indices(&inputs, &IndexOptions::default()).unwrap();
        let zoning = classify(scheme, &[&ix]).unwrap();
        let key = |id: &u8| scheme.class_of(*id).unwrap().key.clone();
        let said = not_judged(scheme, 3, &ix.totals).map_or_else(String::new, |s| s.en);
        (zoning.overall.iter().map(key).collect(), said)
    }

    #[test]
    fn without_sinks_the_economic_index_decides_alone() {
        let scheme = one_axis(&ZoningScheme::suzhou(), Axes::Economic);
        let gdp = [Some(5.0), Some(10.0), Some(6.0)];
        let (classes, said) = judged(&scheme, &[0.0; 3], Some(&gdp));
        assert_eq!(classes, ["ecc_low", "ecc_high", "no_emission"]);
        assert_eq!(said, "Zones are judged by ECC alone. ESC is not judged: no sinks are given.");
        // One unit without GDP is still undefined: the index that is judged has to be there.
        let (classes, _) = judged(&scheme, &[0.0; 3], Some(&[Some(5.0), None, None]));
        assert_eq!(classes, ["ecc_low", "undefined", "no_emission"]);
        let (_, said) = judged(&scheme, &[1.0, 2.0, 3.0], Some(&gdp));
        assert!(said.ends_with("ESC is not judged: so zoning.axes asks."), "{said}");
    }

    #[test]
    fn without_gdp_the_ecological_index_decides_alone() {
        let (classes, said) = judged(&ZoningScheme::suzhou(), &[1.0, 4.0, 1.0], None);
        assert_eq!(classes, ["undefined", "undefined", "no_emission"]);
        assert_eq!(
            said,
            "No unit has a class: ECC is not known, no GDP is given. axes = \"ecological\" in [zoning] judges by ESC alone."
        );
        let (_, said) = judged(&ZoningScheme::suzhou(), &[0.0; 3], None);
        assert_eq!(said, "No unit has a class: neither GDP nor sinks are given.");
        let (_, said) = judged(&ZoningScheme::suzhou(), &[0.0; 3], Some(&[Some(1.0); 3]));
        assert!(said.contains("no sinks are given. axes = \"economic\""), "{said}");
        assert_eq!(judged(&ZoningScheme::suzhou(), &[1.0; 3], Some(&[Some(1.0); 3])).1, "");
        let scheme = one_axis(&ZoningScheme::suzhou(), Axes::Ecological);
        let (classes, said) = judged(&scheme, &[1.0, 4.0, 1.0], None);
        assert_eq!(classes, ["esc_low", "esc_high", "no_emission"]);
        assert_eq!(said, "Zones are judged by ESC alone. ECC is not judged: no GDP is given.");
        let (_, said) = judged(&scheme, &[1.0, 4.0, 1.0], Some(&[None, Some(1.0), Some(1.0)]));
        assert!(said.ends_with("1 of 3 units have no GDP."), "{said}");
    }

    #[test]
    fn every_level_of_any_scheme_becomes_a_class_with_its_colour() {
        let guiyang = ZoningScheme::guiyang();
        let scheme = one_axis(&guiyang, Axes::Economic);
        let of = |c: &ZoneClass| (c.id, c.key.clone(), c.label_zh.clone(), c.color.clone());
        let classes: Vec<_> = scheme.classes.iter().take(3).map(of).collect();
        let expected = [
            (1, "eec_low", "EEC 低", "#e69f00"),
            (2, "eec_mid", "EEC 中", "#739e39"),
            (3, "eec_high", "EEC 高", "#009e73"),
        ];
        assert_eq!(
            classes,
            expected.map(|(id, key, zh, color)| (id, key.to_owned(), zh.to_owned(), color.to_owned()))
        );
        scheme.validate().unwrap();
        let mut many = guiyang;
        many.ecological.levels = (0..7)
            .map(|i| Level { key: format!("l{i}"), label_en: "x".to_owned(), label_zh: "x".to_owned() })
            .collect();
        let many = one_axis(&many, Axes::Ecological);
        many.validate().unwrap();
        assert_eq!(many.classes.iter().map(|c| c.id).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert!(concerns(&many, &Finding::warning("zero_city_sink", "")));
        assert!(!concerns(&many, &Finding::warning("missing_gdp", "")));
    }

    #[test]
    fn both_indices_are_the_scheme_itself() {
        assert_eq!(one_axis(&ZoningScheme::suzhou(), Axes::Both), ZoningScheme::suzhou());
        assert_eq!(not_judged(&ZoningScheme::suzhou(), 0, &IndexTotals::default()), None);
    }
}
