//! Background tasks, watched over: none may end before it is asked to.

use std::time::Duration;

use futures_util::future::select_all;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a task may take to end after it was asked to.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// The running background tasks of a service, in the order in which they end.
#[derive(Debug, Default)]
pub(crate) struct Tasks(Vec<Task>);

#[derive(Debug)]
struct Task {
    name: &'static str,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Tasks {
    /// Starts a task. It is asked to end by its token.
    pub(crate) fn start<F>(&mut self, name: &'static str, run: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let running = tokio::spawn(run(stop.clone()));
        self.0.push(Task { name, stop, running });
    }

    /// Returns when a task has ended without being asked to, with the reason: a
    /// service without one of its tasks would look well and do nothing.
    pub(crate) async fn failure(&mut self) -> anyhow::Error {
        if self.0.is_empty() {
            return std::future::pending().await;
        }
        let (ended, position, _) =
            select_all(self.0.iter_mut().map(|task| &mut task.running)).await;
        let Task { name, .. } = self.0.remove(position);
        match unwrap(ended) {
            Ok(()) => anyhow::anyhow!("the task `{name}` ended too early"),
            Err(error) => error.context(format!("the task `{name}` failed")),
        }
    }

    /// Asks the tasks to end, one after the other in the order of their start:
    /// a later one finishes what an earlier one leaves to it. Returns whether
    /// all ended well and in time.
    pub(crate) async fn stop(self) -> bool {
        let mut clean = true;
        for Task { name, stop, mut running } in self.0 {
            stop.cancel();
            clean &= match timeout(STOP_TIMEOUT, &mut running).await.map(unwrap) {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    tracing::error!(task = name, "did not end well: {error:#}");
                    false
                }
                Err(_) => {
                    tracing::error!(task = name, "did not end within {STOP_TIMEOUT:?}");
                    running.abort();
                    false
                }
            };
        }
        clean
    }
}

fn unwrap(ended: Result<anyhow::Result<()>, JoinError>) -> anyhow::Result<()> {
    // The panic hook has logged the panic with its location.
    ended.unwrap_or_else(|error| Err(anyhow::anyhow!("{error}")))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn a_task_that_ends_fails_or_panics_by_itself_is_named() {
        let mut tasks = Tasks::default();
        tasks.start("patient", async |stop: CancellationToken| {
            stop.cancelled().await;
            Ok(())
        });
        tasks.start("quitter", async |_| Ok(()));
        assert_eq!(format!("{:#}", tasks.failure().await), "the task `quitter` ended too early");
        tasks.start("failing", async |_| anyhow::bail!("no more"));
        assert_eq!(format!("{:#}", tasks.failure().await), "the task `failing` failed: no more");
        tasks.start("panicking", async |_| panic!("never"));
        let error = format!("{:#}", tasks.failure().await);
        assert!(error.starts_with("the task `panicking` failed: task"), "{error}");
        assert!(error.contains("panicked"), "{error}");
        assert!(tasks.stop().await, "the patient one ends when it is asked to");
    }

    #[tokio::test]
    async fn tasks_end_in_order() {
        let ended = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Tasks::default();
        for name in ["first", "second"] {
            let ended = Arc::clone(&ended);
            tasks.start(name, move |stop| async move {
                stop.cancelled().await;
                if name == "first" {
                    // The second would be quicker.
                    tokio::task::yield_now().await;
                }
                ended.lock().expect("no panic").push(name);
                Ok(())
            });
        }
        assert!(tasks.stop().await);
        assert_eq!(*ended.lock().expect("no panic"), ["first", "second"]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_does_not_end_is_cut_off() {
        let mut tasks = Tasks::default();
        tasks.start("deaf", async |_| std::future::pending().await);
        assert!(!tasks.stop().await);
    }
}
