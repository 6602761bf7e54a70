//! The life cycle of a service: start, serve, drain, stop.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::app::{App, Start};
use crate::config::Common;
use crate::listen;
use crate::logging;
use crate::readiness::Readiness;
use crate::serve::{HEAD_TIMEOUT, serve};
use crate::service::{Package, Service};
use crate::signals::Signals;
use crate::tasks::Tasks;

/// How long requests may take after the service was asked to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long each stop step may take.
const STOP_STEP_TIMEOUT: Duration = Duration::from_secs(10);

/// How long blocking work may delay the end of the process.
const RUNTIME_STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// Runs a service until SIGTERM or SIGINT: listens, calls `start` for the
/// application, serves it while its steps before ready run, then drains and
/// runs its stop steps.
///
/// The exit code is 0 after a clean stop. It is 1 when the service could not
/// start, could not continue or could not stop cleanly; the last log line says
/// why. It is 128 plus the signal when a second signal ended it at once.
pub fn run<F>(package: Package, common: Common, start: F) -> ExitCode
where
    F: AsyncFnOnce(Service) -> anyhow::Result<App>,
{
    logging::init(&common.log);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(service = package.name, "cannot start a runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(async {
        match live(package, common, start).await {
            Ok(code) => code,
            Err(error) => {
                tracing::error!(service = package.name, "{error:#}");
                ExitCode::FAILURE
            }
        }
    });
    runtime.shutdown_timeout(RUNTIME_STOP_TIMEOUT);
    code
}

async fn live<F>(package: Package, common: Common, start: F) -> anyhow::Result<ExitCode>
where
    F: AsyncFnOnce(Service) -> anyhow::Result<App>,
{
    let mut signals = Signals::catch()?;
    let service = Service::new(package, &common);
    let listener = listen::bind(common.listen).await?;
    let address = listener.local_addr().context("cannot read the address listened on")?;
    let App { router, start, on_stop } = start(service.clone()).await?;

    let (close, closed) = oneshot::channel::<()>();
    let closed = async { closed.await.unwrap_or_default() };
    let mut server = tokio::spawn(serve(listener, router, HEAD_TIMEOUT, closed));
    tracing::info!(
        service = package.name,
        version = package.version,
        %address,
        image = common.image,
        run_id = common.run_id,
        "listening"
    );

    let mut tasks = Tasks::default();
    let ended = tokio::select! {
        signal = signals.next() => Ok(signal),
        error = useful(start, &mut tasks, &service.readiness) => Err(error),
        stopped = &mut server => {
            stopped.context("the server panicked")?;
            anyhow::bail!("the server stopped by itself");
        }
    };
    tracing::info!(signal = ended.as_ref().ok(), "stopping");

    service.stop();
    let end = async {
        tokio::time::sleep(common.stop_delay).await;
        drop(close);
        if timeout(DRAIN_TIMEOUT, &mut server).await.is_err() {
            tracing::warn!("requests were still running after {DRAIN_TIMEOUT:?} and are cut off");
            server.abort();
        }
        let mut clean = tasks.stop().await;
        for (name, step) in on_stop {
            clean &= match timeout(STOP_STEP_TIMEOUT, step).await {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    tracing::error!(step = name, "cannot stop cleanly: {error:#}");
                    false
                }
                Err(_) => {
                    tracing::error!(step = name, "not done after {STOP_STEP_TIMEOUT:?}");
                    false
                }
            };
        }
        clean
    };
    let clean = tokio::select! {
        clean = end => clean,
        signal = signals.next() => {
            tracing::warn!(signal, "stopping at once");
            return Ok(ExitCode::from(128 + if signal == "SIGINT" { 2 } else { 15 }));
        }
    };
    ended?;
    tracing::info!("stopped");
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Takes the steps before ready, starts the tasks, and watches over them.
/// Returns only when one of them fails.
async fn useful(
    start: Vec<(&'static str, Start)>,
    tasks: &mut Tasks,
    readiness: &Readiness,
) -> anyhow::Error {
    for (name, part) in start {
        match part {
            Start::Step(step) => {
                let failed = tokio::select! {
                    ended = step => ended.err(),
                    error = tasks.failure() => return error,
                };
                if let Some(error) = failed {
                    return error.context(format!("cannot become ready: {name}"));
                }
            }
            Start::Task(run) => tasks.start(name, run),
        }
    }
    readiness.ready();
    tracing::info!("ready");
    tasks.failure().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readiness::Phase;

    #[tokio::test]
    async fn a_service_without_one_of_its_tasks_ends() {
        let (router, readiness) = (axum::Router::new(), Readiness::default());
        let app = App::new(router)
            .before_ready("database", async { Ok(()) })
            .task("deliveries", async |_| panic!("a bug"));
        let error = useful(app.start, &mut Tasks::default(), &readiness).await;
        assert!(format!("{error:#}").starts_with("the task `deliveries` failed"), "{error:#}");
        assert_eq!(readiness.phase(), Phase::Ready, "it was, before the task panicked");
    }

    #[tokio::test]
    async fn a_service_whose_task_ends_does_not_end_well() {
        let start = async |_| {
            let app = App::new(axum::Router::new());
            Ok(app.task("steps", async |_| Ok(())))
        };
        let ended = live(crate::package!(), Common::for_tests(), start).await;
        let error = ended.expect_err("a task has ended");
        assert_eq!(format!("{error:#}"), "the task `steps` ended too early");
    }

    #[tokio::test]
    async fn a_task_is_watched_during_the_start_too() {
        let app = App::new(axum::Router::new())
            .task("spool", async |_| anyhow::bail!("no disk"))
            .before_ready("database", std::future::pending());
        let error = useful(app.start, &mut Tasks::default(), &Readiness::default()).await;
        assert_eq!(format!("{error:#}"), "the task `spool` failed: no disk");
    }
}
