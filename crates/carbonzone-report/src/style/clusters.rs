//! Maps of clusters and of hot and cold spots.

use super::catalog::Builder;
use super::catalog::unit_word;
use super::content::{Figure, FigureContent};
use super::model::{Category, Hatch, MapLayerKind, MapStyle, Scale};
use crate::{Label, MapLayer, Result, Rgb, words};

/// Field of the clusters.
pub const CLUSTER: &str = "cluster";
/// Field of hot and cold spots.
pub const HOT_SPOT: &str = "hot_spot";

type Row = (&'static str, &'static str, &'static str, Rgb, Hatch);

/// Clusters in the colours of the literature: red high, blue low, pale what differs from its neighbours.
const CLUSTERS: [Row; 5] = [
    ("high_high", "High among high", "高—高聚集", Rgb(202, 0, 32), Hatch::None),
    ("low_low", "Low among low", "低—低聚集", Rgb(5, 113, 176), Hatch::None),
    ("high_low", "High among low", "高—低异常", Rgb(244, 165, 130), Hatch::Rising),
    ("low_high", "Low among high", "低—高异常", Rgb(146, 197, 222), Hatch::Falling),
    ("not_significant", "Not significant", "不显著", Rgb(238, 238, 238), Hatch::None),
];

/// Hot and cold spots, the surest at the ends.
const HOT_SPOTS: [Row; 7] = [
    ("hot_99", "Hot spot, 99 % confidence", "热点（置信度 99 %）", Rgb(178, 24, 43), Hatch::None),
    ("hot_95", "Hot spot, 95 %", "热点（95 %）", Rgb(239, 138, 98), Hatch::None),
    ("hot_90", "Hot spot, 90 %", "热点（90 %）", Rgb(253, 219, 199), Hatch::None),
    ("not_significant", "Not significant", "不显著", Rgb(238, 238, 238), Hatch::None),
    ("cold_90", "Cold spot, 90 %", "冷点（90 %）", Rgb(209, 229, 240), Hatch::None),
    ("cold_95", "Cold spot, 95 %", "冷点（95 %）", Rgb(103, 169, 207), Hatch::None),
    ("cold_99", "Cold spot, 99 %", "冷点（置信度 99 %）", Rgb(33, 102, 172), Hatch::None),
];

/// The values of `cluster` or `hot_spot` in words; empty for other fields.
pub(crate) fn words_of(field: &str) -> Vec<(&'static str, Label)> {
    let rows = match field {
        CLUSTER => &CLUSTERS[..],
        HOT_SPOT => &HOT_SPOTS[..],
        _ => &[],
    };
    rows.iter().map(|(key, en, zh, _, _)| (*key, Label::new(*en, *zh))).collect()
}

impl Builder<'_> {
    /// Maps of clusters and hot spots of zones and grid, where the run has found any.
    pub(super) fn clusters(&self, out: &mut Vec<Figure>) -> Result<()> {
        // Of several years, the last is drawn.
        let last = self.data.year() == self.pool.year();
        let Some(record) = self.data.manifest.statistics.as_ref().filter(|_| last) else { return Ok(()) };
        let layers = [
            (MapLayerKind::Zones, Some(&self.data.zones), "zones"),
            (MapLayerKind::Grid, self.data.grid.as_ref(), "grid"),
        ];
        for (kind, layer, name) in layers {
            let Some(layer) = layer else { continue };
            let value = if kind == MapLayerKind::Grid && record.value != "net_t_km2" {
                "gross_t_km2"
            } else {
                record.value.as_str()
            };
            let what = words::field(value);
            for (field, number, rows, en, zh) in [
                (CLUSTER, "fig11a", &CLUSTERS[..], "Clusters", "空间聚类"),
                (HOT_SPOT, "fig11b", &HOT_SPOTS[..], "Hot and cold spots", "冷热点"),
            ] {
                if layer.table.texts(field).is_some_and(|v| v.iter().any(Option::is_some)) {
                    let heading =
                        Label::new(format!("{en}: {}", what.en.to_lowercase()), format!("{}{zh}", what.zh));
                    out.push(self.cluster_map(
                        &format!("{number}_{field}_{name}"),
                        (kind, layer),
                        field,
                        rows,
                        &heading,
                    )?);
                }
            }
        }
        Ok(())
    }

    fn cluster_map(
        &self,
        name: &str,
        (kind, layer): (MapLayerKind, &MapLayer),
        field: &str,
        rows: &[Row],
        heading: &Label,
    ) -> Result<Figure> {
        let values = layer.texts(field)?;
        let category = |(code, (key, en, zh, color, hatch)): (usize, &Row)| Category {
            value: (*key).to_owned(),
            code: code as u8 + 1,
            color: *color,
            hatch: *hatch,
            label: Label::new(*en, *zh),
            count: values.iter().filter(|v| v.as_deref() == Some(*key)).count(),
            likeliest: None,
        };
        let style = MapStyle {
            layer: kind,
            field: field.to_owned(),
            expression: None,
            heading: heading.clone(),
            unit: Label::default(),
            factor: 1.0,
            scale: Scale::Categorized {
                categories: rows.iter().enumerate().map(category).collect(),
                no_data: values.iter().filter(|v| v.is_none()).count(),
            },
        };
        let unit = unit_word(self.data, kind);
        Ok(Figure {
            name: name.to_owned(),
            title: self.title_of(heading, kind, &words::year(self.data.year())),
            short: Label::new(
                format!("{}, {}", heading.en, words::plural(&unit.en)),
                format!("{}{}", unit.zh, heading.zh),
            ),
            year: None,
            content: FigureContent::Map(Box::new(style)),
        })
    }
}
