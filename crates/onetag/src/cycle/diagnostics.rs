//! What is collected after a failure, before anything is torn down.

use std::fmt::Write as _;

use crate::backend::RunPlan;
use crate::gc::dead;
use crate::keeper::{Client, ServiceState, quote_log};
use crate::run::{RunFolder, make_folder, write_file, write_json};
use crate::system::tail::last_lines;

/// How many lines of each log are taken along.
const LINES: usize = 200;

/// How many bytes of all logs together are taken along.
const BYTES: usize = 64 << 10;

/// Writes `diagnostics/`: the cause, how every service was, and the ends of all
/// logs in one place.
///
/// Returns a sentence for each service that had ended without being asked to, and the
/// end of its log: often it, and not what failed in the end, is the cause.
pub(crate) fn collect(folder: &RunFolder, cause: &str) -> anyhow::Result<Vec<[String; 2]>> {
    let diagnostics = folder.diagnostics();
    make_folder(&diagnostics)?;
    write_file(&diagnostics.join("cause.txt"), format!("{cause}\n").as_bytes())?;
    let states = dead::services(folder);
    write_json(&diagnostics.join("services.json"), &states)?;
    if let Ok(plan) = RunPlan::read(folder) {
        write_json(&diagnostics.join("plan.json"), &plan)?;
    }
    // Where the keeper is gone, they are as it left them.
    let _ = Client::connect(folder).and_then(|mut keeper| keeper.collect_logs(None));
    let mut ends = String::new();
    let mut logs: Vec<_> = folder.path().join("logs").read_dir_utf8()?.flatten().collect();
    logs.sort_by(|one, other| one.file_name().cmp(other.file_name()));
    let bytes = BYTES / logs.len().max(1);
    for log in logs {
        let _ = writeln!(ends, "==> {} <==", log.file_name());
        for line in last_lines(log.path(), LINES, bytes) {
            let _ = writeln!(ends, "{line}");
        }
    }
    write_file(&diagnostics.join("logs.txt"), ends.as_bytes())?;
    let ended = states.iter().filter(|(_, state)| matches!(state, ServiceState::Ended { .. }));
    let tell = |(name, state): (&String, &ServiceState)| {
        [format!("service `{name}` {}", state.describe()), quote_log(&folder.log(name))]
    };
    Ok(ended.map(tell).collect())
}
