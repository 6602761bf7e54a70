//! Commands that a signal to the harness does not reach.

use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::ProcessRecord;
use crate::system::launch::{Launched, gate};
use crate::system::{User, own_executable};

/// A command that leads a group of its own.
pub(super) fn grouped(mut command: Command, reads: bool) -> Command {
    use std::os::unix::process::CommandExt as _;
    let stdin = if reads { Stdio::piped() } else { Stdio::null() };
    command.stdin(stdin).process_group(0);
    command
}

/// A command behind the gate: it waits for the word that it stands in the
/// ledgers, leads a session of its own, and all below it carries the ids of its
/// runs.
pub(super) fn gated(
    command: &Command,
    launched: Launched,
    records: &[&dyn ProcessRecord],
    user: Option<User>,
) -> anyhow::Result<Command> {
    let program = own_executable().context("cannot find this program")?;
    let mut gated = Command::new(program);
    gated.args(gate(launched, user)).arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => gated.env(key, value),
            None => gated.env_remove(key),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        gated.current_dir(folder);
    }
    if !records.is_empty() {
        let runs: Vec<&str> = records.iter().map(|record| record.run()).collect();
        gated.env(onetag_env::keys::TOOL_OF, runs.join(","));
    }
    gated.stdin(Stdio::piped());
    Ok(gated)
}
