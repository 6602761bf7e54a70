//! What `bench` asks of the harness.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;
use std::process::Command;

use anyhow::Context as _;
use camino::Utf8PathBuf;
use onetag_bench::{Host, WiredService, Wiring};
use onetag_env::Address;

use crate::backend::{Addresses, BackendKind, OwnValues, resolve};
use crate::context::Context;
use crate::keeper::{Probe, probe};
use crate::run::{RunId, make_folder};
use crate::system::bind_lease;
use crate::system::tool::scrub;
use crate::system::wait::Poll;
use crate::workspace::{Plan, PlannedService, Ready};

/// What stands in the variables instead of a run id: nothing was minted.
const RUN_ID: &str = "00000000000070008000000000000000";

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
            let further = service.ports.keys().map(|port| Some(port.as_str()));
            for port in service.port.map(|_| None).into_iter().chain(further) {
                let (lease, number) = bind_lease(0).context("cannot get a port of 127.0.0.1")?;
                addresses.insert(&Addresses::lease(&service.name, port), number);
                leases.push(lease);
            }
        }
        Ok((addresses, leases))
    }

    fn wired(
        &self,
        planned: &PlannedService,
        addresses: &Addresses,
    ) -> anyhow::Result<WiredService> {
        let (name, databases) = (&planned.service.name, self.scratch.join("databases"));
        let own = OwnValues {
            image: self.image(name),
            run_id: self.run_id,
            volume: self.scratch.join("volumes").join(name),
            database: databases.join(format!("{name}.db")),
        };
        make_folder(&own.volume)?;
        make_folder(&databases)?;
        let (args, variables) = resolve(planned, &own, addresses)?;
        let asked = match &planned.service.ready {
            Ready::Http(path) => Some(Probe::Http { url: addresses.url(name, None)? + path }),
            Ready::Tcp => Some(Probe::Tcp { address: addresses.authority(name, None)? }),
            Ready::Started => None,
        };
        // Neither of the two asks for the process.
        let probe = move || match asked.as_ref().map(|asked| probe(asked, 0)) {
            None | Some(Poll::Ready(())) => Ok(()),
            Some(Poll::Pending(last)) => Err(last),
        };
        Ok(WiredService { args, variables, probe: Box::new(probe) })
    }

    fn test_variables(&self, addresses: &Addresses) -> anyhow::Result<Vec<(String, String)>> {
        let mut services = BTreeMap::new();
        for planned in self.plan.services() {
            let (service, name) = (&planned.service, &planned.service.name);
            let url = |port: Option<&str>| anyhow::Ok(Address::shared(addresses.url(name, port)?));
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
            services,
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
