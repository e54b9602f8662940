//! The carbonzone command line: arguments, progress, messages, exit codes.
//!
//! The study itself is the library `carbonzone`; this binary shows it. See `docs/architecture.md`.

#[expect(clippy::doc_markdown, reason = "clap prints these lines as they are")]
mod args;
mod compare;
mod diagnostics;
mod events;
mod explain;
mod factors;
mod failure;
mod help;
mod init;
mod inventory_command;
mod language;
mod layers_command;
mod maps;
mod panics;
mod partition_command;
mod progress;
mod run;
mod sensitivity;
mod sheets;
mod summary;
mod synth_command;
mod terminal;

use args::{Cli, Command};
use clap::{CommandFactory, FromArgMatches};
use std::process::ExitCode;

/// Could not run: usage, missing file.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    carbonzone_io::return_memory_early();
    carbonzone_io::limits_are_errors();
    panics::install();
    progress::install_ctrl_c();
    // Known before the arguments are parsed: their help is in this language too.
    language::set(language::given(std::env::args_os()));
    let matches = help::in_language(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    debug_assert_eq!(cli.lang, language::asked());
    if let Some(command) = cli.command.tells_programs() {
        events::switch_on(command);
    }
    let code = match panics::caught(|| dispatch(cli.command)) {
        Ok(code) => code,
        Err(_) if progress::cancelled() => run::say_cancelled(),
        Err(error) => {
            terminal::eprint_line(&language::error(&error));
            COULD_NOT_RUN
        }
    };
    events::end(code);
    ExitCode::from(code)
}

fn dispatch(command: Command) -> failure::Result<u8> {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => run::check(&args),
        Command::Show(args) => summary::print(&args.run_dir),
        Command::Inventory(args) => inventory_command::inventory(&args),
        Command::Sensitivity(args) => sensitivity::sensitivity(&args),
        Command::Synth(args) => synth_command::synth(&args),
        Command::Partition(args) => partition_command::run(&args),
        Command::Layers(args) => layers_command::layers(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Compare(args) => compare::compare(&args),
        Command::Sheets(args) => sheets::sheets(&args),
        Command::Maps(args) => maps::maps(&args),
        Command::Factors(args) => factors::factors(&args),
        Command::Init(args) => init::init(&args),
        Command::Schema => {
            terminal::print_line(&serde_json::to_string_pretty(&schemars::schema_for!(
                carbonzone::AnyPipeline
            ))?);
            Ok(0)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "carbonzone", &mut script);
            terminal::print_line(&String::from_utf8_lossy(&script));
            Ok(0)
        }
    }
}
