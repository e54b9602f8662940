//! What is known of Henan: prefectures, outline, provincial series (`fixtures/henan/`).

use crate::error::Result;
use crate::shape::Point;
use crate::table::Table;

/// A prefecture-level city, as in `prefectures.csv`.
#[derive(Debug, Clone, PartialEq)]
pub struct Prefecture {
    /// Four-digit code.
    pub code: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in Latin letters.
    pub name_en: String,
    /// Centre, WGS 84 degrees.
    pub centre: Point,
    /// County units in it.
    pub counties: usize,
    /// Residents, 10⁴ persons.
    pub population_1e4: f64,
    /// Relative emission per person.
    pub industry: f64,
    /// 0 plain to 1 mountains.
    pub upland: f64,
}

/// The province in one year, as in `province.csv`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProvinceYear {
    /// Year.
    pub year: i32,
    /// Absorption, Mt CO2.
    pub absorption_mt: f64,
    /// Energy CO2, Mt.
    pub emission_mt: f64,
}

/// The facts of `fixtures/henan/`.
#[derive(Debug, Clone)]
pub struct HenanFacts {
    pub(crate) outline: Vec<Point>,
    /// Prefectures in file order.
    pub prefectures: Vec<Prefecture>,
    /// Years in ascending order.
    pub years: Vec<ProvinceYear>,
}

impl HenanFacts {
    /// The facts built into the program.
    ///
    /// # Errors
    /// A fixture that does not parse; a test makes sure it does.
    pub fn builtin() -> Result<Self> {
        Self::parse(
            include_str!("../../../fixtures/henan/outline.csv"),
            include_str!("../../../fixtures/henan/prefectures.csv"),
            include_str!("../../../fixtures/henan/province.csv"),
        )
    }

    /// Reads the text of the three files.
    ///
    /// # Errors
    /// A wrong value.
    pub fn parse(outline: &str, prefectures: &str, province: &str) -> Result<Self> {
        Ok(Self {
            outline: Table::parse("outline.csv", outline)?
                .rows()
                .map(|r| Ok([r.value("lon")?, r.value("lat")?]))
                .collect::<Result<_>>()?,
            prefectures: Table::parse("prefectures.csv", prefectures)?
                .rows()
                .map(|r| {
                    Ok(Prefecture {
                        code: r.text("code")?.to_owned(),
                        name_zh: r.text("name_zh")?.to_owned(),
                        name_en: r.text("name_en")?.to_owned(),
                        centre: [r.value("lon")?, r.value("lat")?],
                        counties: r.value("counties")?,
                        population_1e4: r.value("population_1e4")?,
                        industry: r.value("industry")?,
                        upland: r.value("upland")?,
                    })
                })
                .collect::<Result<_>>()?,
            years: Table::parse("province.csv", province)?
                .rows()
                .map(|r| {
                    Ok(ProvinceYear {
                        year: r.value("year")?,
                        absorption_mt: r.value("absorption_mt")?,
                        emission_mt: r.value("emission_mt")?,
                    })
                })
                .collect::<Result<_>>()?,
        })
    }
}
