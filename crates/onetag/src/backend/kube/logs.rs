//! What pods print, on its way to the log of their service.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;

use super::kubectl::Kubectl;
use super::pod::{ContainerStatus, Pod};
use super::stream::KubectlStream;
use crate::backend::lock;
use crate::backend::log::BoundedLog;

/// How long kubectl may take to begin with a log, and to end it once its pod is gone.
const BEGIN: Duration = Duration::from_millis(500);
const END: Duration = Duration::from_secs(2);

/// How much of what each container printed is in the log already: by pod, and by the
/// number of its start.
#[derive(Debug, Default)]
pub(super) struct Collected {
    bytes: BTreeMap<(String, u32), u64>,
}

/// The logs of pods that are about to end.
pub(super) struct FinalLogs(Vec<LogStream>);

struct LogStream {
    key: (String, u32),
    _process: KubectlStream,
    /// Hears how long it was.
    end: Receiver<u64>,
}

impl Collected {
    /// Appends to the log what pods have printed since they were asked last.
    pub(super) fn update(
        &mut self,
        kubectl: &Kubectl,
        pods: &[Pod],
        log: &Utf8Path,
    ) -> anyhow::Result<()> {
        for pod in pods {
            let Some(container) = pod.container() else { continue };
            let (name, of) = (pod.metadata.name.as_str(), option(container));
            if let Some(before) = container.restart_count.checked_sub(1) {
                // The node may have dropped it.
                let _ =
                    self.fetch(kubectl, &["logs", "--previous", &of, name], key(pod, before), log);
            }
            let has_begun =
                container.state.running.is_some() || container.state.terminated.is_some();
            if has_begun {
                self.fetch(kubectl, &["logs", &of, name], key(pod, container.restart_count), log)?;
            }
        }
        Ok(())
    }

    /// A node hands out all of it each time, and without its beginning once that is more
    /// than it keeps: then all that is there counts as new.
    fn fetch(
        &mut self,
        kubectl: &Kubectl,
        arguments: &[&str],
        key: (String, u32),
        log: &Utf8Path,
    ) -> anyhow::Result<()> {
        let folder = log.parent().context("a log lies in a folder")?;
        let mut all = tempfile::tempfile_in(folder).context("cannot make a file for a log")?;
        kubectl.write(arguments.iter().copied(), &all)?;
        let length = all.metadata()?.len();
        let seen = self.bytes.get(&key).copied().filter(|seen| *seen <= length).unwrap_or(0);
        all.seek(SeekFrom::Start(seen))?;
        append(all, log).with_context(|| format!("cannot write {log}"))?;
        self.bytes.insert(key, length);
        Ok(())
    }

    /// Has everything written to the log that pods print until they end.
    pub(super) fn follow(
        &mut self,
        kubectl: &Kubectl,
        pods: &[Pod],
        log: &Utf8Path,
    ) -> anyhow::Result<FinalLogs> {
        let (ended, running): (Vec<_>, Vec<_>) = pods.iter().cloned().partition(|pod| !pod.runs());
        // What cannot be had is no reason to go on running.
        let _ = self.update(kubectl, &ended, log);
        let shared = Arc::new(Mutex::new(BoundedLog::open(log)?));
        let mut streams = Vec::new();
        for pod in running {
            let Some(container) = pod.container() else { continue };
            let key = key(&pod, container.restart_count);
            let seen = self.bytes.get(&key).copied().unwrap_or(0);
            let arguments = ["logs", "--follow", &option(container), &pod.metadata.name];
            let ((begun, begins), (ended, end)) = (mpsc::channel(), mpsc::channel());
            let log = Arc::clone(&shared);
            let process = kubectl.stream(arguments, move |stdout| {
                let mut tail = Tail { log, skip: seen, length: 0, begun: Some(begun) };
                let _ = io::copy(&mut { stdout }, &mut tail);
                let _ = ended.send(tail.length);
            })?;
            let _ = begins.recv_timeout(BEGIN);
            streams.push(LogStream { key, _process: process, end });
        }
        Ok(FinalLogs(streams))
    }

    /// Their pods are gone: what is still on its way is waited for.
    pub(super) fn finish(&mut self, FinalLogs(streams): FinalLogs) {
        for LogStream { key, end, .. } in streams {
            if let Ok(length) = end.recv_timeout(END) {
                self.bytes.insert(key, length);
            }
        }
    }
}

/// Whose log it is: a pod that its package describes may have several containers.
fn option(container: &ContainerStatus) -> String {
    format!("--container={}", container.name)
}

fn key(pod: &Pod, start: u32) -> (String, u32) {
    (pod.metadata.uid.clone(), start)
}

fn append(mut new: File, log: &Utf8Path) -> anyhow::Result<()> {
    let mut log = BoundedLog::open(log)?;
    let mut chunk = vec![0; 64 << 10];
    loop {
        match new.read(&mut chunk)? {
            0 => return Ok(()),
            length => log.write(&chunk[..length])?,
        }
    }
}

/// What comes behind the beginning of a log that is known already.
struct Tail {
    log: Arc<Mutex<BoundedLog>>,
    skip: u64,
    length: u64,
    begun: Option<mpsc::Sender<()>>,
}

impl Write for Tail {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        drop(self.begun.take());
        let known = self.skip.saturating_sub(self.length).min(bytes.len() as u64);
        self.length += bytes.len() as u64;
        lock(&self.log).write(&bytes[known as usize..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[path = "logs_tests.rs"]
mod tests;
