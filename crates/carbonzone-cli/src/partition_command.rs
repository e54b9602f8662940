//! `carbonzone partition`: cities as parts for an engine.

use crate::args::PartitionArgs;
use crate::diagnostics;
use crate::language::say;
use crate::progress::observer;
use crate::terminal::{eprint_line, print_line};
use carbonzone::partition::{pipelines, province};

pub fn run(args: &PartitionArgs) -> crate::failure::Result<u8> {
    let files = match pipelines(&args.pipelines) {
        Ok(files) => files,
        Err(findings) => {
            diagnostics::eprint(&findings, &args.pipelines[0]);
            return Ok(findings.exit_code());
        }
    };
    let bars = observer(args.quiet);
    let made = province(
        &files,
        &args.set,
        (&args.out, args.rows as usize),
        &*bars,
        &mut |file, findings, ready| {
            if !args.quiet || !ready {
                diagnostics::eprint(findings, file);
            }
        },
    )?;
    let code = made.refused.iter().map(|(.., findings)| findings.exit_code()).max().unwrap_or(0);
    let (cities, refused) = (made.cities.len(), made.refused.len());
    if cities == 0 {
        let none = "no city could be made ready; nothing was written";
        eprint_line(&say(none, "没有一个城市可用；没有写出任何文件"));
    } else if !args.quiet {
        let parcels: u64 = made.cities.iter().map(|plan| plan.parcels).sum();
        let place = args.out.display();
        print_line(&say(
            &format!(
                "{cities} cities, {parcels} parcels in parts; {refused} cities refused\nwritten to {place}"
            ),
            &format!("{cities} 个城市，{parcels} 个地块已分块；{refused} 个城市被拒绝\n写入 {place}"),
        ));
    }
    Ok(code)
}
