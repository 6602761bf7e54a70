//! `up`: start once. On a kept run: replace what changed, start again what died,
//! leave the rest running.

mod refresh;

use std::time::Duration;

use clap::Args;

use super::{Format, Profile, conclude, context, job, several};
use crate::cycle::{self, Options};
use crate::exit::Exit;
use crate::gc::dead::kept;
use crate::report::{RunReport, Ui};

/// Start what a suite needs and keep it, or bring what is kept up to date
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// The suite whose services are started
    #[arg(value_name = "SERVICE")]
    suite: String,
    /// How long a service may take to become ready
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    ready_timeout: Duration,
    #[command(flatten)]
    profile: Profile,
    /// What goes to stdout besides the talk on stderr
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// Brings a run up and keeps it, or brings the kept one up to date.
pub(crate) fn up(arguments: &Up, ui: Ui) -> anyhow::Result<Exit> {
    conclude(arguments.format, reports(arguments, ui))
}

fn reports(arguments: &Up, ui: Ui) -> anyhow::Result<Vec<(Exit, RunReport)>> {
    let context = context(ui)?;
    let job = job(&context, &arguments.suite)?;
    let ready = arguments.ready_timeout;
    let mut found = kept(&context.layout(), &context.workspace.root, &arguments.suite)?;
    match found.len() {
        0 => {
            let options = Options { test: None, keep: true, keep_on_failure: false, ready };
            cycle::drive(&context, &[job], &options)
        }
        1 => {
            let report = refresh::refresh(&context, &job, found.remove(0), ready)?;
            Ok(vec![(Exit::Success, report)])
        }
        _ => Err(several(&arguments.suite, &found)),
    }
}
