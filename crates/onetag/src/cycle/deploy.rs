//! Phases 3 and 4 for a whole plan: level by level, side by side within a level.

use std::thread;

use anyhow::anyhow;

use super::Options;
use super::changes::Change;
use super::current::Cycle;
use crate::backend::{ReadyWait, RunBackend, waiting_for};
use crate::phase::{Image, Loaded, Minted, Running};
use crate::system::wait::side_by_side;
use crate::workspace::DatabaseKind::Postgres;
use crate::workspace::PlannedService;

/// Loads the images of all services of the plan, side by side; meanwhile stops what is to
/// be replaced, and what the plan needs no more.
///
/// What is not replaced keeps the name of the generation in which it was deployed.
pub(super) fn load<'run>(
    cycle: &Cycle<'_, 'run>,
    backend: &RunBackend<'run>,
) -> anyhow::Result<Vec<Image<'run, Loaded>>> {
    let load = |planned: &PlannedService| {
        let service = &planned.service;
        let generation = match (cycle.changes.of(&service.name), cycle.before(&service.name)) {
            (Change::None { .. } | Change::Died, Some(before)) => before.generation,
            _ => cycle.run.tag().generation(),
        };
        if service.external().is_some() {
            return Ok(Image::pin(cycle.run, cycle.images.pinned(&service.name)?, generation));
        }
        let minted = Image::<Minted>::of_generation(cycle.run, service, generation);
        let built = minted.build(cycle.images.build.service(&service.name)?)?;
        built.load(backend, &cycle.context.interrupt)
    };
    thread::scope(|scope| {
        let stopping = scope.spawn(|| stop_replaced(cycle, backend));
        let loaded = side_by_side(cycle.job.plan.services(), load);
        let stopped =
            stopping.join().unwrap_or_else(|_| Err(anyhow!("the thread that stops ended")));
        loaded.and_then(|loaded| stopped.map(|()| loaded))
    })
}

/// Deploys images in dependency order: a service starts once everything that it needs is
/// ready.
pub(super) fn deploy<'run>(
    cycle: &Cycle<'_, 'run>,
    backend: &RunBackend<'run>,
    mut images: Vec<Image<'run, Loaded>>,
    options: &Options,
) -> anyhow::Result<Vec<Image<'run, Running>>> {
    let mut running = Vec::new();
    for level in &cycle.job.plan.levels {
        let mut new = Vec::new();
        let mut activities = Vec::new();
        for planned in level {
            let name = planned.service.name.as_str();
            let of_service = |image: &Image<'_, _>| image.reference().service() == name;
            let Some(index) = images.iter().position(of_service) else { continue };
            let image = images.swap_remove(index);
            match (cycle.changes.of(name), cycle.before(name)) {
                (Change::None { start }, Some(before)) => {
                    running.push(image.adopt(before, *start)?);
                }
                _ => {
                    let activity = cycle.context.ui.activity(name);
                    activity.update(waiting_for(&planned.service.ready));
                    activities.push(activity);
                    new.push((image, planned));
                }
            }
        }
        let uses_server = |planned: &&PlannedService| planned.database == Some(Postgres);
        let new_planned = new.iter().map(|(_, planned)| *planned).filter(uses_server);
        let to_fill: Vec<&str> = new_planned.map(|one| one.service.name.as_str()).collect();
        if !to_fill.is_empty() {
            backend.fill_databases(&to_fill)?;
        }
        let say = |text: &str| cycle.context.ui.line(text);
        let interrupt = &cycle.context.interrupt;
        let waiting = ReadyWait::new(options.ready, "`--ready-timeout`", interrupt).saying(&say);
        running.extend(Image::<Loaded>::deploy(new, backend, &waiting)?);
    }
    Ok(running)
}

fn stop_replaced(cycle: &Cycle<'_, '_>, backend: &RunBackend<'_>) -> anyhow::Result<()> {
    let Some(kept) = &cycle.job.kept else { return Ok(()) };
    for name in kept.plan.services.keys() {
        if matches!(cycle.changes.of(name), Change::Unneeded) {
            backend.stop(name)?;
        }
    }
    // Dependents first.
    cycle.job.plan.levels.iter().rev().try_for_each(|level| {
        let names = level.iter().map(|planned| planned.service.name.as_str());
        let replaced = names.filter(|name| matches!(cycle.changes.of(name), Change::Replaced(_)));
        side_by_side(replaced, |name| backend.stop(name)).map(drop)
    })
}
