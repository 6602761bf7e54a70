//! The witness once more, after the tests.

use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::backend::RunPlan;
use crate::cycle::witness::witness;
use crate::keeper::{Client, ServiceState, Status, wait_until_ready};
use crate::phase::{Image, Replica, Running};
use crate::run::RunFolder;
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};

/// How long the keeper may take to bring back what tests took away that were
/// killed, since a service may still be stopping; and how long that service may
/// then take to be ready.
const BACK: Duration = Duration::from_secs(40);

/// Looks once more after the tests: nothing ended by itself, nothing that a test
/// took away is still away, nothing was replaced.
///
/// A service that a test stopped and started runs as another process, and is
/// looked at as such.
pub(crate) fn still_the_same<'run>(
    folder: &RunFolder,
    images: Vec<Image<'run, Running>>,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let mut keeper = Client::connect(folder)?;
    let what = "waiting for what the tests took away";
    let plan = RunPlan::read(folder)?;
    let status = wait::until(what, BACK, interrupt, || {
        let mut status = keeper.status()?;
        // `up` stops what a kept run needs no more.
        status.services.retain(|service, _| plan.services.contains_key(service));
        look(status)
    })?;
    let mut same = Vec::new();
    for image in images {
        let service = image.reference().service().to_owned();
        let Some(ServiceState::Running { id }) = status.services.get(&service) else {
            bail!("service `{service}` is gone after the tests");
        };
        let started_again = image.replicas().iter().all(|replica| replica.pid != id.pid);
        if let (true, Some(deployed)) = (started_again, plan.services.get(&service)) {
            let state = || Ok(keeper.status()?.services.remove(&service));
            wait_until_ready(&deployed.launch, id.pid, state, BACK, interrupt)?;
        }
        same.push(image.now_run_by(vec![Replica::first(&service, id.pid)]));
    }
    witness(folder, &same).context("after the tests")?;
    Ok(())
}

fn look(status: Status) -> anyhow::Result<Poll<Status>> {
    for (service, state) in &status.services {
        match state {
            ServiceState::Exited { .. } => bail!(
                "service `{service}` {} while the tests ran\nhint: its log is logs/{service}.log",
                state.describe()
            ),
            ServiceState::Stopped | ServiceState::Paused { .. } => {
                return Ok(Poll::Pending(format!("service `{service}` {}", state.describe())));
            }
            ServiceState::Running { .. } => {}
        }
    }
    if status.database_stopped {
        return Ok(Poll::Pending("the write lock of the store is held".to_owned()));
    }
    Ok(Poll::Ready(status))
}
