//! Working with a run that is kept.

use anyhow::{Context as _, bail};

use crate::backend::{Process, RunPlan};
use crate::build::Build;
use crate::exit::Exit;
use crate::phase::{Image, Replica, Running};
use crate::report::{RunReport, ServiceReport, Tests, Timeline};
use crate::run::ledger::Record;
use crate::run::{Run, RunFolder};
use crate::workspace::PlannedService;

/// The record of a kept run, and its ledger if that is whole.
pub(crate) fn read_plan(folder: &RunFolder) -> anyhow::Result<RunPlan> {
    let record = Record::read(folder.path())?;
    if let Some((line, reason)) = record.damaged.first() {
        bail!(
            "line {line} of {} is damaged: {reason}\nhint: {}",
            folder.path().join(crate::run::ledger::Ledger::FILE),
            start_over(folder)
        );
    }
    RunPlan::read(folder).with_context(|| {
        format!("the kept run cannot be taken up again\nhint: {}", start_over(folder))
    })
}

fn start_over(folder: &RunFolder) -> String {
    let record = Record::read(folder.path()).unwrap_or_default();
    let suite = record.consumer().unwrap_or("<service>").to_owned();
    format!("cargo xtask down {suite} && cargo xtask up {suite}")
}

/// The image of a service that goes on running as it was deployed.
pub(crate) fn resume<'run>(
    run: &Run<'run>,
    planned: &PlannedService,
    build: &Build,
    plan: &RunPlan,
    replica: Replica,
) -> anyhow::Result<Image<'run, Running>> {
    let name = &planned.service.name;
    let deployed = plan
        .services
        .get(name)
        .with_context(|| format!("service `{name}` was never deployed in this run"))?;
    let reference = run.minted().reference_of(&planned.service, deployed.generation);
    let compiled = build.service(name)?;
    Ok(Image::resumed(reference, compiled, vec![replica], deployed.url.clone(), run.brand()))
}

/// The process of a service that has to run.
///
/// Errors: it does not; `up` starts it again.
pub(crate) fn living_replica(
    folder: &RunFolder,
    service: &str,
    suite: &str,
) -> anyhow::Result<Replica> {
    let hint = format!("hint: cargo xtask up {suite}");
    let replica = Process::replica(folder, service)
        .with_context(|| format!("the services of the kept run are gone\n{hint}"))?;
    replica.with_context(|| format!("service `{service}` of the kept run has ended\n{hint}"))
}

/// The report of a command on a kept run.
pub(crate) fn report(
    plan: &RunPlan,
    folder: &RunFolder,
    timeline: &Timeline<'_>,
    exit: Exit,
    tests: Option<Tests>,
) -> RunReport {
    let services = plan.services.iter().map(|(name, deployed)| ServiceReport {
        service: name.clone(),
        reference: deployed.reference.clone(),
        digests: Some(deployed.digests),
        url: Some(deployed.url.clone()),
    });
    RunReport {
        run_id: folder.run_id(),
        tag: plan.tag.clone(),
        consumer: plan.consumer.clone(),
        backend: plan.backend.clone(),
        exit: exit.code(),
        failed_phase: (exit != Exit::Success).then(|| "test".to_owned()),
        error: None,
        kept: true,
        seconds: timeline.elapsed().as_secs_f64(),
        phases: timeline.phases().to_vec(),
        services: services.collect(),
        tests,
        leftovers: Vec::new(),
        folder: folder.path().to_owned(),
    }
}
