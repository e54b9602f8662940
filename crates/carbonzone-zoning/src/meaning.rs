//! What each index says: the one text behind tables, maps, the report page, the QGIS project, `explain` and
//! docs/method.md.

use crate::indices::EccDirection;
use carbonzone_types::Statement;

/// An index of a study, whatever its column is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// Carbon compensating rate, eq. 8.
    Ccr,
    /// Economic contribution (ECC, EEC), eq. 9.
    Economic(EccDirection),
    /// Ecological support (ESC, SEC), eq. 10.
    Ecological,
    /// Source/sink ratio of a raster series.
    SourceSinkRatio,
    /// Carbon imbalance risk index of a raster series.
    ImbalanceRisk,
}

impl Index {
    /// Formula, and what a value above its threshold means, in English and Chinese.
    ///
    /// `ccr_of_zones` is the CCR of all zones together (a ratio): a unit's ESC is its CCR over this one.
    pub fn meaning(self, ccr_of_zones: Option<f64>) -> Statement {
        let (en, zh) = match self {
            Self::Ccr => (
                "sinks / gross emissions; below 100 % a net source, at 100 % balanced, above 100 % a net sink",
                "碳汇 ÷ 碳排放总量；低于 100 % 为净碳源，等于 100 % 为平衡，高于 100 % 为净碳汇",
            ),
            Self::Economic(EccDirection::GdpOverEmission) => (
                "(share of GDP) / (share of gross emissions); above 1: its share of GDP exceeds its share of emissions, \
                 that is less emission per GDP than the city's mean",
                "GDP 占比 ÷ 碳排放占比；大于 1：GDP 占比高于碳排放占比，即单位 GDP 碳排放低于全市平均",
            ),
            Self::Economic(EccDirection::PaperText) => (
                "(share of gross emissions) / (share of GDP); above 1: its share of emissions exceeds its share of GDP, \
                 that is more emission per GDP than the city's mean",
                "碳排放占比 ÷ GDP 占比；大于 1：碳排放占比高于 GDP 占比，即单位 GDP 碳排放高于全市平均",
            ),
            Self::Ecological => return ecological(ccr_of_zones),
            Self::SourceSinkRatio => (
                "energy emissions / absorption (sinks minus land that is a source); above 1: more is emitted than absorbed",
                "能源碳排放 ÷ 碳吸收量（碳汇减去净源土地）；大于 1：排放多于吸收",
            ),
            Self::ImbalanceRisk => (
                "0.5 level + 0.25 trend + 0.25 persistence of the source/sink ratio in a window of years (weights may be \
                 set), 0 to 1; own definition",
                "时段内碳源汇比的水平、趋势、持续性按 0.5、0.25、0.25 加权（权重可设），取值 0～1；本软件定义",
            ),
        };
        Statement::new(en, zh)
    }
}

fn ecological(ccr_of_zones: Option<f64>) -> Statement {
    let pct = ccr_of_zones.map(|v| percent(100.0 * v));
    let (en, zh) = pct.map_or_else(Default::default, |p| (format!(" {p} %"), format!(" {p} %")));
    Statement::new(
        format!(
            "(share of sinks) / (share of gross emissions); above 1: its share of sinks exceeds its share of emissions, \
             that is CCR above the city's{en}; it may still emit far more than it absorbs"
        ),
        format!(
            "碳汇占比 ÷ 碳排放占比；大于 1：碳汇占比高于碳排放占比，即碳补偿率高于全市的{}；排放仍可能远多于吸收",
            if zh.is_empty() { "碳补偿率".to_owned() } else { zh }
        ),
    )
}

/// What [`balance_state`] says, in English and Chinese.
pub const BALANCE_STATE: [&str; 2] = [
    "source, balanced or sink: CCR below, at, above 100 %",
    "source 净碳源、balanced 平衡、sink 净碳汇：碳补偿率低于、等于、高于 100 %",
];

/// Three significant digits, at least two decimals below 10 %.
fn percent(value: f64) -> String {
    let magnitude = if value > 0.0 { value.log10().floor() as i32 } else { 0 };
    format!("{value:.*}", (2 - magnitude).clamp(0, 9) as usize)
}

/// Whether a unit is a net `source`, `balanced` or a net `sink`, by its CCR (1 within 1e-9 is balanced).
pub fn balance_state(ccr: Option<f64>) -> Option<&'static str> {
    const SAME: f64 = 1e-9;
    ccr.map(|ccr| {
        if (ccr - 1.0).abs() <= SAME {
            "balanced"
        } else if ccr < 1.0 {
            "source"
        } else {
            "sink"
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    #[test]
    fn esc_is_never_explained_as_more_sink_than_emission() {
        let text = Index::Ecological.meaning(Some(0.010_482));
        assert!(text.en.contains("CCR above the city's 1.05 %"), "{}", text.en);
        assert!(text.zh.contains("碳补偿率高于全市的 1.05 %"), "{}", text.zh);
        assert!(!text.en.contains("more sink than") && text.en.contains("may still emit far more"));
        assert!(!Index::Ecological.meaning(None).en.contains('%'));
    }

    #[test]
    fn the_printed_formula_of_guiyang_is_explained_the_other_way_round() {
        let (a, b) = (EccDirection::GdpOverEmission, EccDirection::PaperText);
        let [a, b] = [a, b].map(|d| Index::Economic(d).meaning(None));
        assert!(a.en.contains("less emission per GDP") && b.en.contains("more emission per GDP"));
        assert!(a.zh.starts_with("GDP 占比") && b.zh.starts_with("碳排放占比"));
    }

    #[test]
    fn a_unit_is_source_balanced_or_sink_by_its_ccr() {
        let of = |ccr: f64| balance_state(Some(ccr));
        assert_eq!(
            [of(0.0), of(0.999), of(1.0), of(1.0 + 5e-10), of(5.4)].map(Option::unwrap),
            ["source", "source", "balanced", "balanced", "sink"]
        );
        assert_eq!(balance_state(None), None);
    }

    const DEFINED: [Index; 4] = [
        Index::Ccr,
        Index::Economic(EccDirection::GdpOverEmission),
        Index::Ecological,
        Index::SourceSinkRatio,
    ];

    /// What the value of each index says, in both languages.
    fn sayings() -> Vec<[String; 2]> {
        let said = |index: Index| {
            let text = index.meaning(None);
            let behind = |t: &str, sign: &str| t.split_once(sign).unwrap().1.to_owned();
            [behind(&text.en, "; "), behind(&text.zh, "；")]
        };
        DEFINED.into_iter().map(said).collect()
    }

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn the_pages_of_the_method_say_the_same() {
        let page = |name: &str| std::fs::read_to_string(root().join(name)).unwrap().replace('\n', " ");
        let (en, zh) = (page("docs/method.md"), page("docs/zh/method.md"));
        for (i, [english, chinese]) in sayings().iter().enumerate() {
            assert!(en.contains(english), "docs/method.md does not say: {english}");
            // The ratio of a raster series has no page in Chinese.
            assert!(zh.contains(chinese) || i == 3, "docs/zh/method.md does not say: {chinese}");
        }
    }

    /// Words by which an index is explained.
    const EXPLAINING: [&str; 10] = [
        "share of sinks",
        "share of its sinks",
        "more sink than",
        "more sinks than",
        "sinks than emission",
        "share of GDP",
        "emission per GDP",
        "碳汇占比",
        "GDP 占比",
        "汇大于源",
    ];

    fn texts(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !["target", "tests", "snapshots", "build"].contains(&name.as_str()) {
                texts(&path, out);
            } else if ["rs", "toml", "md", "py", "js", "html", "csv"]
                .iter()
                .any(|e| name.ends_with(&format!(".{e}")))
            {
                out.push(path);
            }
        }
    }

    /// The classes have their own source, `data/guidance.toml`.
    #[test]
    fn no_other_text_explains_an_index() {
        let (mut files, sayings) = (vec![root().join("README.md")], sayings());
        for folder in ["crates", "docs", "pipelines", "plugins"] {
            texts(&root().join(folder), &mut files);
        }
        let own = |f: &PathBuf| !f.ends_with("src/meaning.rs") && !f.ends_with("data/guidance.toml");
        let mut second = Vec::new();
        for file in files.iter().filter(|f| own(f)) {
            let text = std::fs::read_to_string(file).unwrap();
            let explains = |line: &&str| EXPLAINING.iter().any(|words| line.contains(words));
            let said = |line: &&str| sayings.iter().flatten().any(|saying| line.contains(saying.as_str()));
            second.extend(
                text.lines()
                    .filter(explains)
                    .filter(|l| !said(l))
                    .map(|l| format!("{}: {l}", file.display())),
            );
        }
        assert!(files.len() > 300 && second.is_empty(), "a second text: {second:#?}");
    }
}
