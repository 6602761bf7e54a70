//! `logs`: what a service has printed, in a run that goes on or in the last that had it.

mod find;
mod follow;
mod output;

use clap::Args;

use crate::context::here;
use crate::exit::Exit;
use crate::report::Ui;
use crate::run::{Layout, RunId};
use crate::system::signals::Interrupt;
use find::find;
use follow::{LogReader, follow};
use output::LogOutput;

/// Print what a service has printed
#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// The service whose log is printed
    service: String,
    /// Go on until the run ends, or Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// Of this run; else of one that goes on, or of the last that has it
    #[arg(long, value_name = "ID", value_parser = RunId::parse)]
    run: Option<RunId>,
}

/// Prints the log of a service to stdout: what services print is data.
///
/// On a terminal its control characters are escaped, elsewhere it is as it was printed.
pub(crate) fn logs(arguments: &Logs, ui: &Ui) -> anyhow::Result<Exit> {
    let interrupt = Interrupt::listen()?;
    let place = crate::workspace::locate(&here()?, &interrupt)?;
    let layout = Layout::below(&place.target_directory);
    let log = find(&layout, &place.root, &arguments.service, arguments.run, &interrupt)?;
    ui.line(log.to_string());
    let mut output = LogOutput::stdout(&interrupt)?;
    let mut reader = LogReader::new(&log);
    let end = if arguments.follow && log.goes_on() {
        match (follow(&log, &mut reader, &mut output), interrupt.signal()) {
            // Whoever asked for it to go on ends it so.
            (Err(_), Some(signal)) => return Ok(Exit::Signal(signal)),
            (end, _) => end?,
        }
    } else {
        reader.copy_new(&mut output)?;
        let lacks = |error| format!("warning: the log may lack its end: {error:#}");
        log.outdated.as_ref().map(lacks)
    };
    output.finish()?;
    end.iter().for_each(|end| ui.line(end));
    Ok(Exit::Success)
}
