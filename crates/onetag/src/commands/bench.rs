//! `bench`: what the harness costs, against the same done by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::Command;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use onetag_bench::{Bench, Host, Ports, Settings};

use super::{context, print_json};
use crate::backend::{Addresses, OwnValues, PROCESS, resolve};
use crate::cli::{self, Format};
use crate::context::{Context, here};
use crate::cycle::{Job, check_machine};
use crate::exit::Exit;
use crate::run::{RunId, make_folder};
use crate::suite::NextestArguments;
use crate::system::tool::scrub;
use crate::workspace::{Plan, PlannedService, Ready, Workspace};

/// What stands in the variables instead of a run id: nothing was minted.
const RUN_ID: &str = "00000000000070008000000000000000";

/// Measures, and prints the figures to stdout: they are data.
pub(crate) fn bench(arguments: &cli::Bench) -> anyhow::Result<Exit> {
    let mut context = context()?;
    let suite = context.workspace.suite(&arguments.suite)?.name.clone();
    let nextest = NextestArguments::new(&arguments.nextest)?;
    check_machine(&context)?;
    let folder = context.layout().bench();
    let here = go_to_copy(&mut context, &folder)?;

    let job = Job::new(&context, &suite)?;
    let tests = job.suite.tests.iter();
    let scratch = folder.join("by-hand");
    let bench = Bench {
        suite,
        pairs: arguments.pairs,
        folder: here,
        target: context.workspace.target_directory.clone(),
        scratch: scratch.clone(),
        cargo: context.cargo.clone(),
        build: services_call(&context.workspace, &job.plan),
        tests: tests
            .flat_map(|test| ["--package", &test.package_id, "--test", &test.target])
            .map(str::to_owned)
            .collect(),
        profile: None,
        filterset: job.suite.filterset(),
        narrowed: nextest.narrows(),
        nextest: nextest.rest().to_vec(),
        services: job.plan.services().map(service).collect(),
    };
    let host =
        BenchHost { context: &context, plan: &job.plan, scratch, run_id: RunId::parse(RUN_ID)? };
    let figures = onetag_bench::measure(&bench, &host)?;
    match arguments.format {
        Format::Json => print_json(&onetag_bench::document(&figures))?,
        Format::Human => std::io::stdout()
            .lock()
            .write_all(onetag_bench::table(&figures).as_bytes())
            .context("cannot write to stdout")?,
    }
    Ok(Exit::Success)
}

/// Makes a copy of the workspace below `folder`, with a target folder of its own,
/// and works with that from now on. Returns the folder in it that is the current
/// one of the workspace.
fn go_to_copy(context: &mut Context, folder: &Utf8Path) -> anyhow::Result<Utf8PathBuf> {
    let (root, copy) = (context.workspace.root.clone(), folder.join("workspace"));
    context.ui.line(format!("a copy of the workspace is measured: {copy}"));
    onetag_bench::copy_workspace(&root, &copy, &context.workspace.target_directory)?;
    context.go_to(&copy)?;
    // Not the workspace's own: cargo cannot tell copies of a workspace apart.
    context.workspace.target_directory = folder.join("target");
    let here = here()?;
    let inside = copy.join(here.strip_prefix(&root).unwrap_or("".into()));
    // A folder that no build reads is not copied.
    Ok(if inside.is_dir() { inside } else { copy })
}

/// The call of cargo that builds the services of the plan: it names all packages
/// that have services, since cargo unifies features over the packages of a call.
fn services_call(workspace: &Workspace, plan: &Plan) -> Vec<String> {
    let packages = workspace.services.values().map(|service| service.package_id.as_str());
    let programs = plan.services().map(|planned| planned.service.binary.as_str());
    let packages = packages.collect::<BTreeSet<_>>().into_iter().map(|id| ["--package", id]);
    let programs = programs.collect::<BTreeSet<_>>().into_iter().map(|name| ["--bin", name]);
    let options = packages.chain(programs).flatten();
    ["build"].into_iter().chain(options).map(str::to_owned).collect()
}

fn service(planned: &PlannedService) -> onetag_bench::Service {
    let service = &planned.service;
    let port = || Addresses::lease(&service.name, None);
    let further = service.ports.keys().map(|name| Addresses::lease(&service.name, Some(name)));
    onetag_bench::Service {
        name: service.name.clone(),
        package_id: service.package_id.clone(),
        folder: service.manifest_path.parent().unwrap_or(&service.manifest_path).to_owned(),
        binary: service.binary.clone(),
        needs: service.needs.clone(),
        ports: service.port.map(|_| port()).into_iter().chain(further).collect(),
        ready: match &service.ready {
            Ready::Http(path) => onetag_bench::Ready::Http { port: port(), path: path.clone() },
            Ready::Tcp => onetag_bench::Ready::Tcp(port()),
            Ready::Started => onetag_bench::Ready::Started,
        },
    }
}

/// What the harness knows of the copy.
struct BenchHost<'a> {
    context: &'a Context,
    plan: &'a Plan,
    /// For volumes and databases.
    scratch: Utf8PathBuf,
    run_id: RunId,
}

impl BenchHost<'_> {
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
            let url = |port: Option<&str>| addresses.url(name, port);
            let further = service.ports.keys().map(|port| Ok((port.clone(), url(Some(port))?)));
            let of_tests = onetag_env::Service {
                image: self.image(name),
                digest: format!("sha256:{}", "0".repeat(64)),
                url: service.port.map(|_| url(None)).transpose()?,
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
