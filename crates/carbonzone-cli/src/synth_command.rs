//! `carbonzone synth`: a synthetic place in the formats people really get.

use crate::args::{SynthArgs, SynthCity};
use crate::progress::observer;
use crate::run::command_line;
use crate::terminal::print_line;
use carbonzone::synth::Synth;

/// Parcels that can be asked for.
const SIZES: std::ops::RangeInclusive<u64> = 1_000..=10_000_000;

pub fn synth(args: &SynthArgs) -> crate::failure::Result<u8> {
    if args.cities.is_some() && args.city != SynthCity::Suzhou {
        return Err("--cities is for suzhou: the other places are one province each".into());
    }
    if args.city == SynthCity::Suzhou && !SIZES.contains(&args.parcels) {
        let (parcels, least, most) = (args.parcels, SIZES.start(), SIZES.end());
        return Err(format!("--parcels {parcels}: expected {least} to {most}").into());
    }
    let command = command_line().join(" ");
    let synth = Synth {
        out: &args.out,
        command: &command,
        seed: args.seed,
        parcels: args.parcels,
        all_gpkg: args.all_gpkg,
        truth: args.truth,
        facts: args.facts.clone(),
    };
    let bars = observer(args.quiet);
    let made = match (args.city, args.cities) {
        (SynthCity::Suzhou, Some(cities)) => synth.cities(cities, &*bars)?,
        (SynthCity::Suzhou, None) => synth.suzhou(&*bars)?,
        (SynthCity::Guiyang, _) => synth.guiyang(&*bars)?,
        (SynthCity::Henan, _) => synth.henan(&*bars)?,
    };
    if !args.quiet {
        print_line(&format!("{made}\nwritten to {}", args.out.display()));
    }
    Ok(0)
}
