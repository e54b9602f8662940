//! The words every stage of carbonzone shares.
//!
//! No I/O, no heavy dependency: units, [`Finding`]s, the [`Ledger`], columnar [`AttributeTable`]s, the [`GridSpec`], the
//! [`RunManifest`] and the exact sum used for published totals; and [`loops`] over many units for crates that are not optimised.
//! What it does *not* do: read files, know geometry, or know the rules of any study.
//!
//! ```
//! use carbonzone_types::ExactSum;
//! let forward: ExactSum = [0.1, 0.2, 0.3].into_iter().collect();
//! let backward: ExactSum = [0.3, 0.2, 0.1].into_iter().collect();
//! assert_eq!(forward.value().to_bits(), backward.value().to_bits());
//! ```

mod checked;
pub mod closing;
mod compensating_rate;
mod compensation;
mod exact;
mod findings;
mod grid;
mod hinges;
mod ledger;
mod limits;
pub mod loops;
mod manifest;
pub mod money;
pub mod packed;
mod plain_file;
mod progress;
mod redact;
mod reference;
mod row_texts;
mod scenario;
mod statement;
pub mod statistics;
mod table;
mod text_list;
mod units;
mod words;

pub use checked::Checked;
pub use closing::ClosingRow;
pub use compensating_rate::compensating_rate;
pub use compensation::{CompensatedUnit, CompensationModel, CompensationRecord, PriceRecord};
pub use exact::ExactSum;
pub use findings::{Finding, Findings, Severity, SourceSpan, number_of};
pub use grid::GridSpec;
pub use hinges::{LandSectorRecord, OnePointRecord, SinkSetRecord};
pub use ledger::{Ledger, LedgerRow, Residual, Stage, TOLERANCE};
pub use limits::{LARGEST_AMOUNT, is_amount, short_number};
#[cfg(feature = "manifest")]
pub use manifest::RunManifest;
pub use manifest::{
    CityUncertainty, ConfidenceRecord, Contribution, DataLabel, Ellipse, FactorSetRecord, FontRecord,
    FurtherConfidence, GuidanceRecord, IndicatorRecord, InputRecord, Libraries, OutputRecord,
    PointSourceRecord, ProxyTotal, RuleRecord, SectorTotal, StageTiming, Totals, UncertainUnit,
    ZoneClassRecord,
};
pub use money::MoneyUnit;
pub use plain_file::plain_file;
pub use progress::{NoProgress, Progress};
pub use redact::redact;
#[cfg(feature = "manifest")]
pub use redact::redact_json;
pub use reference::{ReferenceRecord, ReferenceRow};
pub use row_texts::NumberedTexts;
pub use scenario::{RuleMultiples, ScenarioRecord, ScenarioUnit, SectorChange, ValueChange, WaterfallStep};
pub use statement::Statement;
pub use table::{AttributeTable, Column, ColumnData};
pub use text_list::TextList;
pub use units::{Carbon, Co2e, M2_PER_HECTARE, M2_PER_KM2, T_PER_1E4_T, decimal_scaled};
pub use words::{BudgetKey, LandGroup, Proxy, ProxyKind, Sector, WordError};
