//! What is left of a run's services, and ending it.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use signal_hook::consts::SIGKILL;

use super::super::LOCALHOST;
use super::super::leases::PORT;
use super::PROCESS;
use crate::report::Leftover;
use crate::run::RunId;
use crate::run::ledger::BackendResource;
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};
use crate::system::{self, ProcessId, Remains};

/// How long processes that were killed may take.
const KILLED: Duration = Duration::from_secs(5);

/// Ends a process and its session; ports ended with the keeper.
///
/// It is not asked first: whoever minded it is gone.
pub(in crate::backend) fn remove(
    run_id: RunId,
    resource: &BackendResource,
) -> anyhow::Result<bool> {
    if resource.what != PROCESS {
        return Ok(true);
    }
    let id: ProcessId = serde_json::from_value(resource.id.clone())?;
    let what = format!("killing `{}`, pid {}", resource.name, id.pid);
    wait::until(&what, KILLED, &Interrupt::default(), || {
        let Remains { alive, proven } = remains(run_id, &id)?;
        if alive.is_empty() || !proven {
            return Ok(Poll::Ready(alive.is_empty()));
        }
        for pid in &alive {
            let _ = system::signal_process(*pid, SIGKILL);
        }
        Ok(Poll::Pending(format!("{alive:?} run")))
    })
}

fn remains(run_id: RunId, id: &ProcessId) -> anyhow::Result<Remains> {
    let run_id = run_id.to_string();
    system::remains(id, true, onetag_env::keys::OWNER, &run_id).context("cannot look for processes")
}

/// What carries the run id as its owner, what follows the processes that were started,
/// and who listens on a port that was leased.
pub(in crate::backend) fn leftovers(
    run_id: RunId,
    outstanding: &[BackendResource],
    gone: &[BackendResource],
) -> anyhow::Result<Vec<Leftover>> {
    let owner = run_id.to_string();
    let mut processes = system::owned_by(onetag_env::keys::OWNER, &owner)
        .context("cannot look for processes of the run")?;
    for resource in outstanding.iter().filter(|resource| resource.what == PROCESS) {
        let id: ProcessId = serde_json::from_value(resource.id.clone())?;
        for pid in remains(run_id, &id)?.alive {
            if !processes.iter().any(|(known, _)| *known == pid) {
                processes.push((pid, resource.name.clone()));
            }
        }
    }
    let ports = outstanding.iter().chain(gone).filter(|resource| resource.what == PORT);
    let ports = ports.filter_map(|port| serde_json::from_value(port.id.clone()).ok());
    let ports: BTreeSet<u16> = ports.collect();
    let processes = processes
        .into_iter()
        .map(|(pid, what)| Leftover { kind: "process", name: format!("{pid} ({what})") });
    let sockets = ports
        .into_iter()
        .filter(|port| system::listening(*port) && is_of_run(*port, &owner))
        .map(|port| Leftover { kind: "socket", name: format!("{LOCALHOST}:{port}") });
    Ok(processes.chain(sockets).collect())
}

/// Whether a process of the run listens on a port. It is free again once the keeper has
/// ended, and anybody may have it by now.
fn is_of_run(port: u16, run_id: &str) -> bool {
    let keys = [onetag_env::keys::OWNER, onetag_env::keys::TOOL_OF];
    let of_run = |pid| keys.iter().any(|key| system::is_owned_by(pid, key, run_id));
    system::listeners(port).into_iter().any(of_run)
}
