//! `bench`: what the harness costs, against the same done by hand.

mod host;

use anyhow::anyhow;
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::{BuildOptions, Format, NodeOptions, On, context, print_json};
use crate::backend::{BackendKind, run_options};
use crate::context::{Context, here};
use crate::cycle::{Job, build_request, check_machine};
use crate::error::{Attach as _, Kind};
use crate::exit::Exit;
use crate::gc::sweep::sweep;
use crate::report::{Ui, write_stdout};
use crate::suite::NextestArguments;
use crate::workspace::{DatabaseKind, PlannedService};
use host::BenchHost;

/// Measure what a run costs, against the same done by hand
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// The suite to measure with
    #[arg(value_name = "SERVICE")]
    suite: String,
    /// How often each way is measured in each case
    #[arg(long, value_name = "COUNT", default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..))]
    pairs: u16,
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    cluster: NodeOptions,
    #[command(flatten)]
    build: BuildOptions,
    /// What goes to stdout besides the talk on stderr
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
    /// What nextest gets as well, both ways, for example `-E 'test(name)'`
    #[arg(last = true, allow_hyphen_values = true, value_name = "NEXTEST ARGS")]
    nextest: Vec<String>,
}

/// Measures, and prints the figures to stdout: they are data.
pub(crate) fn bench(arguments: &Bench, ui: Ui) -> anyhow::Result<Exit> {
    let mut context = context(ui)?;
    let nextest = NextestArguments::new(&arguments.nextest)?;
    check_machine(&context, &[context.workspace.suite(&arguments.suite)?])?;
    sweep(&context.layout(), &context.interrupt, &context.ui)?;
    let plan = Job::new(&context, &arguments.suite)?.plan;
    plan.services().try_for_each(|planned| service(planned).map(drop))?;
    let backend = arguments.on.backend.unwrap_or_default();
    let (cluster, options) = cluster(backend, &arguments.cluster, &context)?;
    let engine = engine(backend)?;
    let folder = context.layout().bench();
    let here = go_to_copy(&mut context, &folder)?;

    let mut job = Job::new(&context, &arguments.suite)?;
    job.plan.choose_databases(None, &[DatabaseKind::Sqlite])?;
    let request = build_request(std::slice::from_ref(&job), arguments.build.profile());
    let services_call = request.services_call(&context.workspace);
    let suite_calls = request.suite_calls(&context.workspace).into_iter();
    let scratch = folder.join("by-hand");
    let host = BenchHost::new(&context, &job.plan, backend, scratch.clone())?;
    let bench = onetag_bench::Bench {
        suite: job.suite.name.clone(),
        pairs: arguments.pairs.into(),
        folder: here,
        target: context.workspace.target_directory.clone(),
        scratch,
        cargo: context.cargo.clone(),
        build: services_call.map(|call| call.arguments).unwrap_or_default(),
        // Nextest calls `cargo test --no-run` itself.
        tests: suite_calls.flat_map(|(call, _)| call.arguments.into_iter().skip(2)).collect(),
        filterset: job.suite.filterset(),
        narrowed: nextest.narrows(),
        nextest: nextest.rest(),
        services: job.plan.services().map(service).collect::<anyhow::Result<_>>()?,
        profile: request.profile,
        engine: engine.map(|(program, run)| onetag_bench::Engine { program, run, id: host.id() }),
        cluster,
        backend: backend.name().to_owned(),
        options,
    };
    let figures = onetag_bench::measure(&bench, &host)?;
    match arguments.format {
        Format::Json => print_json(&onetag_bench::document(&figures))?,
        Format::Human => write_stdout(onetag_bench::table(&figures).as_bytes()),
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

/// The engine that makes images by hand, and what its `run` needs; none where services are
/// plain processes. For a cluster it is the first that answers.
///
/// # Errors
///
/// It is the backend of another program, which nobody can do by hand, or no engine answers.
fn engine(backend: BackendKind) -> anyhow::Result<Option<(String, Vec<String>)>> {
    let named = |engine: BackendKind| {
        let options = run_options(engine)?;
        anyhow::Ok(options.map(|options| (engine.name().to_owned(), options)))
    };
    match backend {
        BackendKind::Process => Ok(None),
        BackendKind::Kube => named(BackendKind::Podman).or_else(|_| named(BackendKind::Docker)),
        engine => match named(engine)? {
            None => Err(anyhow!("nobody runs services on `{}` by hand", engine.name())
                .kind(Kind::Usage)
                .hint("`bench` knows how on `process`, `podman`, `docker` and `kube`")),
            named => Ok(named),
        },
    }
}

/// The cluster in which services are pods, if the backend has use for one, and what the
/// harness is told to run them on the backend.
///
/// # Errors
///
/// It is not the containerd of one node that gets images.
fn cluster(
    backend: BackendKind,
    options: &NodeOptions,
    context: &Context,
) -> anyhow::Result<(Option<onetag_bench::Cluster>, Vec<String>)> {
    let choice = options.choice()?.resolve(backend, &context.workspace)?;
    let mut options = vec!["--on".to_owned(), backend.name().to_owned()];
    for (option, _, value) in choice.options() {
        options.extend([option.to_owned()].into_iter().chain(value));
    }
    if backend != BackendKind::Kube {
        return Ok((None, options));
    }
    let found = choice.find(backend, &context.workspace)?;
    let commands = found.map(|cluster| cluster.commands()).transpose()?.flatten();
    let Some((kubectl, ctr)) = commands else {
        return Err(anyhow!("by hand `bench` imports images, and pushes none")
            .kind(Kind::Usage)
            .hint("measure on a cluster of one node, this machine, with `--containerd <SOCKET>`"));
    };
    let (kubectl, ctr) = ((&kubectl).into(), (&ctr).into());
    Ok((Some(onetag_bench::Cluster { kubectl, ctr }), options))
}

/// # Errors
///
/// It is an external service: by hand, nothing starts those.
fn service(planned: &PlannedService) -> anyhow::Result<onetag_bench::Service> {
    let service = &planned.service;
    let Some(program) = service.program() else {
        let name = &service.name;
        let fault = match service.containerfile() {
            Some(_) => format!("this suite needs `{name}`, whose image an engine builds"),
            None => format!("this suite needs the external service `{name}`"),
        };
        return Err(anyhow!(fault)
            .kind(Kind::Usage)
            .hint("`bench` compares services that cargo builds only"));
    };
    Ok(onetag_bench::Service {
        name: service.name.clone(),
        package_id: program.package_id.clone(),
        folder: service.manifest_path.parent().unwrap_or(&service.manifest_path).to_owned(),
        binary: program.binary.clone(),
        needs: service.needs.clone(),
        files: program.files.clone(),
    })
}
