//! Services of a run, from their start to their removal.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use camino::Utf8Path;
use onetag_control::Capability;

use super::child::{BACKGROUND, Child, is_this_program};
use super::session::Pids;
use super::{PROCESS, remains};
use crate::backend::leases::Leases;
use crate::backend::{
    Endpoint, Instance, LOCALHOST, Prepared, Probe, Runtime, Seen, ServiceAddresses, ServicePorts,
    ServiceSpec, State, Stop, lock,
};
use crate::database::{self, DATA};
use crate::keeper::ask;
use crate::report::Leftover;
use crate::run::RunFolder;
use crate::run::ledger::{BackendResource, Ledger, Record};
use crate::system::tail::last_lines;
use crate::system::{self, ProcessId};
use crate::workspace::Ready;

#[derive(Debug)]
pub(super) struct ProcessRuntime {
    folder: RunFolder,
    leases: Leases,
    children: Mutex<BTreeMap<u32, Arc<Child>>>,
    pids: Pids,
    /// Whether that is the parent of what services leave behind.
    adopts: OnceLock<()>,
    /// The thread that is the parent of all services: the kernel ends them when
    /// it ends.
    parent: OnceLock<Sender<Box<dyn FnOnce() + Send>>>,
}

impl ProcessRuntime {
    pub(super) fn new(folder: &RunFolder) -> ProcessRuntime {
        ProcessRuntime {
            folder: folder.clone(),
            leases: Leases::default(),
            children: Mutex::default(),
            pids: Pids::default(),
            adopts: OnceLock::new(),
            parent: OnceLock::new(),
        }
    }

    fn child(&self, instance: &Instance) -> anyhow::Result<Arc<Child>> {
        let pid: u32 = serde_json::from_value(instance.id.clone())?;
        let child = lock(&self.children).get(&pid).cloned();
        child.with_context(|| format!("`{}` is no process of this keeper", instance.service))
    }

    /// Ends services of an earlier keeper, which the kernel did not end with it because
    /// they are another user's by now.
    fn end_survivors(&self, ledger: &Ledger) -> anyhow::Result<()> {
        let (outstanding, _) = Record::read(self.folder.path())?.of_backend();
        for resource in outstanding.iter().filter(|resource| resource.what == PROCESS) {
            if remains::remove(self.folder.run_id(), resource)? {
                ledger.released(resource)?;
            }
        }
        Ok(())
    }

    /// Does something on the thread that is the parent of all services.
    fn on_parent<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let parent = self.parent.get_or_init(|| {
            let (sender, work) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
            thread::spawn(move || work.into_iter().for_each(|work| work()));
            sender
        });
        let (sender, done) = mpsc::channel();
        let work = move || drop(sender.send(work()));
        parent.send(Box::new(work)).ok().context("the thread that starts services ended")?;
        done.recv().context("the thread that starts services ended")
    }
}

impl Runtime for ProcessRuntime {
    fn prepare(
        &self,
        services: &[ServicePorts],
        before: Option<&Prepared>,
        ledger: &Ledger,
    ) -> anyhow::Result<Prepared> {
        if self.adopts.set(()).is_ok() {
            self.pids.adopt_orphans()?;
        }
        if self.leases.are_none() {
            self.end_survivors(ledger)?;
        }
        let before = Prepared::read(before)?;
        let ports = self.leases.prepare(services, &before, ledger)?;
        Ok(Prepared(serde_json::to_value(ports)?))
    }

    fn addresses(&self, service: &ServicePorts) -> anyhow::Result<ServiceAddresses> {
        let name = &service.service;
        let endpoint = |port: Option<&str>| {
            let listen = format!("{LOCALHOST}:{}", self.leases.port(name, port)?);
            anyhow::Ok(Endpoint { internal: listen.clone(), listen })
        };
        let further = service.ports.keys().map(|port| Ok((port.clone(), endpoint(Some(port))?)));
        Ok(ServiceAddresses {
            own: service.port.map(|_| endpoint(None)).transpose()?,
            ports: further.collect::<anyhow::Result<_>>()?,
            volume: self.folder.volume(name),
            database: self.folder.database(name),
            config: self.folder.config(name),
        })
    }

    fn start(&self, level: &[ServiceSpec], ledger: &Ledger) -> anyhow::Result<Vec<Instance>> {
        let mut started: Vec<Arc<Child>> = Vec::new();
        for spec in level {
            let (work, folder, ledger) = (spec.clone(), self.folder.clone(), ledger.clone());
            let pids = self.pids.clone();
            match self.on_parent(move || Child::start(&work, &folder, &ledger, &pids)).flatten() {
                Ok(child) => started.push(child),
                Err(error) => {
                    started.iter().try_for_each(|child| child.stop(Stop::Kill))?;
                    return Err(error.context(format!("cannot start service `{}`", spec.service())));
                }
            }
        }
        let mut children = lock(&self.children);
        let instances = level.iter().zip(started).map(|(spec, child)| {
            let pid = child.pid();
            children.insert(pid, child);
            Instance { service: spec.service().to_owned(), id: pid.into() }
        });
        Ok(instances.collect())
    }

    fn reach(&self, instance: &Instance, port: Option<&str>) -> anyhow::Result<SocketAddr> {
        Ok((std::net::Ipv4Addr::LOCALHOST, self.leases.port(&instance.service, port)?).into())
    }

    fn probe(&self, instance: &Instance, ready: &Ready, limit: Duration) -> anyhow::Result<Probe> {
        Ok(match ready {
            Ready::Started if is_this_program(self.child(instance)?.pid())? => {
                Probe::Pending("its program is about to start".to_owned())
            }
            Ready::Started => Probe::Ready,
            _ => ask(self.reach(instance, None)?, ready, limit),
        })
    }

    fn advise(&self, instance: &Instance) -> Vec<String> {
        let end = self.child(instance).ok().and_then(|child| child.end());
        if end.is_some_and(|end| end.starts_with(BACKGROUND)) {
            return vec![
                "a service has to stay in the foreground; turn off what makes a daemon of it"
                    .to_owned(),
            ];
        }
        let Ok(port) = self.leases.port(&instance.service, None) else { return Vec::new() };
        let log = last_lines(&self.folder.log(&instance.service), 12, 4 << 10);
        if log.iter().any(|line| line.to_lowercase().contains("address already in use")) {
            return vec![format!(
                "port {port} is held by the keeper, which never listens on it; \
                 set SO_REUSEADDR before binding"
            )];
        }
        let ended = self.child(instance).is_ok_and(|child| child.end().is_some());
        if ended || system::listening(port) {
            return Vec::new();
        }
        vec![format!(
            "nothing listens on port {port}: give its address to the service, by `env` or `args`"
        )]
    }

    fn obstacle(&self, instance: &Instance) -> Option<String> {
        let port = self.leases.port(&instance.service, None).ok()?;
        let members = system::session_members(self.child(instance).ok()?.pid()).ok()?;
        let listens = system::listening_addresses(&members);
        if system::listening(port) || listens.is_empty() {
            return None;
        }
        let words: Vec<String> = listens.iter().map(ToString::to_string).collect();
        let (service, words) = (&instance.service, words.join(", "));
        Some(format!("`{service}` listens on {words}, not on {LOCALHOST}:{port}"))
    }

    fn survivor(&self, resource: &BackendResource) -> Option<String> {
        let id: ProcessId = serde_json::from_value(resource.id.clone()).ok()?;
        let survives = resource.what == PROCESS && id.is_alive();
        survives.then(|| format!("running without its keeper, pid {}", id.pid))
    }

    fn state(&self, instance: &Instance) -> anyhow::Result<State> {
        let child = self.child(instance)?;
        Ok(match child.end() {
            Some(why) => State::Ended(why),
            None => State::Running(vec![child.replica()]),
        })
    }

    fn stop(&self, instance: &Instance, how: Stop) -> anyhow::Result<()> {
        self.child(instance)?.stop(how)
    }

    fn pause(&self, instance: &Instance, on: bool) -> anyhow::Result<()> {
        self.child(instance)?.pause(on)
    }

    fn witness(&self, instance: &Instance) -> anyhow::Result<Vec<Seen>> {
        let child = self.child(instance)?;
        Ok(vec![child.image.see(&child)?])
    }

    fn collect_logs(&self, instance: &Instance, _: &Utf8Path) -> anyhow::Result<()> {
        // What it still prints is on its way there.
        self.child(instance)?.flush_log();
        Ok(())
    }

    fn copy_out(&self, service: &str, from: &Utf8Path, to: &Utf8Path) -> anyhow::Result<()> {
        let volume = self.folder.volume(service);
        let volume =
            volume.canonicalize().with_context(|| format!("cannot find its volume {volume}"))?;
        let source = volume.join(from).canonicalize().context("there is no such file")?;
        ensure!(source.starts_with(&volume), "it is not in the volume {}", volume.display());
        ensure!(source.is_file(), "it is not a file");
        std::fs::copy(&source, to).with_context(|| format!("cannot write the copy {to}"))?;
        Ok(())
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        Capability::ALL.into()
    }

    fn remove(&self, resource: &BackendResource) -> anyhow::Result<bool> {
        if resource.what == DATA {
            return database::remove(&self.folder, resource);
        }
        remains::remove(self.folder.run_id(), resource)
    }

    fn leftovers(
        &self,
        outstanding: &[BackendResource],
        gone: &[BackendResource],
    ) -> anyhow::Result<Vec<Leftover>> {
        let mut left = remains::leftovers(self.folder.run_id(), outstanding, gone)?;
        left.extend(database::leftovers(self.folder.run_id()));
        Ok(left)
    }
}
