//! Phase 4 for a whole plan: level by level, side by side within a level.

use std::time::Duration;

use anyhow::anyhow;

use super::Job;
use crate::backend::{Deployed, Process, RunPlan};
use crate::context::Context;
use crate::phase::{Image, Loaded, Running};
use crate::run::Run;
use crate::workspace::PlannedService;

/// An image that runs, and how it was deployed.
pub(crate) type Up<'run> = (Image<'run, Running>, Deployed);

/// Deploys images in dependency order: a service starts once everything that it
/// needs is ready.
pub(crate) fn deploy<'run>(
    context: &Context,
    process: &Process<'run>,
    job: &Job<'_>,
    mut images: Vec<Image<'run, Loaded>>,
    ready: Duration,
) -> anyhow::Result<Vec<Up<'run>>> {
    let mut running = Vec::new();
    for level in &job.plan.levels {
        let level: Vec<(Image<'run, Loaded>, &PlannedService)> = level
            .iter()
            .filter_map(|planned| {
                let of_service =
                    |image: &Image<'_, _>| image.reference().service() == planned.service.name;
                let index = images.iter().position(of_service)?;
                Some((images.swap_remove(index), planned))
            })
            .collect();
        let up = |(image, planned)| process.deploy(image, planned, ready, &context.interrupt);
        let deployed: Vec<anyhow::Result<Up<'run>>> = match level.len() {
            0 | 1 => level.into_iter().map(up).collect(),
            _ => std::thread::scope(|scope| {
                let threads: Vec<_> =
                    level.into_iter().map(|one| scope.spawn(move || up(one))).collect();
                let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                    thread.join().unwrap_or_else(|_| Err(anyhow!("a thread that deploys ended")))
                };
                threads.into_iter().map(join).collect()
            }),
        };
        for one in deployed {
            running.push(one?);
        }
    }
    Ok(running)
}

/// The record of what runs.
pub(crate) fn run_plan<'a>(
    run: &Run<'_>,
    deployed: impl IntoIterator<Item = &'a Deployed>,
) -> RunPlan {
    RunPlan {
        run_id: run.tag().run_id(),
        consumer: run.tag().consumer().to_owned(),
        tag: run.tag().to_string(),
        generation: run.tag().generation(),
        backend: crate::backend::PROCESS.to_owned(),
        services: deployed
            .into_iter()
            .map(|deployed| (deployed.launch.service.clone(), deployed.clone()))
            .collect(),
    }
}
