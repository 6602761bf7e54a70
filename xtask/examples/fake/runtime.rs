//! The fake backend: a service is a file, and a thread that answers on a port.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use camino::Utf8Path;
use onetag::backend::{
    BackendResource, Capability, Endpoint, Expected, ExternalImage, ImageStore, Instance, Ledger,
    Leftover, Prepared, Probe, Replica, RunFolder, Runtime, Seen, ServiceAddresses, ServicePorts,
    ServiceSpec, State, Stop, StoredImage, ask,
};
use onetag::build::Compiled;
use onetag::build::image::Digest;
use onetag::run::Reference;
use onetag::workspace::{External, Ready};
use serde_json::json;

use crate::world::World;

/// How often a late replica is missed.
const LATE: usize = 5;

/// Both halves of the backend, for one run.
pub(crate) struct Fake {
    world: World,
    folder: RunFolder,
    addresses: Mutex<BTreeMap<String, SocketAddr>>,
    started: Mutex<BTreeMap<String, ServiceSpec>>,
    /// How often states were asked for.
    looks: AtomicUsize,
}

impl Fake {
    pub(crate) fn new(folder: &RunFolder) -> Fake {
        Fake {
            world: World::open(),
            folder: folder.clone(),
            addresses: Mutex::default(),
            started: Mutex::default(),
            looks: AtomicUsize::new(0),
        }
    }

    fn object(&self, name: &str) -> String {
        format!("{}.{name}", self.folder.run_id())
    }

    fn address(&self, service: &str) -> anyhow::Result<SocketAddr> {
        let addresses = self.addresses.lock().unwrap();
        addresses.get(service).copied().with_context(|| format!("{service} was not prepared"))
    }

    /// The names of a service's replicas that run by now, and how many there are to be.
    fn replicas(&self, service: &str, count_look: bool) -> (Vec<Replica>, usize) {
        let wanted = 1 + usize::from(self.world.wants(&format!("two {service}")));
        let late = self.world.wants(&format!("late {service}"));
        let looks = self.looks.fetch_add(usize::from(count_look), Ordering::Relaxed);
        let there = if late && looks < LATE { wanted - 1 } else { wanted };
        let replica = |number| Replica {
            name: format!("{service}-{number}"),
            location: format!("slot {number}"),
        };
        ((0..there).map(replica).collect(), wanted)
    }

    fn is_there(&self, service: &str) -> bool {
        self.world.object(&self.object(service)).exists()
    }
}

impl ImageStore for Fake {
    fn load(&self, _: &Reference, compiled: &Compiled) -> anyhow::Result<StoredImage> {
        let lie = self.world.step("load")?;
        let Expected::OneOf(built) = compiled.digests() else { bail!("cargo did not build it") };
        let digest = if lie { Digest::of(b"other") } else { built.config };
        Ok(StoredImage { digest, details: json!(null) })
    }

    fn external(&self, _: &str, external: &External) -> anyhow::Result<ExternalImage> {
        let lie = self.world.step("external")?;
        let image = external.image.as_ref().context("it has no image")?;
        let digest = if lie { Digest::of(b"other") } else { image.digest() };
        let stored = StoredImage { digest, details: json!(null) };
        Ok(ExternalImage { name: image.to_string(), version: None, image: stored })
    }
}

impl Runtime for Fake {
    fn prepare(
        &self,
        services: &[ServicePorts],
        before: Option<&Prepared>,
        ledger: &Ledger,
    ) -> anyhow::Result<Prepared> {
        self.world.step("prepare")?;
        let mut addresses = self.addresses.lock().unwrap();
        let mut prepared: BTreeMap<String, SocketAddr> = Prepared::read(before)?;
        if before.is_some() && addresses.is_empty() {
            self.world.note("opened-again")?;
            for name in self.world.of_run(&self.folder.run_id().to_string()) {
                let service = name.rsplit_once('.').map_or("", |(_, service)| service);
                fs::remove_file(self.world.object(&name))?;
                ledger.released(&BackendResource::new("object", service, json!(name)))?;
            }
        }
        for ServicePorts { service, .. } in services {
            if addresses.contains_key(service) {
                continue;
            }
            let before = prepared.get(service).copied();
            let listener = TcpListener::bind(before.unwrap_or(([127, 0, 0, 1], 0).into()))?;
            let address = listener.local_addr()?;
            addresses.insert(service.clone(), address);
            prepared.insert(service.clone(), address);
            let object = self.world.object(&self.object(service));
            std::thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    let head = BufReader::new(&stream).lines().map_while(Result::ok);
                    head.take_while(|line| !line.is_empty()).for_each(drop);
                    if object.exists() {
                        let _ = stream.write_all(
                            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                        );
                    }
                }
            });
        }
        Ok(Prepared(serde_json::to_value(&prepared)?))
    }

    fn addresses(&self, service: &ServicePorts) -> anyhow::Result<ServiceAddresses> {
        let listen = self.address(&service.service)?.to_string();
        Ok(ServiceAddresses {
            own: Some(Endpoint { listen, internal: format!("{}.internal:80", service.service) }),
            ports: BTreeMap::new(),
            volume: "/volume".into(),
            database: "/database".into(),
            config: "/config".into(),
        })
    }

    fn start(&self, level: &[ServiceSpec], ledger: &Ledger) -> anyhow::Result<Vec<Instance>> {
        let mut instances = Vec::new();
        for spec in level {
            let service = spec.service();
            let name = self.object(service);
            ledger.owns(&BackendResource::new("object", service, json!(name)))?;
            ensure!(!self.is_there(service), "there is a {name} already");
            // It hangs and fails half-way: what was made stands in the ledger.
            if !self.world.wants("start lie") {
                self.world.make(self.folder.path(), &name, &spec.reference)?;
            }
            self.world.step("start")?;
            self.started.lock().unwrap().insert(service.to_owned(), spec.clone());
            instances.push(Instance { service: service.to_owned(), id: json!(name) });
        }
        Ok(instances)
    }

    fn reach(&self, instance: &Instance, _: Option<&str>) -> anyhow::Result<SocketAddr> {
        self.address(&instance.service)
    }

    fn probe(&self, instance: &Instance, ready: &Ready, limit: Duration) -> anyhow::Result<Probe> {
        match self.world.step("probe")? {
            true => Ok(Probe::Ready),
            false => Ok(ask(self.address(&instance.service)?, ready, limit)),
        }
    }

    fn state(&self, instance: &Instance) -> anyhow::Result<State> {
        if self.world.step("state")? {
            return Ok(State::Ended("ended with code 7".to_owned()));
        }
        let (replicas, wanted) = self.replicas(&instance.service, true);
        Ok(match replicas.len() {
            _ if !self.is_there(&instance.service) => State::Ended("was never made".to_owned()),
            there if there < wanted && !self.world.wants("late silently") => {
                State::Starting(format!("{there} of {wanted} replicas run"))
            }
            _ => State::Running(replicas),
        })
    }

    fn stop(&self, instance: &Instance, _: Stop) -> anyhow::Result<()> {
        if !self.world.step("stop")? {
            let _ = fs::remove_file(self.world.object(&self.object(&instance.service)));
        }
        Ok(())
    }

    fn pause(&self, _: &Instance, _: bool) -> anyhow::Result<()> {
        self.world.step("pause").map(drop)
    }

    fn witness(&self, instance: &Instance) -> anyhow::Result<Vec<Seen>> {
        let lie = self.world.step("witness")?;
        let started = self.started.lock().unwrap();
        let built = started.get(&instance.service).context("it was not started")?.image.digest;
        let (mut replicas, _) = self.replicas(&instance.service, false);
        if self.world.wants("witness blind") {
            replicas.truncate(1);
        }
        let seen = replicas.into_iter().enumerate().map(|(number, replica)| {
            let other = lie && (number > 0 || !self.world.wants("two beta"));
            let digest = if other { Digest::of(b"other") } else { built };
            Seen { replica, digest, program: None }
        });
        Ok(seen.collect())
    }

    fn collect_logs(&self, instance: &Instance, log: &Utf8Path) -> anyhow::Result<()> {
        match self.world.step("logs")? {
            true => Ok(()),
            false => Ok(fs::write(log, format!("{} was here\n", instance.service))?),
        }
    }

    fn copy_out(&self, _: &str, _: &Utf8Path, _: &Utf8Path) -> anyhow::Result<()> {
        self.world.step("copy-out").map(drop)
    }

    fn capabilities(&self) -> BTreeSet<Capability> {
        [Capability::Stop, Capability::Kill].into()
    }

    fn remove(&self, resource: &BackendResource) -> anyhow::Result<bool> {
        if self.world.step("remove")? {
            return Ok(true);
        }
        let name = resource.id.as_str().context("an object has a name")?;
        match fs::remove_file(self.world.object(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(true),
        }
    }

    fn leftovers(
        &self,
        _: &[BackendResource],
        _: &[BackendResource],
    ) -> anyhow::Result<Vec<Leftover>> {
        if self.world.step("leftovers")? {
            return Ok(Vec::new());
        }
        let left = self.world.of_run(&self.folder.run_id().to_string()).into_iter();
        Ok(left.map(|name| Leftover { kind: "object", name }).collect())
    }
}
