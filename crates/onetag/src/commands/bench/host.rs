//! What `bench` asks of the harness.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::Context as _;
use camino::Utf8PathBuf;
use onetag_bench::{Host, Ports, Settings};
use onetag_env::Address;

use crate::backend::{Addresses, OwnValues, PROCESS, resolve};
use crate::context::Context;
use crate::run::{RunId, make_folder};
use crate::system::tool::scrub;
use crate::workspace::Plan;

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
}

impl Host for BenchHost<'_> {
    fn settings(&self, service: &str, ports: &Ports) -> anyhow::Result<Settings> {
        let planned = self.plan.service(service).context("no service of the plan")?;
        let databases = self.scratch.join("databases");
        let own = OwnValues {
            image: self.image(service),
            run_id: self.run_id,
            volume: self.scratch.join("volumes").join(service),
            database: databases.join(format!("{service}.db")),
        };
        make_folder(&own.volume)?;
        make_folder(&databases)?;
        let (args, variables) = resolve(planned, &own, &addresses(ports))?;
        Ok(Settings { args, variables })
    }

    fn test_variables(&self, ports: &Ports) -> anyhow::Result<Vec<(String, String)>> {
        let addresses = addresses(ports);
        let mut services = BTreeMap::new();
        for planned in self.plan.services() {
            let (service, name) = (&planned.service, &planned.service.name);
            let address = |port: Option<&str>| addresses.url(name, port).map(Address::shared);
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
            backend: PROCESS.to_owned(),
            run_dir: self.scratch.to_string(),
            services,
            capabilities: BTreeSet::new(),
        };
        Ok(environment.lines().collect())
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

fn addresses(ports: &Ports) -> Addresses {
    let mut addresses = Addresses::default();
    for (lease, port) in ports {
        addresses.insert(lease, *port);
    }
    addresses
}
