//! What `bench` asks of the harness.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8PathBuf;
use onetag_bench::{Host, WiredService, Wiring};
use onetag_env::Address;

use crate::backend::{
    Addresses, BackendKind, Endpoint, LOCALHOST, OwnValues, Probe, ServiceAddresses, ServicePorts,
    Wired, ask, resolve,
};
use crate::context::Context;
use crate::run::{RunId, make_folder};
use crate::system::bind_lease;
use crate::system::tool::scrub;
use crate::workspace::{Plan, PlannedService, Ready};

/// What stands in the variables instead of a run id: nothing was minted.
const RUN_ID: &str = "00000000000070008000000000000000";

/// How long one probe may take.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// What the harness knows of the copy.
pub(super) struct BenchHost<'a> {
    context: &'a Context,
    plan: &'a Plan,
    /// For volumes and databases.
    scratch: Utf8PathBuf,
    run_id: RunId,
}

impl<'a> BenchHost<'a> {
    pub(super) fn new(
        context: &'a Context,
        plan: &'a Plan,
        scratch: Utf8PathBuf,
    ) -> anyhow::Result<BenchHost<'a>> {
        Ok(BenchHost { context, plan, scratch, run_id: RunId::parse(RUN_ID)? })
    }

    /// The same for every lap, as people do it by hand.
    fn tag(&self) -> String {
        format!("{}-{}", self.plan.suite, self.run_id)
    }

    fn image(&self, service: &str) -> String {
        format!("localhost/{service}:{}", self.tag())
    }

    /// Leases of all ports of the plan, and where they are.
    fn lease(&self) -> anyhow::Result<(Addresses, Vec<OwnedFd>)> {
        let (mut addresses, mut leases) = (Addresses::default(), Vec::new());
        for service in self.plan.services().map(|planned| &planned.service) {
            let name = &service.name;
            let mut of_service = ServiceAddresses {
                own: None,
                ports: BTreeMap::new(),
                volume: self.scratch.join("volumes").join(name),
                database: self.scratch.join("databases").join(format!("{name}.db")),
                config: self.scratch.join("config").join(name),
            };
            for port in ServicePorts::of(service).names() {
                let (lease, number) =
                    bind_lease(0).with_context(|| format!("cannot get a port of {LOCALHOST}"))?;
                leases.push(lease);
                let listen = format!("{LOCALHOST}:{number}");
                let endpoint = Endpoint { internal: listen.clone(), listen };
                match port {
                    None => of_service.own = Some(endpoint),
                    Some(port) => drop(of_service.ports.insert(port.to_owned(), endpoint)),
                }
            }
            addresses.services.insert(name.clone(), of_service);
        }
        Ok((addresses, leases))
    }

    fn wired(
        &self,
        planned: &PlannedService,
        addresses: &Addresses,
    ) -> anyhow::Result<WiredService> {
        let name = &planned.service.name;
        let backend = BackendKind::Process;
        let own = OwnValues { image: self.image(name), run_id: self.run_id, backend };
        make_folder(&addresses.of(name)?.volume)?;
        make_folder(&self.scratch.join("databases"))?;
        let Wired { args, environment: variables, .. } = resolve(planned, &own, addresses)?;
        let ready = planned.service.ready.clone();
        let address = match ready {
            Ready::Started => None,
            _ => Some(addresses.endpoint(name, None)?.internal.parse()?),
        };
        let ask = move |address| ask(address, &ready, PROBE_LIMIT);
        let probe = move || match address.map(&ask) {
            None | Some(Probe::Ready) => Ok(()),
            Some(Probe::Pending(last) | Probe::Refused(last)) => Err(last),
        };
        Ok(WiredService { args, variables, probe: Box::new(probe) })
    }

    fn test_variables(&self, addresses: &Addresses) -> anyhow::Result<Vec<(String, String)>> {
        let mut services = BTreeMap::new();
        for planned in self.plan.services() {
            let (service, name) = (&planned.service, &planned.service.name);
            let url = |port: Option<&str>| {
                anyhow::Ok(Address::shared(addresses.internal_url(planned, name, port)?))
            };
            let further = service.ports.keys().map(|port| Ok((port.clone(), url(Some(port))?)));
            let of_tests = onetag_env::Service {
                image: self.image(name),
                digest: format!("sha256:{}", "0".repeat(64)),
                address: service.port.map(|_| url(None)).transpose()?,
                ports: further.collect::<anyhow::Result<_>>()?,
            };
            services.insert(name.clone(), of_tests);
        }
        let environment = onetag_env::Environment {
            run_id: self.run_id.to_string(),
            tag: self.tag(),
            consumer: self.plan.suite.clone(),
            backend: BackendKind::Process.name().to_owned(),
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

impl Host for BenchHost<'_> {
    fn wire(&self) -> anyhow::Result<Wiring> {
        let (addresses, leases) = self.lease()?;
        let services = self.plan.services().map(|planned| self.wired(planned, &addresses));
        Ok(Wiring {
            services: services.collect::<anyhow::Result<_>>()?,
            test_variables: self.test_variables(&addresses)?,
            leases,
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
