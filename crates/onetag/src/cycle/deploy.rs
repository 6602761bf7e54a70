//! Phases 3 and 4 for a whole plan: level by level, side by side within a level.

use anyhow::anyhow;

use super::Options;
use super::changes::Change;
use super::current::Cycle;
use crate::backend::Process;
use crate::phase::{Image, Loaded, Minted, Running};
use crate::workspace::{PlannedService, Ready};

/// Loads the images of all services of the plan.
///
/// What is not replaced keeps the name of the generation in which it was deployed.
pub(super) fn load<'run>(
    cycle: &Cycle<'_, 'run>,
    process: &Process<'run>,
) -> anyhow::Result<Vec<Image<'run, Loaded>>> {
    let images = cycle.job.plan.services().map(|planned| {
        let service = &planned.service;
        let minted = match (cycle.changes.of(&service.name), cycle.before(&service.name)) {
            (Change::None(_) | Change::Died, Some(before)) => {
                Image::<Minted>::of_generation(cycle.run, service, before.generation)
            }
            _ => Image::mint(cycle.run, service),
        };
        minted.build(cycle.build.service(&service.name)?)?.load(process)
    });
    images.collect()
}

/// Stops what is to be replaced, dependents first, and what the plan needs no
/// more; then deploys images in dependency order: a service starts once everything
/// that it needs is ready.
pub(super) fn deploy<'run>(
    cycle: &Cycle<'_, 'run>,
    process: &Process<'run>,
    mut images: Vec<Image<'run, Loaded>>,
    options: &Options,
) -> anyhow::Result<Vec<Image<'run, Running>>> {
    stop_replaced(cycle, process)?;
    let mut running = Vec::new();
    for level in &cycle.job.plan.levels {
        let level: Vec<(Image<'run, Loaded>, &PlannedService)> = level
            .iter()
            .filter_map(|planned| {
                let of_service =
                    |image: &Image<'_, _>| image.reference().service() == planned.service.name;
                let index = images.iter().position(of_service)?;
                Some((images.swap_remove(index), planned))
            })
            .collect();
        let up = |(image, planned)| deploy_one(cycle, process, image, planned, options);
        let deployed: Vec<anyhow::Result<Image<'run, Running>>> = match level.len() {
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
        for image in deployed {
            running.push(image?);
        }
    }
    Ok(running)
}

fn stop_replaced(cycle: &Cycle<'_, '_>, process: &Process<'_>) -> anyhow::Result<()> {
    let Some(kept) = &cycle.job.kept else { return Ok(()) };
    let gone = |name: &&String| cycle.job.plan.service(name).is_none();
    for name in kept.plan.services.keys().filter(gone) {
        process.stop(name)?;
    }
    for planned in cycle.job.plan.services().rev() {
        if matches!(cycle.changes.of(&planned.service.name), Change::Replaced(_)) {
            process.stop(&planned.service.name)?;
        }
    }
    Ok(())
}

fn deploy_one<'run>(
    cycle: &Cycle<'_, 'run>,
    process: &Process<'run>,
    image: Image<'run, Loaded>,
    planned: &PlannedService,
    options: &Options,
) -> anyhow::Result<Image<'run, Running>> {
    let name = &planned.service.name;
    match (cycle.changes.of(name), cycle.before(name)) {
        (Change::None(replica), Some(before)) => image.adopt(before, vec![replica.clone()]),
        _ => {
            let activity = cycle.context.ui.activity(name);
            activity.update(match &planned.service.ready {
                Ready::Http(path) => format!("waiting for {path}"),
                Ready::Tcp => "waiting for its port".to_owned(),
                Ready::Started => "waiting for its process".to_owned(),
            });
            image.deploy(process, planned, options.ready, &cycle.context.interrupt)
        }
    }
}
