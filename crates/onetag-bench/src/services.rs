//! The services of a suite, started by hand.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use signal_hook::consts::{SIGKILL, SIGTERM};

use crate::backend::{Addresses, Own, wired};
use crate::keeper::ask;
use crate::run::make_folder;
use crate::system::launch::{GO, Launched, gate};
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};
use crate::system::{bind_lease, own_executable, signal_group};
use crate::workspace::{Plan, PlannedService};

/// How long a service may take to become ready.
const READY: Duration = Duration::from_secs(60);

/// How long a service may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(25);

/// What stands in the variables instead of a run id: nothing was minted.
pub(super) const RUN_ID: &str = "00000000000070008000000000000000";

/// The tag that goes with it: the same for every lap, as people do it by hand.
pub(super) fn tag(plan: &Plan) -> String {
    format!("{}-{RUN_ID}", plan.suite)
}

/// Programs that run; when this is dropped, they are killed.
pub(super) struct Services {
    running: Vec<Running>,
    pub(super) addresses: Addresses,
    _leases: Vec<OwnedFd>,
}

struct Running {
    name: String,
    ready: String,
    log: Utf8PathBuf,
    child: Child,
}

impl Services {
    /// Starts all services of the plan, those first that others need.
    ///
    /// Their logs, volumes and databases lie in `folder`; `binaries` is where
    /// cargo left the programs.
    pub(super) fn start(
        plan: &Plan,
        binaries: &Utf8Path,
        folder: &Utf8Path,
    ) -> anyhow::Result<Services> {
        let mut addresses = Addresses::default();
        let mut leases = Vec::new();
        for planned in plan.services() {
            let (lease, port) = bind_lease(0).context("cannot get a port of 127.0.0.1")?;
            addresses.insert(&planned.service.name, port);
            leases.push(lease);
        }
        let mut services = Services { running: Vec::new(), addresses, _leases: leases };
        for planned in plan.services() {
            let started = start(planned, binaries, folder, &tag(plan), &services.addresses)?;
            services.running.push(started);
        }
        Ok(services)
    }

    /// Waits until all of them answer 200.
    pub(super) fn wait_until_ready(&mut self, interrupt: &Interrupt) -> anyhow::Result<()> {
        for service in &mut self.running {
            let Running { name, ready, log, child } = service;
            let what = format!("waiting until service `{name}` is ready, started by hand");
            wait::until(&what, READY, interrupt, || {
                let last = match ask(ready) {
                    Ok(200) => return Ok(Poll::Ready(())),
                    Ok(status) => format!("{ready} answers {status}"),
                    Err(error) => format!("{ready} does not answer: {error}"),
                };
                let ended = child.try_wait().context("cannot look after it")?;
                ensure!(
                    ended.is_none(),
                    "service `{name}` ended before it was ready, started by hand\nhint: its log is {log}"
                );
                Ok(Poll::Pending(last))
            })?;
        }
        Ok(())
    }

    /// Asks one after the other to end, and waits for that: those first that talk
    /// to others, which may have something to hand over.
    pub(super) fn stop(mut self) -> anyhow::Result<()> {
        while let Some(mut service) = self.running.pop() {
            let (pid, (ended, end)) = (service.child.id(), mpsc::channel());
            signal_group(pid, SIGTERM)?;
            thread::spawn(move || ended.send(service.child.wait()));
            if end.recv_timeout(GRACE).is_err() {
                signal_group(pid, SIGKILL)?;
                anyhow::bail!("service `{}` did not end within {GRACE:?}", service.name);
            }
        }
        Ok(())
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        for service in &mut self.running {
            let _ = signal_group(service.child.id(), SIGKILL);
            let _ = service.child.wait();
        }
    }
}

fn start(
    planned: &PlannedService,
    binaries: &Utf8Path,
    folder: &Utf8Path,
    tag: &str,
    addresses: &Addresses,
) -> anyhow::Result<Running> {
    let service = &planned.service;
    let name = &service.name;
    let own = Own {
        image: format!("localhost/{name}:{tag}"),
        run_id: RUN_ID.to_owned(),
        volume: folder.join("volumes").join(name),
        database: folder.join("databases").join(format!("{name}.db")),
    };
    make_folder(&own.volume)?;
    make_folder(&folder.join("databases"))?;
    let binary = binaries.join(&service.binary);
    ensure!(binary.exists(), "cargo left no {binary}\nhint: bench expects the profile `dev`");
    let path = folder.join(format!("{name}.log"));
    let log = OpenOptions::new().append(true).create(true).open(&path);
    let log = log.with_context(|| format!("cannot open the log {path}"))?;
    // The gate has the kernel end the service should this process be killed.
    let mut child = Command::new(own_executable()?)
        .args(gate(Launched::Service))
        .arg(&binary)
        .env_clear()
        .envs(wired(planned, &own, addresses)?)
        .current_dir(&own.volume)
        .stdin(Stdio::piped())
        .stdout(log.try_clone().context("cannot share the log")?)
        .stderr(log)
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start `{name}`"))?;
    let stdin = child.stdin.take();
    let ready = format!(
        "{}{}",
        addresses.url(name)?,
        match &service.ready {
            crate::workspace::Ready::Http(path) => path,
            _ => "",
        }
    );
    let running = Running { name: name.clone(), ready, log: path, child };
    let go = stdin.context("no standard input")?.write_all(GO);
    go.with_context(|| format!("`{name}` does not listen"))?;
    Ok(running)
}

/// Empties the folder in which services were run by hand.
pub(super) fn clear(folder: &Utf8Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {folder}"))
        }
        _ => make_folder(folder),
    }
}
