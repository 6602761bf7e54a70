//! `doctor`: what this machine offers each backend, and how to mend what is missing.

mod machine;
mod report;

use clap::Args;

use super::{Format, On, print_json};
use crate::backend::{BackendKind, Check};
use crate::exit::Exit;
use crate::report::write_stdout;
use crate::system::signals::Interrupt;
use crate::system::wait::bounded;
use report::{BackendDiagnosis, Diagnosis};

/// Show what this machine offers each backend, and how to mend what is missing
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    on: On,
    /// What goes to stdout: lines, or one JSON document
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Looks at the machine, and prints what it has to stdout.
///
/// It succeeds if runs can work on the backend that is asked for, else on the default one;
/// the others are shown.
pub(crate) fn doctor(arguments: &Doctor) -> anyhow::Result<Exit> {
    let interrupt = Interrupt::listen()?;
    let asked = arguments.on.backend.unwrap_or_default();
    let machine = machine::checks(&interrupt)?;
    let mut backends = Vec::new();
    for kind in BackendKind::all() {
        interrupt.check()?;
        backends.push(BackendDiagnosis::new(kind, checks(kind, &interrupt)));
    }
    // Services bring SQLite along.
    let sqlite = Check::ok("sqlite", "embedded in the services that use it");
    let databases = vec![sqlite, crate::database::check()];
    let diagnosis = Diagnosis::new(asked, machine, backends, databases);
    interrupt.check()?;
    match arguments.format {
        Format::Json => print_json(&diagnosis)?,
        Format::Human => write_stdout(diagnosis.text().as_bytes()),
    }
    Ok(if diagnosis.works { Exit::Success } else { Exit::Failure })
}

/// What a backend says of this machine.
fn checks(kind: BackendKind, interrupt: &Interrupt) -> Vec<Check> {
    let backend = kind.backend();
    let what = format!("looking at what the backend `{}` needs", kind.name());
    bounded(&what, backend.step_limit, interrupt, || Ok((backend.doctor)()))
        .unwrap_or_else(|error| vec![Check::failed("answer", format!("{error:#}"))])
}
