//! The session of a service that has ended: what is left of it, and where it may go on.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use signal_hook::consts::SIGKILL;

use crate::build::image::FileIdentity;
use crate::run::RunId;
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};
use crate::system::{self, signal_group, signal_process};

/// How long the kernel may take to end what was killed.
const KILLED: Duration = Duration::from_secs(1);

/// Kills what a service left in its session; it has ended and is not waited for.
///
/// What cannot be ended is found by whoever looks for leftovers.
pub(super) fn end_session(leader: u32) {
    let _ = signal_group(leader, SIGKILL);
    let _ = wait::until("ending what it started", KILLED, &Interrupt::default(), || {
        let left = system::session_members(leader)?;
        for member in &left {
            signal_process(*member, SIGKILL)?;
        }
        Ok(match left.first() {
            Some(pid) => Poll::Pending(format!("process {pid}")),
            None => Poll::Ready(()),
        })
    });
}

/// The process in which a service goes on that has ended, in words: it is in its session,
/// or executes the same program in a session that is no other service's.
pub(super) fn background(pid: u32, run_id: RunId, executable: &Utf8Path) -> Option<String> {
    let mut found = system::session_members(pid).unwrap_or_default();
    if found.is_empty() {
        let owned = system::owned_by(onetag_env::keys::OWNER, &run_id.to_string());
        let program = FileIdentity::of_path(executable).ok()?;
        let is_same = |pid: &u32| {
            let path = Utf8PathBuf::try_from(system::executable(*pid)).ok();
            path.and_then(|path| FileIdentity::of_path(&path).ok()) == Some(program)
        };
        found.extend(owned.unwrap_or_default().into_iter().map(|(pid, _)| pid));
        // Children of this process are services.
        found.retain(|pid| is_same(pid) && system::parent(*pid) != Some(std::process::id()));
    }
    let found = found.first()?;
    Some(format!("process {found} ({})", system::command(*found)))
}
