//! Calling `psql`. Statements may hold passwords, so they are in no argument.

use std::process::Command;
use std::time::Duration;

use crate::run::ledger::Ledger;
use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(60);

/// The variable that has the statements.
pub(super) const STATEMENTS: &str = "ONETAG_STATEMENTS";

/// The variable that has the password, as libpq knows it.
pub(super) const PASSWORD: &str = "PGPASSWORD";

/// The arguments of `sh` that have `psql` at this path execute statements in the
/// database at `address`, until one fails.
pub(super) fn shell(psql: &str, address: &str) -> Vec<String> {
    let script = format!("printf '%s\\n' \"${STATEMENTS}\" | \"$@\"");
    let options = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse", "-d"];
    let all = ["-c", &script, "sh", psql].into_iter().chain(options).chain([address]);
    all.map(str::to_owned).collect()
}

/// Has the `psql` of this machine execute statements; on a run of this ledger.
///
/// Without a password, libpq takes what the caller has: PGPASSWORD, `~/.pgpass`.
pub(super) fn execute(
    psql: &str,
    address: &str,
    password: Option<&str>,
    statements: &str,
    ledger: Option<&Ledger>,
) -> anyhow::Result<()> {
    let mut command = Command::new("sh");
    command.args(shell(psql, address)).env(STATEMENTS, statements);
    if let Some(password) = password {
        // What the caller has set is for another server.
        let of_libpq = std::env::vars_os().filter_map(|(key, _)| key.into_string().ok());
        for key in of_libpq.filter(|key| key.starts_with("PG")) {
            command.env_remove(key);
        }
        command.env(PASSWORD, password);
    }
    command.env("PGCONNECT_TIMEOUT", "10");
    let tool = Tool::new(command, LIMIT).output(Output::Capture, Output::Capture);
    let tool = match ledger {
        Some(ledger) => tool.recorded([ledger]),
        None => tool.tied(),
    };
    let finished = tool.finish(&Interrupt::default())?;
    if finished.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&finished.stderr);
    anyhow::bail!("`psql` {}: {}", finished.ended(), said.trim())
}
