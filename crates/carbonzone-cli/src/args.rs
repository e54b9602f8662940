//! Command line.

use carbonzone::config::ParcelFormat;
use carbonzone_report::{BreakMethod, ClassScale, Lang, Palette};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Words that an option takes, each with its value and what it means.
type Words<T> = &'static [(&'static str, T, &'static str)];

const LANGUAGES: Words<Lang> =
    &[("en", Lang::En, "English"), ("zh", Lang::Zh, "Chinese"), ("both", Lang::Both, "Both")];
const PROGRESS: Words<Output> = &[
    ("bars", Output::People, "Bars on a terminal"),
    ("json", Output::Json, "One JSON object per line on standard error"),
];
const TEXT: Words<Output> = &[("text", Output::People, "For people"), ("json", Output::Json, "For programs")];
const TABLE: Words<Output> = &[
    ("table", Output::People, "For people"),
    ("json", Output::Json, "For programs"),
    ("csv", Output::Csv, "CSV: every change"),
];
const PARCELS: Words<ParcelFormat> = &[
    ("gpkg", ParcelFormat::Gpkg, "In the run's GeoPackage"),
    ("fgb", ParcelFormat::Fgb, "FlatGeobuf beside it"),
    ("parquet", ParcelFormat::Parquet, "GeoParquet beside it"),
    ("none", ParcelFormat::None, "Not written"),
];
const BREAKS: Words<BreakMethod> = &[
    ("natural", BreakMethod::Natural, "Natural breaks (exact Fisher-Jenks)"),
    ("quantile", BreakMethod::Quantile, "Equal counts"),
    ("equal", BreakMethod::Equal, "Equal widths"),
];
const SCALES: Words<ClassScale> = &[
    ("auto", ClassScale::Auto, "Ratios (CCR, ECC, ESC) on their logarithms, amounts on their values"),
    ("linear", ClassScale::Linear, "Every map on the values"),
    ("log", ClassScale::Log, "Every one-sided map on logarithms"),
];
const PALETTES: Words<Palette> = &[
    ("standard", Palette::Standard, "`ColorBrewer`: red for emission, green for sinks"),
    ("viridis", Palette::Viridis, "Viridis"),
    ("cividis", Palette::Cividis, "Cividis"),
    ("grey", Palette::Grey, "Greys, for print without colour"),
];

/// Resolutions that a figure may have.
const DPI: std::ops::RangeInclusive<i64> = 36..=1200;

/// Resolution of the figures where none is given: for print, unless the environment says another.
fn default_dpi() -> u32 {
    let asked = std::env::var("CARBONZONE_DPI").ok().and_then(|dpi| dpi.parse().ok());
    asked.filter(|dpi| DPI.contains(&i64::from(*dpi))).unwrap_or(300)
}

/// For whom something is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Bars, text, a table.
    People,
    Json,
    Csv,
}

/// Takes one of the words.
fn one_of<T: Copy + Send + Sync>(words: Words<T>) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(words.iter().map(|(word, _, help)| PossibleValue::new(*word).help(*help))).map(
        |given| {
            let known = words.iter().find(|(word, ..)| *word == given);
            known.expect("the parser lets only its own words through").1
        },
    )
}

/// A city's carbon inventory, allocated to parcels, aggregated to grid and townships, zoned by carbon balance.
#[derive(Debug, Parser)]
#[command(name = "carbonzone", version, propagate_version = true, max_term_width = 110)]
#[command(
    after_help = "Start with `carbonzone init mycity`, then `carbonzone check mycity/pipeline.toml`, then `carbonzone run`.\n\
Exit codes: 0 done; 1 the input or the result is not acceptable; 2 could not run (usage, missing file)."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Language of messages and of what is written [default: for messages that of the locale (LC_ALL, LC_MESSAGES, LANG);
    /// for maps, report and summary that of the pipeline file]
    #[arg(long, value_parser = one_of(LANGUAGES), global = true, value_name = "LANGUAGE")]
    pub lang: Option<Lang>,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Do the whole job: read, allocate, aggregate, zone, write layers, maps and report
    Run(RunArgs),
    /// Read every input and print all findings; write nothing
    Check(CheckArgs),
    /// Print the summary of a finished run again
    Show(ShowArgs),
    /// Print the sector totals, line by line, with activity, factor, source and formula
    Inventory(InventoryArgs),
    /// Try every choice of the method one at a time, and name the townships whose class changes; no draws
    Sensitivity(SensitivityArgs),
    /// Make a synthetic city (always labelled synthetic), in the formats people really get
    Synth(SynthArgs),
    /// Make cities ready for an engine: GeoParquet parts of parcels with their proxies, one folder per city (docs/scale.md)
    Partition(PartitionArgs),
    /// What of a finished run can be loaded into a map: layers, styles, groups, themes, names
    Layers(LayersArgs),
    /// Say where a unit's tonnes come from: sector, budget, proxy, weight, share, fallback
    Explain(ExplainArgs),
    /// Differences of two runs, unit by unit, and the zone transition matrix
    Compare(CompareArgs),
    /// One printable A4 page per township of a finished run, all in one HTML file
    Sheets(SheetsArgs),
    /// Figures, styles, QGIS project and report of an existing run, without computing it again
    Maps(MapsArgs),
    /// The factor library: every factor with unit, source and verification status
    Factors(FactorsArgs),
    /// Write a pipeline file: a commented one, one guessed from a folder of data (--from), or a workbook (--form)
    Init(InitArgs),
    /// JSON Schema of the pipeline file: every key, type and default
    Schema,
    /// Shell completion script
    Completions {
        /// Shell.
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// The name of the command, if it was asked to tell other programs what it does.
    pub fn tells_programs(&self) -> Option<&'static str> {
        let (name, progress) = match self {
            Self::Run(args) => ("run", &args.progress),
            Self::Check(args) => ("check", &args.progress),
            Self::Inventory(args) => ("inventory", &args.progress),
            Self::Sensitivity(args) => ("sensitivity", &args.progress),
            Self::Partition(args) => ("partition", &args.progress),
            Self::Synth(args) => ("synth", &args.progress),
            Self::Maps(args) => ("maps", &args.progress),
            _ => return None,
        };
        (progress.progress == Output::Json).then_some(name)
    }
}

/// `carbonzone sheets`
#[derive(Debug, Args)]
pub struct SheetsArgs {
    /// Folder of a run
    pub run_dir: PathBuf,
    /// Only the townships of this district
    #[arg(long, value_name = "NAME")]
    pub district: Option<String>,
    /// Language of the pages [default: that of --lang, else English]
    #[arg(long, value_parser = one_of(&LANGUAGES[..2]))]
    pub language: Option<Lang>,
    /// Year, in a study over years [default: the last one]
    #[arg(long)]
    pub year: Option<i32>,
    /// The HTML file, which must not be there yet [default: sheets.html here]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// For whom progress is.
#[derive(Debug, Args)]
pub struct ProgressArgs {
    /// For people: bars on a terminal; or for programs: one JSON object per line on standard error, and nothing else
    /// there (events begin, stage, progress, stage_end, finding, layer, message, end)
    #[arg(long, value_parser = one_of(PROGRESS), default_value = "bars", value_name = "FORM")]
    pub progress: Output,
}

/// `carbonzone partition`
#[derive(Debug, Args)]
pub struct PartitionArgs {
    /// Pipeline files, or folders with one pipeline.toml per city; each city needs a name (city.name) of its own
    #[arg(required = true)]
    pub pipelines: Vec<PathBuf>,
    /// Folder to make; it must not be there yet
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Parcels per part
    #[arg(long, value_name = "N", default_value_t = carbonzone::partition::ROWS as u32, value_parser = clap::value_parser!(u32).range(1..))]
    pub rows: u32,
    /// Change a value of every pipeline file
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// No progress bars, no findings of cities that are ready, no summary
    #[arg(long)]
    pub quiet: bool,
    #[command(flatten)]
    /// For whom progress is.
    pub progress: ProgressArgs,
}

/// `carbonzone layers`
#[derive(Debug, Args)]
pub struct LayersArgs {
    /// Folder of a run
    pub run_dir: PathBuf,
    /// Output format
    #[arg(long, value_parser = one_of(&TABLE[..2]), default_value = "table")]
    pub format: Output,
}

/// `carbonzone run`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct RunArgs {
    /// Pipeline file
    pub pipeline: PathBuf,
    /// Output folder; by default `out` and the name of the city
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Put the results into a folder of another pipeline, or of other files: what carbonzone did not write stays
    #[arg(long)]
    pub overwrite: bool,
    /// Threads [default: all processors]; the results do not depend on it
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Change a value of the pipeline file, e.g. --set layers.poi.snap_m=50
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Format of the parcel layer; wins over `parcel_format` of the pipeline file
    #[arg(long, value_parser = one_of(PARCELS), value_name = "FORMAT")]
    pub parcel_output: Option<ParcelFormat>,
    /// Layers and tables only: no figures, project or report
    #[arg(long)]
    pub no_maps: bool,
    /// Resolution of the PNG figures in dots per inch, 36 to 1200; CARBONZONE_DPI says another default
    #[arg(long, default_value_t = default_dpi(), value_parser = clap::value_parser!(u32).range(DPI))]
    pub dpi: u32,
    /// Warnings are errors
    #[arg(long)]
    pub strict: bool,
    /// Progress and findings, but no closing summary
    #[arg(long)]
    pub no_summary: bool,
    /// No progress bars, no findings, no summary
    #[arg(long)]
    pub quiet: bool,
    #[command(flatten)]
    /// For whom progress is.
    pub progress: ProgressArgs,
}

/// `carbonzone show`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Folder of a run
    pub run_dir: PathBuf,
}

/// `carbonzone check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Pipeline file
    pub pipeline: PathBuf,
    /// Output format
    #[arg(long, value_parser = one_of(TEXT), default_value = "text")]
    pub format: Output,
    /// Change a value of the pipeline file
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Warnings are errors
    #[arg(long)]
    pub strict: bool,
    /// No progress bars
    #[arg(long)]
    pub quiet: bool,
    #[command(flatten)]
    /// For whom progress is.
    pub progress: ProgressArgs,
}

/// `carbonzone inventory`
#[derive(Debug, Args)]
pub struct InventoryArgs {
    /// Pipeline file
    #[arg(required_unless_present = "template")]
    pub pipeline: Option<PathBuf>,
    /// Write an empty yearbook workbook instead
    #[arg(long, value_name = "FILE.xlsx")]
    pub template: Option<PathBuf>,
    /// Write the lines to a file: .csv, .xlsx or .json
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
    /// Change a value of the pipeline file
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Warnings are errors
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    /// For whom progress is.
    pub progress: ProgressArgs,
}

/// `carbonzone sensitivity`
#[derive(Debug, Args)]
pub struct SensitivityArgs {
    /// Pipeline file
    pub pipeline: PathBuf,
    /// Output format
    #[arg(long, value_parser = one_of(TABLE), default_value = "table")]
    pub format: Output,
    /// Write it to a new file instead
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Change a value of the pipeline file
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// No progress bars, no findings
    #[arg(long)]
    pub quiet: bool,
    #[command(flatten)]
    /// For whom progress is.
    pub progress: ProgressArgs,
}

/// `carbonzone synth`
#[derive(Debug, Args)]
pub struct SynthArgs {
    /// Which place
    #[arg(value_enum)]
    pub city: SynthCity,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Number of parcels, 1,000 to 10,000,000 (suzhou)
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    pub parcels: u64,
    /// Seed: the same seed and size give the same city
    #[arg(long, default_value_t = 2020)]
    pub seed: u64,
    /// Every layer as GeoPackage (for benchmarks)
    #[arg(long)]
    pub all_gpkg: bool,
    /// Also write truth.csv: how many tonnes each township "really" has of the budgets of pipelines/suzhou.toml (suzhou)
    #[arg(long, conflicts_with = "cities")]
    pub truth: bool,
    /// A province: so many cities, 1 to 25, each in a folder with its pipeline.toml; --parcels is that of each (suzhou)
    #[arg(long, value_name = "N")]
    pub cities: Option<u32>,
    /// Facts the place grows from [default: those shipped]
    #[arg(long, value_name = "DIR")]
    pub facts: Option<PathBuf>,
    /// No progress bars, no summary
    #[arg(long)]
    pub quiet: bool,
    #[command(flatten)]
    /// For whom progress is.
    pub progress: ProgressArgs,
}

/// Synthetic places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SynthCity {
    /// Parcels, POI, people, roads, 97 townships
    Suzhou,
    /// Five counties, 30 m land cover of 2015 and 2020, population, GDP, energy
    Guiyang,
    /// 157 counties, twenty years of 1 km rasters, energy CO2
    Henan,
}

/// `carbonzone explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Folder of a run
    pub run_dir: PathBuf,
    #[command(flatten)]
    /// Unit.
    pub unit: UnitArgs,
    /// Year, if the run has several [default: the last]
    #[arg(long, value_name = "YEAR")]
    pub year: Option<i32>,
    /// Output format
    #[arg(long, value_parser = one_of(TEXT), default_value = "text")]
    pub format: Output,
}

/// Which unit.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct UnitArgs {
    /// Township (or county) id or name
    #[arg(long, value_name = "ID")]
    pub township: Option<String>,
    /// Parcel id
    #[arg(long, value_name = "ID")]
    pub parcel: Option<String>,
    /// Grid cell: column from the west, row from the north, or its id such as c60_r60
    #[arg(long, value_name = "COL,ROW")]
    pub cell: Option<String>,
}

/// `carbonzone compare`
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// First run (before)
    pub run_a: PathBuf,
    /// Second run (after); the same folder again to compare two of its years
    pub run_b: PathBuf,
    /// Year of the first run, if it has several [default: every year with its like]
    #[arg(long, value_name = "YEAR", requires = "year_b")]
    pub year_a: Option<i32>,
    /// Year of the second run
    #[arg(long, value_name = "YEAR", requires = "year_a")]
    pub year_b: Option<i32>,
    /// Write the differences per unit to a CSV file
    #[arg(long, value_name = "FILE.csv")]
    pub export: Option<PathBuf>,
    /// Write one page with maps, transition matrix and the reasons of every change of zone
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
}

/// `carbonzone maps`
#[derive(Debug, Args)]
pub struct MapsArgs {
    /// Folder of a run
    pub run_dir: PathBuf,
    /// Class breaks
    #[arg(long, value_parser = one_of(BREAKS), default_value = "natural")]
    pub breaks: BreakMethod,
    /// Scale on which class breaks are found
    #[arg(long, value_parser = one_of(SCALES), default_value = "auto")]
    pub scale: ClassScale,
    /// Colours
    #[arg(long, value_parser = one_of(PALETTES), default_value = "standard")]
    pub palette: Palette,
    /// Parcel map in tonnes per parcel instead of tonnes per hectare
    #[arg(long)]
    pub parcel_totals: bool,
    /// Classes per map, 3 to 9
    #[arg(long, default_value_t = 5, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(3..=9))]
    pub classes: usize,
    /// Resolution of the PNG figures in dots per inch, 36 to 1200; CARBONZONE_DPI says another default
    #[arg(long, default_value_t = default_dpi(), value_parser = clap::value_parser!(u32).range(DPI))]
    pub dpi: u32,
    /// No progress bars, no summary
    #[arg(long)]
    pub quiet: bool,
    #[command(flatten)]
    /// For whom progress is.
    pub progress: ProgressArgs,
}

/// `carbonzone factors`
#[derive(Debug, Args)]
pub struct FactorsArgs {
    /// Only this sector
    #[arg(long, value_name = "SECTOR")]
    pub sector: Option<String>,
    /// As CSV
    #[arg(long)]
    pub csv: bool,
}

/// `carbonzone init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder to create; its name is that of the city
    pub dir: PathBuf,
    /// Look at every layer and table below this folder (ZIP archives and workbooks too) and write a pipeline file for them
    ///
    /// Guessed are the parcels with id, class field and scheme, townships or counties with the tables that name them, POI, people,
    /// roads, encodings, CRS (GCJ-02 and BD-09 by how the points fit their land) and the year. The guesses are checked by reading
    /// the layers as `carbonzone check` does. What only you know stays open in the file, marked OPEN: the totals, the sink set.
    #[arg(long, value_name = "FOLDER")]
    pub from: Option<PathBuf>,
    /// Write a workbook with drop-down lists in the place of a pipeline file; `carbonzone run FILE.xlsx` and every other command read it
    #[arg(long, value_name = "FILE.xlsx")]
    pub form: Option<PathBuf>,
    /// How the guesses are printed
    #[arg(long, value_parser = one_of(&TABLE[..2]), default_value = "table", requires = "from")]
    pub format: Output,
    /// No progress bars
    #[arg(long, short)]
    pub quiet: bool,
}
