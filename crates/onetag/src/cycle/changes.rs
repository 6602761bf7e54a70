//! What a kept run needs to be up to date.

use std::collections::BTreeMap;

use anyhow::anyhow;

use super::Job;
use super::current::Images;
use crate::backend::{Deployed, RunPlan, settings};
use crate::error::Attach as _;
use crate::keeper::{Client, ServiceState};
use crate::run::MintedRun;
use crate::workspace::PlannedService;

/// What has to be done for one service.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// It runs what was built, since this start of the keeper's.
    None { start: u64 },
    /// It has ended; what was built is the same.
    Died,
    /// It is new, or something else than it runs.
    Replaced(Reason),
}

/// Why a service has to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    New,
    Bytes,
    External,
    Settings,
    /// An `up` that failed left something else behind.
    Process,
}

/// By service; everything is new in a run that was just minted.
#[derive(Debug)]
pub(super) struct Changes(BTreeMap<String, Change>);

impl Changes {
    /// Compares what runs with what was built.
    pub(super) fn find(
        run: &MintedRun,
        job: &Job<'_>,
        images: &Images<'_>,
    ) -> anyhow::Result<Changes> {
        let mut changes = BTreeMap::new();
        let states = match &job.kept {
            Some(_) => Client::connect(run.folder())?.status()?.services,
            None => BTreeMap::new(),
        };
        for planned in job.plan.services() {
            let before =
                job.kept.as_ref().and_then(|kept| kept.plan.services.get(&planned.service.name));
            let change = match before {
                None => Change::Replaced(Reason::New),
                Some(before) => change(run, planned, before, images, &states)?,
            };
            changes.insert(planned.service.name.clone(), change);
        }
        Ok(Changes(changes))
    }

    pub(super) fn of(&self, service: &str) -> &Change {
        self.0.get(service).unwrap_or(&Change::Replaced(Reason::New))
    }

    /// Whether nothing has to be done.
    pub(super) fn are_none(&self) -> bool {
        self.0.values().all(|change| matches!(change, Change::None { .. }))
    }

    /// The generation of the run with these changes. A replaced service gets the
    /// name of the next one, since a reference never names two digests.
    pub(super) fn generation(&self, before: &RunPlan) -> u32 {
        let replaced = self.0.values().any(|change| matches!(change, Change::Replaced(_)));
        before.generation + u32::from(replaced)
    }

    /// # Errors
    ///
    /// When something has to be done before this can be tested.
    pub(super) fn refuse_stale(&self, suite: &str) -> anyhow::Result<()> {
        let stale = self.0.iter().filter_map(|(name, change)| {
            let why = match change {
                Change::None { .. } => return None,
                Change::Died => "has ended",
                Change::Replaced(Reason::New) => "is not deployed",
                Change::Replaced(Reason::Bytes) => "is not what was built just now",
                Change::Replaced(Reason::External) => "is another program or image now",
                Change::Replaced(Reason::Settings) => "has other settings in its metadata now",
                Change::Replaced(Reason::Process) => "runs something else than was deployed",
            };
            Some(format!("`{name}` {why}"))
        });
        let stale: Vec<String> = stale.collect();
        if stale.is_empty() {
            return Ok(());
        }
        Err(anyhow!("the kept run is stale: {}", stale.join(", "))
            .hint(format!("cargo xtask up {suite}")))
    }

    /// What was done, in words.
    pub(super) fn summary(&self) -> String {
        let mut by_kind: BTreeMap<(u8, &str), Vec<&str>> = BTreeMap::new();
        for (name, change) in &self.0 {
            let kind = match change {
                Change::Replaced(_) => (0, "replaced"),
                Change::Died => (1, "started again"),
                Change::None { .. } => (2, "unchanged"),
            };
            by_kind.entry(kind).or_default().push(name);
        }
        let parts =
            by_kind.iter().map(|((_, kind), names)| format!("{kind}: {}", names.join(", ")));
        parts.collect::<Vec<_>>().join("; ")
    }
}

fn change(
    run: &MintedRun,
    planned: &PlannedService,
    before: &Deployed,
    images: &Images<'_>,
    states: &BTreeMap<String, ServiceState>,
) -> anyhow::Result<Change> {
    let name = &planned.service.name;
    if !images.are_those_of(&planned.service, before)? {
        return Ok(Change::Replaced(match planned.service.external() {
            None => Reason::Bytes,
            Some(_) => Reason::External,
        }));
    }
    if settings(planned, run.backend(), run.folder().run_id())? != before.settings {
        return Ok(Change::Replaced(Reason::Settings));
    }
    Ok(match states.get(name) {
        Some(ServiceState::Running { start, generation, .. })
            if *generation == before.generation =>
        {
            Change::None { start: *start }
        }
        Some(ServiceState::Running { .. }) => Change::Replaced(Reason::Process),
        _ => Change::Died,
    })
}
