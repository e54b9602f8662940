//! Units as yearbooks and factor tables write them, Chinese and English.

use carbonzone_sheet::{normalise_text, simplified};

/// What a unit measures. Amounts are kept in the canonical unit of their dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Tonnes.
    Mass,
    /// 10⁴ normal cubic metres.
    GasVolume,
    /// Gigajoules (fuel energy, heat).
    Energy,
    /// Kilowatt hours.
    Electricity,
    /// Hectares.
    Area,
    /// Animals.
    Heads,
    /// Persons.
    Persons,
    /// Tonne kilometres.
    TonneKm,
    /// Passenger kilometres.
    PersonKm,
    /// Vehicle kilometres.
    VehicleKm,
    /// Kilowatts.
    Power,
}

impl Dimension {
    /// The canonical unit, and units one may write.
    fn units(self) -> (&'static str, &'static str) {
        match self {
            Self::Mass => ("t", "t, kg, kt, 吨, 万吨"),
            Self::GasVolume => ("1e4_Nm3", "Nm3, 1e4_Nm3, 万立方米, 亿立方米"),
            Self::Energy => ("GJ", "GJ, TJ, 百万千焦, tce, 万吨标准煤"),
            Self::Electricity => ("kWh", "kWh, MWh, 万千瓦时, 亿千瓦时"),
            Self::Area => ("ha", "ha, km2, 公顷, 千公顷, 亩, 万亩"),
            Self::Heads => ("head", "head, 头, 只, 万头, 万只"),
            Self::Persons => ("person", "persons, 人, 万人"),
            Self::TonneKm => ("t_km", "t_km, 吨公里, 万吨公里, 亿吨公里"),
            Self::PersonKm => ("p_km", "p_km, 人公里, 万人公里, 亿人公里"),
            Self::VehicleKm => ("vehicle_km", "vehicle_km, 车公里, 万车公里, 万公里"),
            Self::Power => ("kW", "kW, MW, 千瓦, 万千瓦"),
        }
    }

    /// The canonical unit.
    pub fn canonical(self) -> &'static str {
        self.units().0
    }

    /// Units one may write, for messages.
    pub fn examples(self) -> &'static str {
        self.units().1
    }
}

/// GJ in one tonne of standard coal: 7000 kcal/kg × 4.1868 (GB/T 2589-2020).
pub const GJ_PER_TCE: f64 = 29.3076;
/// Hectares in one mu (亩): 15 mu are one hectare.
pub const MU_PER_HA: f64 = 15.0;

/// A unit: its dimension and how many canonical units it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// What it measures.
    pub dimension: Dimension,
    /// Canonical units in one of it.
    pub scale: f64,
}

impl Unit {
    /// Reads a unit: `万吨`, `亿千瓦时`, `万吨标准煤`, `公顷`, `亩`, `头`, `1e4_Nm3`, `TJ`, `kWh`, ... `None` if unknown.
    ///
    /// ```
    /// use carbonzone_inventory::{Dimension, Unit};
    /// let unit = Unit::parse("亿千瓦时").unwrap();
    /// assert_eq!((unit.dimension, unit.scale), (Dimension::Electricity, 1e8));
    /// assert_eq!(Unit::parse("百万千焦").unwrap().scale, 1.0);   // one GJ
    /// assert_eq!(Unit::parse("萬噸"), Unit::parse("万吨"));
    /// assert_eq!(Unit::parse("公頃"), Unit::parse("公顷"));
    /// assert!(Unit::parse("亿元").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = tidy(text);
        let mut rest = text.as_str();
        let mut multiplier = 1.0;
        loop {
            if let Some(base) = base_unit(rest) {
                return Some(Self { dimension: base.dimension, scale: base.scale * multiplier });
            }
            let (prefix, factor) = MULTIPLIERS.iter().find(|(p, _)| rest.starts_with(p))?;
            rest = rest[prefix.len()..].trim_start_matches(['_', '*']);
            multiplier *= factor;
        }
    }
}

/// Number words and powers in front of a unit, longest first.
const MULTIPLIERS: [(&str, f64); 14] = [
    ("10000", 1e4),
    ("10^4", 1e4),
    ("10^8", 1e8),
    ("10^3", 1e3),
    ("10^6", 1e6),
    ("1e4", 1e4),
    ("1e8", 1e8),
    ("1e3", 1e3),
    ("1e6", 1e6),
    ("亿", 1e8),
    ("万", 1e4),
    ("千", 1e3),
    ("百", 1e2),
    ("十", 1e1),
];

/// Removes what does not matter: blanks, dots between words, superscripts, case (but not M against m).
fn tidy(text: &str) -> String {
    let text = simplified(&normalise_text(text));
    let mut out = String::with_capacity(text.len());
    let mut raised = false;
    for c in text.chars() {
        let digit = match c {
            '²' => Some('2'),
            '³' => Some('3'),
            '⁴' => Some('4'),
            '⁶' => Some('6'),
            '⁸' => Some('8'),
            _ => None,
        };
        match (c, digit) {
            (_, Some(d)) => {
                if out.ends_with("10") && !raised {
                    out.push('^');
                }
                raised = true;
                out.push(d);
            }
            (' ' | '·' | '•' | '*' | '×' | '.' | '-' | '(' | ')', None) => {}
            (c, None) => out.push(c),
        }
    }
    out
}

/// The unit without number words. SI prefixes keep their case, the rest is compared without it.
fn base_unit(text: &str) -> Option<Unit> {
    let exact = match text {
        "Mt" | "Tg" => Some((Dimension::Mass, 1e6)),
        "MW" => Some((Dimension::Power, 1e3)),
        "MJ" => Some((Dimension::Energy, 1e-3)),
        "Mtce" => Some((Dimension::Energy, 1e6 * GJ_PER_TCE)),
        _ => None,
    };
    let lower = text.to_lowercase();
    let (dimension, scale) = exact.or_else(|| lower_base(&lower))?;
    Some(Unit { dimension, scale })
}

/// Units in lower case.
fn lower_base(text: &str) -> Option<(Dimension, f64)> {
    use Dimension::{
        Area, Electricity, Energy, GasVolume, Heads, Mass, PersonKm, Persons, Power, TonneKm, VehicleKm,
    };
    Some(match text {
        "t" | "ton" | "tons" | "tonne" | "tonnes" | "吨" | "公吨" => (Mass, 1.0),
        "kg" | "千克" | "公斤" => (Mass, 1e-3),
        "g" | "克" => (Mass, 1e-6),
        "kt" | "gg" => (Mass, 1e3),
        "斤" => (Mass, 5e-4),
        "担" => (Mass, 0.05),
        "nm3" | "m3" | "m^3" | "nm^3" | "立方米" | "标准立方米" | "标立方米" | "标方" | "立方" => {
            (GasVolume, 1e-4)
        }
        "gj" | "吉焦" => (Energy, 1.0),
        "tj" | "太焦" => (Energy, 1e3),
        "pj" => (Energy, 1e6),
        "kj" | "千焦" | "千焦耳" => (Energy, 1e-6),
        "兆焦" | "mj" => (Energy, 1e-3),
        "tce" | "吨标准煤" | "吨标煤" | "吨煤当量" => (Energy, GJ_PER_TCE),
        "ktce" => (Energy, 1e3 * GJ_PER_TCE),
        "kwh" | "千瓦时" | "千瓦小时" | "度" => (Electricity, 1.0),
        "mwh" | "兆瓦时" => (Electricity, 1e3),
        "gwh" | "吉瓦时" => (Electricity, 1e6),
        "twh" => (Electricity, 1e9),
        "ha" | "hm2" | "公顷" | "hectare" | "hectares" => (Area, 1.0),
        "kha" => (Area, 1e3),
        "亩" | "mu" => (Area, 1.0 / MU_PER_HA),
        "km2" | "km^2" | "平方公里" | "平方千米" => (Area, 100.0),
        "m2" | "m^2" | "平方米" => (Area, 1e-4),
        "head" | "heads" | "头" | "只" | "匹" | "峰" | "羽" | "口" => (Heads, 1.0),
        "person" | "persons" | "people" | "capita" | "人" => (Persons, 1.0),
        "tkm" | "t_km" | "tonnekm" | "吨公里" | "吨千米" => (TonneKm, 1.0),
        "pkm" | "p_km" | "passengerkm" | "人公里" | "人千米" => (PersonKm, 1.0),
        "vkm" | "vehicle_km" | "vehiclekm" | "km" | "车公里" | "公里" | "千米" | "辆公里" => {
            (VehicleKm, 1.0)
        }
        "kw" | "千瓦" => (Power, 1.0),
        _ => return None,
    })
}

/// Splits a bracketed unit off a label: `消费量(万吨)` → (`消费量`, `万吨`). Only brackets that hold a known unit count.
pub(crate) fn unit_in_brackets(label: &str) -> Option<(String, String)> {
    let label = normalise_text(label);
    let open = label.rfind('(')?;
    let close = label[open..].find(')')? + open;
    let inside = label[open + 1..close].trim();
    Unit::parse(inside)?;
    let rest = format!("{}{}", label[..open].trim_end(), &label[close + 1..]);
    Some((rest, inside.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str, dimension: Dimension, scale: f64) {
        let unit = Unit::parse(text).unwrap_or_else(|| panic!("{text} is not known"));
        assert_eq!(unit.dimension, dimension, "{text}");
        assert!((unit.scale / scale - 1.0).abs() < 1e-12, "{text}: {} is not {scale}", unit.scale);
    }

    #[test]
    fn units_of_yearbooks_are_understood() {
        use Dimension as D;
        for (text, dimension, scale) in [
            ("万吨", D::Mass, 1e4),
            ("10⁴ t", D::Mass, 1e4),
            ("１０＾４ｔ", D::Mass, 1e4),
            ("1e4 t", D::Mass, 1e4),
            ("Mt", D::Mass, 1e6),
            ("Gg", D::Mass, 1e3),
            ("千克", D::Mass, 1e-3),
            ("亿立方米", D::GasVolume, 1e4),
            ("1e4_Nm3", D::GasVolume, 1.0),
            ("万标准立方米", D::GasVolume, 1.0),
            ("10⁸ m³", D::GasVolume, 1e4),
            ("万吨标准煤", D::Energy, 1e4 * 29.3076),
            ("tce", D::Energy, 29.3076),
            ("百万千焦", D::Energy, 1.0),
            ("万百万千焦", D::Energy, 1e4),
            ("TJ", D::Energy, 1e3),
            ("MJ", D::Energy, 1e-3),
            ("亿千瓦时", D::Electricity, 1e8),
            ("万千瓦·时", D::Electricity, 1e4),
            ("亿度", D::Electricity, 1e8),
            ("千公顷", D::Area, 1e3),
            ("万亩", D::Area, 1e4 / 15.0),
            ("平方公里", D::Area, 100.0),
            ("万头", D::Heads, 1e4),
            ("万只", D::Heads, 1e4),
            ("万人", D::Persons, 1e4),
            ("亿吨公里", D::TonneKm, 1e8),
            ("t·km", D::TonneKm, 1.0),
            ("亿人公里", D::PersonKm, 1e8),
            ("万车公里", D::VehicleKm, 1e4),
            ("万千瓦", D::Power, 1e4),
            ("千瓦", D::Power, 1.0),
        ] {
            is(text, dimension, scale);
        }
    }

    #[test]
    fn money_and_nonsense_are_not_units() {
        for text in ["亿元", "万", "", "t/ha", "吨煤", "kWh/人", "10000"] {
            assert!(Unit::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_bracketed_unit_is_split_off_its_label() {
        assert_eq!(unit_in_brackets("消费量（万吨）"), Some(("消费量".into(), "万吨".into())));
        assert_eq!(unit_in_brackets("合成氨（煤）"), None);
    }
}
