//! The map of who pays and who receives.

use super::catalog::{Builder, Choropleth};
use super::content::Figure;
use super::model::MapLayerKind;
use crate::palette::Meaning;
use crate::{Label, Result};

/// Name of the map.
pub const COMPENSATION_MAP: &str = "fig12_compensation";

/// Field of the zones: money at the first price under the first model, CNY.
const FIELD: &str = "compensation_cny";

impl Builder<'_> {
    /// The map; nothing where the run computed no compensation, or not for this year.
    pub(super) fn compensation(&self, out: &mut Vec<Figure>) -> Result<()> {
        let zones = &self.data.zones;
        let known = zones.table.numbers(FIELD).is_some_and(|v| v.iter().any(Option::is_some));
        let Some(record) = self.data.manifest.compensation.as_ref().filter(|_| known) else { return Ok(()) };
        let (Some(model), Some(price)) = (record.models.first(), record.prices.first()) else {
            return Ok(());
        };
        let value = price.cny_per_t;
        let mut figure = self.choropleth(Choropleth {
            name: COMPENSATION_MAP,
            kind: MapLayerKind::Zones,
            layer: zones,
            field: FIELD,
            heading: Label::new("Compensation", "碳补偿"),
            base_unit: Label::new("10⁴ CNY", "万元"),
            forced: &[0.0],
            ratio: false,
            exact_pivot: true,
            meaning: Meaning::Coefficient,
            factor: Some(1e-4),
            sides: Some((Label::new("pays", "支付"), Label::new("receives", "受偿"))),
        })?;
        let (en, zh) = (&model.label.en, &model.label.zh);
        figure.add_to_method(&Label::new(
            format!("; {en}, {value} CNY/t; arithmetic on shares among the units of this run"),
            format!("；{zh}，{value} 元/吨；仅为本次各单元之间按份额的算术"),
        ));
        out.push(figure);
        Ok(())
    }
}
