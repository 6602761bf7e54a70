//! The witness once more, after the tests.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};

use super::witness::witness;
use crate::backend::{Process, Replica};
use crate::error::Attach as _;
use crate::keeper::{Client, ServiceState, Status, wait_until_ready};
use crate::phase::{Image, Running};
use crate::run::Run;
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};

/// How long the keeper may take to restore what tests that were killed had
/// stopped, since a service may still be stopping; and how long that service may
/// then take to be ready.
const RESTORE_TIMEOUT: Duration = Duration::from_secs(40);

/// Looks once more after the tests: nothing ended by itself, nothing that a test
/// stopped is still stopped, nothing was replaced.
///
/// A service that a test stopped and started runs as another process, and is
/// looked at as such.
pub(super) fn still_the_same<'run>(
    run: &Run<'run>,
    process: &Process<'run>,
    images: Vec<Image<'run, Running>>,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let mut keeper = Client::connect(run.folder())?;
    let what = "waiting for what the tests stopped";
    let status = wait::until(what, RESTORE_TIMEOUT, interrupt, || {
        let mut status = keeper.status()?;
        // `up` stops what a kept run needs no more.
        let of_service = |name: &str| {
            images.iter().any(|image: &Image<'_, _>| image.reference().service() == name)
        };
        status.services.retain(|service, _| of_service(service));
        poll(status)
    })?;
    let mut same = Vec::new();
    for image in images {
        let service = image.reference().service().to_owned();
        let Some(ServiceState::Running { id }) = status.services.get(&service) else {
            bail!("service `{service}` is gone after the tests");
        };
        if image.replicas().iter().all(|replica| replica.pid != id.pid) {
            let state = || Ok(keeper.status()?.services.remove(&service));
            let readiness = &image.deployed().readiness;
            wait_until_ready(readiness, id.pid, state, RESTORE_TIMEOUT, interrupt)?;
        }
        same.push(image.now_run_by(vec![Replica::first(&service, id.pid)]));
    }
    witness(run, process, &same).context("after the tests")
}

fn poll(status: Status) -> anyhow::Result<Poll<Status>> {
    if let Some(failure) = &status.failure {
        return Err(anyhow!("{failure}").context("the keeper of the run could not do its work"));
    }
    for (service, state) in &status.services {
        match state {
            ServiceState::Exited { .. } => {
                let state = state.describe();
                return Err(anyhow!("service `{service}` {state} while the tests ran")
                    .hint(format!("its log is logs/{service}.log")));
            }
            ServiceState::Stopped | ServiceState::Paused { .. } => {
                return Ok(Poll::Pending(format!("service `{service}` {}", state.predicate())));
            }
            ServiceState::Running { .. } => {}
        }
    }
    if status.database_stopped {
        return Ok(Poll::Pending("the write lock of a database is held".to_owned()));
    }
    Ok(Poll::Ready(status))
}
