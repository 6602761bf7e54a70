//! What a kept run needs to be up to date.

use std::collections::BTreeMap;

use anyhow::anyhow;

use super::Job;
use super::current::Images;
use crate::backend::{Deployed, RunPlan, Settings, settings};
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
    /// It runs, and the suite does not need it any more.
    Unneeded,
}

/// Why a service has to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    New,
    Bytes,
    External,
    Settings,
    /// These variables of the caller have other values, and nothing else is different.
    HostVariables(Vec<String>),
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
        for name in job.kept.iter().flat_map(|kept| kept.plan.services.keys()) {
            changes.entry(name.clone()).or_insert(Change::Unneeded);
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
                Change::Unneeded => "is no longer needed",
                Change::Replaced(reason) => match reason {
                    Reason::New => "is not deployed",
                    Reason::Bytes => "is not what was built just now",
                    Reason::External => "is another program or image now",
                    Reason::Settings => "has other settings in its metadata now",
                    Reason::HostVariables(names) => &other_values(names),
                    Reason::Process => "runs something else than was deployed",
                },
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
                Change::Unneeded => (0, "stopped, no longer needed"),
                Change::Replaced(Reason::New) => (1, "new"),
                Change::Replaced(_) => (2, "replaced"),
                Change::Died => (3, "started again"),
                Change::None { .. } => (4, "unchanged"),
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
    let now = settings(planned, run.backend(), run.folder().run_id())?;
    if now != before.settings {
        return Ok(Change::Replaced(difference(now, &before.settings)));
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

/// In what settings differ.
fn difference(now: Settings, before: &Settings) -> Reason {
    let is_other =
        |(name, hash): &(&String, &String)| before.host_variables.get(*name) != Some(hash);
    let others = now.host_variables.iter().filter(is_other).map(|(name, _)| name.clone()).collect();
    match (Settings { host_variables: before.host_variables.clone(), ..now }) == *before {
        true => Reason::HostVariables(others),
        false => Reason::Settings,
    }
}

fn other_values(names: &[String]) -> String {
    match names {
        [name] => format!("gets another value of the variable `{name}` now"),
        names => format!("gets other values of the variables `{}` now", names.join("`, `")),
    }
}
