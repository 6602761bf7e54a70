//! The pods of a run as they are now: a watch of kubectl's, read by a thread.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::process::ChildStdout;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use serde::Deserialize;

use super::kubectl::Kubectl;
use super::pod::Pod;
use super::stream::KubectlStream;
use crate::backend::lock;
use crate::report::Ui;
use crate::system::wait::Deadline;

/// How long a watch that was started may take to tell what there is.
const SETTLE: Duration = Duration::from_secs(2);

/// How long to wait before a watch that ended is started again.
const PAUSE: Duration = Duration::from_millis(500);

/// How long the pods may be unknown before that is an error.
const WATCH_TIMEOUT: Duration = Duration::from_secs(6);

/// All pods of a run.
#[derive(Debug)]
pub(super) struct Pods {
    shared: Arc<Shared>,
}

type Listener = Box<dyn Fn(&[Pod]) + Send + Sync>;

struct Shared {
    view: Mutex<View>,
    changed: Condvar,
    /// Hears of all pods when one has changed, before anybody else does.
    listener: Listener,
}

#[derive(Debug)]
struct View {
    /// By their ids, each with the number of the watch that told it last.
    pods: BTreeMap<String, (u64, Pod)>,
    watch: u64,
    /// When the present watch was started.
    since: Instant,
    /// Since when none has told anything; none if one does.
    silent: Option<Instant>,
    process: Option<KubectlStream>,
}

/// A line of the watch.
#[derive(Debug, Deserialize)]
struct WatchEvent {
    #[serde(rename = "type")]
    kind: String,
    object: Pod,
}

impl Pods {
    /// Begins to watch; `listener` hears of each change.
    pub(super) fn watch(
        kubectl: &Kubectl,
        selector: &str,
        listener: impl Fn(&[Pod]) + Send + Sync + 'static,
    ) -> Pods {
        let view = View {
            pods: BTreeMap::new(),
            watch: 0,
            since: Instant::now(),
            silent: Some(Instant::now()),
            process: None,
        };
        let (view, changed) = (Mutex::new(view), Condvar::new());
        let shared = Arc::new(Shared { view, changed, listener: Box::new(listener) });
        let watched = Arc::downgrade(&shared);
        let (kubectl, selector) = (kubectl.clone(), selector.to_owned());
        thread::spawn(move || {
            while let Some(shared) = watched.upgrade() {
                drop(shared);
                if let Err(error) = watch_once(&kubectl, &selector, &watched) {
                    Ui::stderr().line(format!("{error:#}"));
                }
                thread::sleep(PAUSE);
            }
        });
        Pods { shared }
    }

    /// The pods of a service.
    ///
    /// # Errors
    ///
    /// Nobody has told for some time how they are.
    pub(super) fn of(&self, service: &str) -> anyhow::Result<Vec<Pod>> {
        lock(&self.shared.view).of(service)
    }

    /// Looks again whenever something has changed, until there is something to return or
    /// the time is up.
    pub(super) fn wait<T>(
        &self,
        service: &str,
        limit: Duration,
        mut look: impl FnMut(&[Pod]) -> Option<T>,
    ) -> anyhow::Result<Option<T>> {
        let deadline = Deadline::within(limit);
        let mut view = lock(&self.shared.view);
        loop {
            if let Some(seen) = look(&view.of(service)?) {
                return Ok(Some(seen));
            }
            if deadline.passed() {
                return Ok(None);
            }
            // What the view tells changes with time as well.
            let pause = deadline.left().min(PAUSE);
            let waited = self.shared.changed.wait_timeout(view, pause);
            view = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Watches until that ends.
fn watch_once(kubectl: &Kubectl, selector: &str, shared: &Weak<Shared>) -> anyhow::Result<()> {
    let all = ["get", "pods", "--selector", selector];
    let more = ["--watch", "--output-watch-events", "--output", "json"];
    let (ended, end) = std::sync::mpsc::channel::<()>();
    let (weak, number) = (Weak::clone(shared), next_watch(shared)?);
    let process = kubectl.stream(all.into_iter().chain(more), move |stdout| {
        read(stdout, &weak, number);
        drop(ended);
    })?;
    if let Some(shared) = shared.upgrade() {
        lock(&shared.view).process = Some(process);
    }
    let _ = end.recv();
    if let Some(shared) = shared.upgrade() {
        let mut view = lock(&shared.view);
        if view.since.elapsed() > SETTLE {
            // Until now it told what there was.
            view.silent = None;
        }
        view.silent.get_or_insert_with(Instant::now);
        view.process = None;
    }
    Ok(())
}

fn next_watch(shared: &Weak<Shared>) -> anyhow::Result<u64> {
    let shared = shared.upgrade().ok_or_else(|| anyhow!("nobody wants to know"))?;
    let mut view = lock(&shared.view);
    view.watch += 1;
    view.since = Instant::now();
    Ok(view.watch)
}

fn read(stdout: ChildStdout, shared: &Weak<Shared>, watch: u64) {
    let events = serde_json::Deserializer::from_reader(BufReader::new(stdout));
    for event in events.into_iter::<WatchEvent>() {
        let Some(shared) = shared.upgrade() else { return };
        match event {
            Ok(event) => shared.note(event, watch),
            Err(error) => {
                return Ui::stderr().line(format!("a watch of pods ended: {error}"));
            }
        }
    }
}

impl Shared {
    fn note(&self, event: WatchEvent, watch: u64) {
        let mut view = lock(&self.view);
        view.silent = None;
        match event.kind.as_str() {
            "ADDED" | "MODIFIED" => {
                view.pods.insert(event.object.metadata.uid.clone(), (watch, event.object));
            }
            "DELETED" => drop(view.pods.remove(&event.object.metadata.uid)),
            // Bookmarks, and errors, with which a watch ends.
            _ => return,
        }
        let pods: Vec<_> = view.current().cloned().collect();
        (self.listener)(&pods);
        self.changed.notify_all();
    }
}

impl View {
    fn of(&mut self, service: &str) -> anyhow::Result<Vec<Pod>> {
        if self.process.is_some() && self.since.elapsed() > SETTLE {
            // It has nothing to tell.
            self.silent = None;
        }
        if let Some(silent) = self.silent.filter(|silent| silent.elapsed() > WATCH_TIMEOUT) {
            bail!("the API server has not told for {:.0?} how pods are", silent.elapsed());
        }
        Ok(self.current().filter(|pod| pod.service() == service).cloned().collect())
    }

    /// Those that there are; a pod that ended between two watches is told by none.
    fn current(&self) -> impl Iterator<Item = &Pod> {
        let settled = self.since.elapsed() > SETTLE;
        let is_current = move |watch: u64| watch == self.watch || !settled;
        self.pods.values().filter(move |(watch, _)| is_current(*watch)).map(|(_, pod)| pod)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("view", &self.view).finish_non_exhaustive()
    }
}
