//! The witness once more, after the tests.

use std::time::Duration;

use anyhow::{anyhow, bail};

use super::witness::witness;
use crate::backend::{ReadyWait, RunBackend};
use crate::context::Context;
use crate::error::Attach as _;
use crate::keeper::{Client, ServiceState, StartedService, Status, quote_log_of};
use crate::phase::{Image, Running};
use crate::run::{Run, RunFolder};
use crate::system::wait::{self, Poll};

/// How long the keeper may take to restore what tests that were killed had
/// stopped, since a service may still be stopping; and how long that service may
/// then take to be ready.
const RESTORE_TIMEOUT: Duration = Duration::from_secs(40);

/// Looks once more after the tests: nothing ended by itself, nothing that a test
/// stopped is still stopped, nothing was replaced.
///
/// A service that a test stopped and started has to be ready again.
pub(super) fn still_the_same<'run>(
    run: &Run<'run>,
    backend: &RunBackend<'run>,
    images: &[Image<'run, Running>],
    context: &Context,
) -> anyhow::Result<()> {
    let interrupt = &context.interrupt;
    let mut keeper = Client::connect(run.folder())?;
    let what = "waiting for what the tests stopped";
    let status = wait::until(what, RESTORE_TIMEOUT, interrupt, || {
        let mut status = keeper.status()?;
        // `up` stops what a kept run needs no more.
        let of_service = |name: &str| {
            images.iter().any(|image: &Image<'_, _>| image.reference().service() == name)
        };
        status.services.retain(|service, _| of_service(service));
        poll(status, run.folder())
    })?;
    let mut again = Vec::new();
    for image in images {
        let service = image.reference().service();
        let Some(ServiceState::Running { start, .. }) = status.services.get(service) else {
            bail!("service `{service}` is gone after the tests");
        };
        if image.start() != *start {
            again.push(StartedService::again(service, *start));
        }
    }
    let say = |text: &str| context.ui.line(text);
    let waiting = ReadyWait::new(RESTORE_TIMEOUT, "what tests stopped", interrupt).saying(&say);
    backend.wait_until_all_ready(&again, &waiting)?;
    let Err(error) = witness(run, backend, images) else { return Ok(()) };
    // What cannot be seen may have ended since the keeper was asked: that is the cause.
    poll(keeper.status()?, run.folder())?;
    Err(error.context("after the tests"))
}

fn poll(status: Status, folder: &RunFolder) -> anyhow::Result<Poll<Status>> {
    if let Some(failure) = &status.failure {
        return Err(anyhow!("{failure}").context("the keeper of the run could not do its work"));
    }
    for (service, state) in &status.services {
        match state {
            ServiceState::Ended { .. } | ServiceState::Unknown { .. } => {
                let state = state.predicate();
                let log = quote_log_of(folder, service);
                return Err(anyhow!("service `{service}` {state} while the tests ran{log}")
                    .hint(format!("its log is logs/{service}.log")));
            }
            ServiceState::Stopped
            | ServiceState::Stopping
            | ServiceState::Starting { .. }
            | ServiceState::Paused { .. } => {
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
