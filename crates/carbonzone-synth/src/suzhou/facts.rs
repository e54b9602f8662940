//! The hand-made facts of `fixtures/suzhou/`.

use std::path::Path;

use crate::error::{Result, SynthError};
use crate::shape::Point;
use crate::table::Table;

const PLACE: &str = "suzhou";

/// A county-level unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Six-digit code.
    pub code: String,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Census population of 2020, persons.
    pub population_persons: u64,
    /// Gross domestic product of 2020, 10⁴ CNY.
    pub gdp_1e4cny: f64,
    /// Share of the secondary sector in the product, percent.
    pub secondary_pct: f64,
}

/// What a township is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TownKind {
    /// Old or new city centre.
    Core,
    /// Built-up, mostly housing and services.
    Urban,
    /// Built-up, mostly manufacturing.
    Industrial,
    /// Small town with some manufacturing.
    Mixed,
    /// Villages, fields, hills.
    Rural,
}

/// A township or subdistrict.
#[derive(Debug, Clone, PartialEq)]
pub struct Township {
    /// Index into [`SuzhouFacts::units`].
    pub unit: usize,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in Latin letters.
    pub name_en: String,
    /// Centre, WGS 84 degrees.
    pub centre: Point,
    /// Character.
    pub kind: TownKind,
    /// Relative weight of manufacturing.
    pub industry: f64,
    /// Radius of the built-up area in km.
    pub town_km: f64,
    /// Widening against its neighbours in km.
    pub grow_km: f64,
}

/// What a water or harbour polygon is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaterKind {
    /// A lake or the surface of the Yangtze.
    Water,
    /// An island: a hole in a lake.
    Island,
    /// A harbour area.
    Port,
}

/// A lake, island, river surface or harbour area.
#[derive(Debug, Clone, PartialEq)]
pub struct Water {
    /// Name in Chinese (of the lake, for an island).
    pub name_zh: String,
    /// What it is.
    pub kind: WaterKind,
    /// Land-use code of its parcel.
    pub code: String,
    /// Open ring, WGS 84 degrees.
    pub ring: Vec<Point>,
}

/// A hill as an ellipse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hill {
    /// Centre, WGS 84 degrees.
    pub centre: Point,
    /// Long half axis, km.
    pub a_km: f64,
    /// Short half axis, km.
    pub b_km: f64,
    /// Direction of the long axis, degrees counter-clockwise from east.
    pub angle_deg: f64,
}

/// A main railway, motorway or waterway.
#[derive(Debug, Clone, PartialEq)]
pub struct MainLine {
    /// Name in Chinese.
    pub name_zh: String,
    /// `rail`, `motorway` or `waterway`.
    pub class: String,
    /// Width of its land strip in m, 0 for none.
    pub width_m: f64,
    /// Vertices, WGS 84 degrees.
    pub line: Vec<Point>,
}

/// A known place that fixes the class of the parcel around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Name in Chinese.
    pub name_zh: String,
    /// Land-use code.
    pub code: String,
    /// Position, WGS 84 degrees.
    pub at: Point,
}

/// All facts the synthetic Suzhou grows from.
#[derive(Debug, Clone)]
pub struct SuzhouFacts {
    /// Open ring, WGS 84 degrees.
    pub outline: Vec<Point>,
    /// Lakes, islands, the Yangtze, harbours.
    pub waters: Vec<Water>,
    /// County-level units.
    pub units: Vec<Unit>,
    /// Townships.
    pub townships: Vec<Township>,
    /// Hills.
    pub hills: Vec<Hill>,
    /// Main lines.
    pub lines: Vec<MainLine>,
    /// Known places.
    pub sites: Vec<Site>,
}

/// The text of the seven fixture files.
#[derive(Debug, Clone, Copy)]
pub struct FactFiles<'a> {
    /// `outline.csv`
    pub outline: &'a str,
    /// `lakes.csv`
    pub lakes: &'a str,
    /// `units.csv`
    pub units: &'a str,
    /// `townships.csv`
    pub townships: &'a str,
    /// `hills.csv`
    pub hills: &'a str,
    /// `lines.csv`
    pub lines: &'a str,
    /// `sites.csv`
    pub sites: &'a str,
}

impl SuzhouFacts {
    /// The facts built into the program (the files of `fixtures/suzhou/` at build time).
    ///
    /// # Errors
    /// A fixture file that does not parse; a test makes sure it does.
    pub fn builtin() -> Result<Self> {
        Self::parse(&FactFiles {
            outline: include_str!("../../../../fixtures/suzhou/outline.csv"),
            lakes: include_str!("../../../../fixtures/suzhou/lakes.csv"),
            units: include_str!("../../../../fixtures/suzhou/units.csv"),
            townships: include_str!("../../../../fixtures/suzhou/townships.csv"),
            hills: include_str!("../../../../fixtures/suzhou/hills.csv"),
            lines: include_str!("../../../../fixtures/suzhou/lines.csv"),
            sites: include_str!("../../../../fixtures/suzhou/sites.csv"),
        })
    }

    /// The facts in a folder with the same file names.
    ///
    /// # Errors
    /// A missing file or a wrong value.
    pub fn read_dir(dir: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = dir.join(name);
            std::fs::read_to_string(&path)
                .map_err(|source| SynthError::Read { file: path.display().to_string(), source })
        };
        Self::parse(&FactFiles {
            outline: &read("outline.csv")?,
            lakes: &read("lakes.csv")?,
            units: &read("units.csv")?,
            townships: &read("townships.csv")?,
            hills: &read("hills.csv")?,
            lines: &read("lines.csv")?,
            sites: &read("sites.csv")?,
        })
    }

    /// Reads the facts from text.
    ///
    /// # Errors
    /// A wrong value, or facts that do not fit together.
    pub fn parse(files: &FactFiles) -> Result<Self> {
        let units = read_units(files.units)?;
        let facts = Self {
            outline: read_outline(files.outline)?,
            waters: read_waters(files.lakes)?,
            townships: read_townships(files.townships, &units)?,
            units,
            hills: read_hills(files.hills)?,
            lines: read_lines(files.lines)?,
            sites: read_sites(files.sites)?,
        };
        facts.check()?;
        Ok(facts)
    }

    /// Census population of all units, persons.
    pub fn population_persons(&self) -> u64 {
        self.units.iter().map(|u| u.population_persons).sum()
    }

    fn check(&self) -> Result<()> {
        let wrong = |reason: String| SynthError::Facts { place: PLACE, reason };
        if self.outline.len() < 3 || self.townships.is_empty() {
            return Err(wrong("outline needs three vertices and there must be townships".into()));
        }
        for (i, unit) in self.units.iter().enumerate() {
            if !self.townships.iter().any(|t| t.unit == i) {
                return Err(wrong(format!("unit {} has no township", unit.code)));
            }
        }
        for island in self.waters.iter().filter(|w| w.kind == WaterKind::Island) {
            if !self.waters.iter().any(|w| w.kind == WaterKind::Water && w.name_zh == island.name_zh) {
                return Err(wrong(format!(
                    "island in `{}`, which is not a lake of lakes.csv",
                    island.name_zh
                )));
            }
        }
        Ok(())
    }
}

fn read_outline(text: &str) -> Result<Vec<Point>> {
    Table::parse("outline.csv", text)?.rows().map(|r| Ok([r.value("lon")?, r.value("lat")?])).collect()
}

fn read_units(text: &str) -> Result<Vec<Unit>> {
    Table::parse("units.csv", text)?
        .rows()
        .map(|r| {
            Ok(Unit {
                code: r.text("adcode")?.to_owned(),
                name_zh: r.text("name_zh")?.to_owned(),
                name_en: r.text("name_en")?.to_owned(),
                population_persons: r.value("population_persons")?,
                gdp_1e4cny: r.value("gdp_1e4cny")?,
                secondary_pct: r.value("secondary_pct")?,
            })
        })
        .collect()
}

fn read_townships(text: &str, units: &[Unit]) -> Result<Vec<Township>> {
    Table::parse("townships.csv", text)?
        .rows()
        .map(|r| {
            let code = r.text("unit")?;
            let unit = units
                .iter()
                .position(|u| u.code == code)
                .ok_or_else(|| r.wrong("unit", code, "a code of units.csv"))?;
            let kind = match r.text("kind")? {
                "core" => TownKind::Core,
                "urban" => TownKind::Urban,
                "industrial" => TownKind::Industrial,
                "mixed" => TownKind::Mixed,
                "rural" => TownKind::Rural,
                other => return Err(r.wrong("kind", other, "core, urban, industrial, mixed or rural")),
            };
            Ok(Township {
                unit,
                name_zh: r.text("name_zh")?.to_owned(),
                name_en: r.text("name_en")?.to_owned(),
                centre: [r.value("lon")?, r.value("lat")?],
                kind,
                industry: r.value("industry")?,
                town_km: r.value("town_km")?,
                grow_km: r.value("grow_km")?,
            })
        })
        .collect()
}

fn read_waters(text: &str) -> Result<Vec<Water>> {
    let table = Table::parse("lakes.csv", text)?;
    let mut out: Vec<(String, Water)> = Vec::new();
    for r in table.rows() {
        let kind = match r.text("kind")? {
            "lake" | "river" => WaterKind::Water,
            "island" => WaterKind::Island,
            "port" => WaterKind::Port,
            other => return Err(r.wrong("kind", other, "lake, island, river or port")),
        };
        let name_zh = r.text("name_zh")?.to_owned();
        let group = format!("{name_zh}/{}/{}", r.text("kind")?, r.text("of")?);
        let p = [r.value("lon")?, r.value("lat")?];
        match out.last_mut() {
            Some((g, w)) if *g == group => w.ring.push(p),
            _ => out.push((group, Water { name_zh, kind, code: r.text("code")?.to_owned(), ring: vec![p] })),
        }
    }
    Ok(out.into_iter().map(|(_, w)| w).collect())
}

fn read_hills(text: &str) -> Result<Vec<Hill>> {
    Table::parse("hills.csv", text)?
        .rows()
        .map(|r| {
            Ok(Hill {
                centre: [r.value("lon")?, r.value("lat")?],
                a_km: r.value("a_km")?,
                b_km: r.value("b_km")?,
                angle_deg: r.value("angle_deg")?,
            })
        })
        .collect()
}

fn read_lines(text: &str) -> Result<Vec<MainLine>> {
    let table = Table::parse("lines.csv", text)?;
    let mut out: Vec<MainLine> = Vec::new();
    for r in table.rows() {
        let (name, class) = (r.text("name_zh")?, r.text("class")?);
        if !matches!(class, "rail" | "motorway" | "waterway") {
            return Err(r.wrong("class", class, "rail, motorway or waterway"));
        }
        let p = [r.value("lon")?, r.value("lat")?];
        match out.last_mut() {
            Some(l) if l.name_zh == name && l.class == class => l.line.push(p),
            _ => out.push(MainLine {
                name_zh: name.to_owned(),
                class: class.to_owned(),
                width_m: r.value("width_m")?,
                line: vec![p],
            }),
        }
    }
    Ok(out)
}

fn read_sites(text: &str) -> Result<Vec<Site>> {
    Table::parse("sites.csv", text)?
        .rows()
        .map(|r| {
            Ok(Site {
                name_zh: r.text("name_zh")?.to_owned(),
                code: r.text("code")?.to_owned(),
                at: [r.value("lon")?, r.value("lat")?],
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_facts_have_97_townships_in_ten_units_and_the_census_population() {
        let f = SuzhouFacts::builtin().unwrap();
        assert_eq!((f.townships.len(), f.units.len()), (97, 10));
        // Seventh National Population Census, published total of Suzhou.
        assert_eq!(f.population_persons(), 12_748_262);
    }

    #[test]
    fn the_units_products_sum_to_the_citys_figure_in_the_paper() {
        let f = SuzhouFacts::builtin().unwrap();
        let sum: f64 = f.units.iter().map(|u| u.gdp_1e4cny).sum();
        assert_eq!(sum, 201_704_500.0);
    }
}
