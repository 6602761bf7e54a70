//! What `bench` asks of the harness.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8PathBuf;
use onetag_bench::{Host, WiredService, Wiring};
use onetag_env::Address;
use uuid::Uuid;

use crate::backend::{
    Addresses, BackendKind, Endpoint, LOCALHOST, OwnValues, Probe, ServiceAddresses, Wired, ask,
    resolve, secrets,
};
use crate::context::Context;
use crate::run::{RunId, make_folder};
use crate::system::bind_lease;
use crate::system::tool::scrub;
use crate::workspace::{Plan, PlannedService, Ready, Service};

/// How long one probe may take.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// Where a container has what may be lost, and its database.
const TMP: &str = "/tmp";
const DATABASE: &str = "/database";

/// Where a service in a container listens.
const ALL_INTERFACES: &str = "0.0.0.0";

/// What the harness knows of the copy.
pub(super) struct BenchHost<'a> {
    context: &'a Context,
    plan: &'a Plan,
    backend: BackendKind,
    /// For volumes and databases of plain processes.
    scratch: Utf8PathBuf,
    /// What stands in variables and names in the place of a run id: nothing was minted.
    run_id: RunId,
}

/// Where the services of one lap are.
struct Places {
    addresses: Addresses,
    /// For each port of each service, where it is on 127.0.0.1, and in its container.
    published: BTreeMap<(String, Option<String>), (u16, u16)>,
    leases: Vec<OwnedFd>,
}

impl<'a> BenchHost<'a> {
    pub(super) fn new(
        context: &'a Context,
        plan: &'a Plan,
        backend: BackendKind,
        scratch: Utf8PathBuf,
    ) -> anyhow::Result<BenchHost<'a>> {
        let run_id = RunId::parse(&Uuid::now_v7().simple().to_string())?;
        Ok(BenchHost { context, plan, backend, scratch, run_id })
    }

    /// What names of this bench end in.
    pub(super) fn id(&self) -> String {
        self.run_id.to_string()
    }

    /// The same for every lap, as people do it by hand.
    fn tag(&self) -> String {
        format!("{}-{}", self.plan.suite, self.run_id)
    }

    fn image(&self, service: &str) -> String {
        format!("localhost/{service}:{}", self.tag())
    }

    fn is_process(&self) -> bool {
        self.backend == BackendKind::Process
    }

    /// Leases of all ports of the plan, and where they are.
    fn lease(&self) -> anyhow::Result<Places> {
        let (addresses, published, leases) = Default::default();
        let mut places = Places { addresses, published, leases };
        for service in self.plan.services().map(|planned| &planned.service) {
            let name = &service.name;
            let mut of_service = self.folders(service);
            let further = service.ports.iter().map(|(port, number)| (Some(port.clone()), *number));
            for (port, inside) in
                service.port.map(|number| (None, number)).into_iter().chain(further)
            {
                let (lease, outside) =
                    bind_lease(0).with_context(|| format!("cannot get a port of {LOCALHOST}"))?;
                places.leases.push(lease);
                let endpoint = match self.is_process() {
                    true => {
                        let listen = format!("{LOCALHOST}:{outside}");
                        Endpoint { internal: listen.clone(), listen }
                    }
                    false => Endpoint {
                        internal: format!("{name}:{inside}"),
                        listen: format!("{ALL_INTERFACES}:{inside}"),
                    },
                };
                match &port {
                    None => of_service.own = Some(endpoint),
                    Some(port) => drop(of_service.ports.insert(port.clone(), endpoint)),
                }
                places.published.insert((name.clone(), port), (outside, inside));
            }
            places.addresses.services.insert(name.clone(), of_service);
        }
        Ok(places)
    }

    /// Where a service may write, without its addresses.
    fn folders(&self, service: &Service) -> ServiceAddresses {
        let name = &service.name;
        let scratch = |folder: &str| self.scratch.join(folder);
        let (volume, databases) = match self.is_process() {
            true => (scratch("volumes").join(name), scratch("databases")),
            false => (service.volume.clone().unwrap_or_else(|| TMP.into()), DATABASE.into()),
        };
        let (database, config) =
            (databases.join(format!("{name}.db")), scratch("config").join(name));
        ServiceAddresses { own: None, ports: BTreeMap::new(), volume, database, config }
    }

    fn wired(&self, planned: &PlannedService, places: &Places) -> anyhow::Result<WiredService> {
        let (name, addresses) = (&planned.service.name, &places.addresses);
        let (image, run_id) = (self.image(name), self.run_id);
        let own =
            OwnValues { image: image.clone(), run_id, backend: self.backend, is_preview: false };
        let of_service = addresses.of(name)?;
        let database = of_service.database.parent().context("a database lies in a folder")?;
        let folders = vec![of_service.volume.clone(), database.to_owned()];
        if self.is_process() {
            folders.iter().try_for_each(|folder| make_folder(folder))?;
        }
        let Wired { args, environment: variables, .. } = resolve(planned, &own, addresses)?;
        let ready = planned.service.ready.clone();
        let address = match ready {
            Ready::Started => None,
            _ => Some(places.address(name, None)?.parse()?),
        };
        let ask = move |address| ask(address, &ready, PROBE_LIMIT);
        let probe = move || match address.map(&ask) {
            None | Some(Probe::Ready) => Ok(()),
            Some(Probe::Pending(last) | Probe::Refused(last)) => Err(last),
        };
        let of_service = places.published.iter().filter(|((service, _), _)| service == name);
        Ok(WiredService {
            args,
            variables,
            secrets: secrets(planned),
            image,
            publish: of_service.map(|(_, published)| *published).collect(),
            folders,
            probe: Box::new(probe),
        })
    }

    fn test_variables(&self, places: &Places) -> anyhow::Result<Vec<(String, String)>> {
        let mut services = BTreeMap::new();
        for planned in self.plan.services() {
            let (service, name) = (&planned.service, &planned.service.name);
            let address = |port: Option<&str>| {
                let url = format!("http://{}", places.address(name, port)?);
                let internal_url = places.addresses.internal_url(planned, name, port)?;
                anyhow::Ok(Address { url, internal_url })
            };
            let further = service.ports.keys().map(|port| Ok((port.clone(), address(Some(port))?)));
            let of_tests = onetag_env::Service {
                image: self.image(name),
                digest: format!("sha256:{}", "0".repeat(64)),
                address: service.port.map(|_| address(None)).transpose()?,
                ports: further.collect::<anyhow::Result<_>>()?,
            };
            services.insert(name.clone(), of_tests);
        }
        let environment = onetag_env::Environment {
            run_id: self.run_id.to_string(),
            tag: self.tag(),
            consumer: self.plan.suite.clone(),
            backend: self.backend.name().to_owned(),
            run_dir: self.scratch.to_string(),
            databases: self
                .plan
                .services()
                .filter_map(|planned| planned.database)
                .map(|kind| kind.to_string())
                .collect(),
            services,
            externals: BTreeMap::new(),
            capabilities: BTreeSet::new(),
        };
        Ok(environment.lines().collect())
    }
}

impl Places {
    /// Where tests reach a port.
    fn address(&self, service: &str, port: Option<&str>) -> anyhow::Result<String> {
        let key = (service.to_owned(), port.map(str::to_owned));
        let (outside, _) =
            self.published.get(&key).with_context(|| format!("`{service}` has no such port"))?;
        Ok(format!("{LOCALHOST}:{outside}"))
    }
}

impl Host for BenchHost<'_> {
    fn wire(&self) -> anyhow::Result<Wiring> {
        let places = self.lease()?;
        let services = self.plan.services().map(|planned| self.wired(planned, &places));
        Ok(Wiring {
            services: services.collect::<anyhow::Result<_>>()?,
            test_variables: self.test_variables(&places)?,
            leases: places.leases,
        })
    }

    fn scrub(&self, command: &mut Command) {
        scrub(command);
    }

    fn check(&self) -> anyhow::Result<()> {
        Ok(self.context.interrupt.check()?)
    }

    fn show(&self, line: &str) {
        self.context.ui.line(line);
    }
}
