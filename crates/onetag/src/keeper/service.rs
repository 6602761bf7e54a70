//! One service of the keeper: what runs of it, and what is being done with it.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};

use super::protocol::StartedService;
use super::serve::Keeper;
use crate::backend::{Instance, Runtime, ServiceSpec, State, Stop};
use crate::report::Ui;

/// A service that the keeper started at least once.
#[derive(Clone, Debug)]
pub(super) struct Service {
    pub(super) spec: ServiceSpec,
    /// Which start of the keeper's the present one is.
    pub(super) start: u64,
    /// What runs of it, or has run until it ended by itself; none once it was stopped.
    pub(super) instance: Option<Instance>,
    pub(super) step: Step,
    /// Whether it was halted.
    pub(super) paused: bool,
    /// Why it could not be stopped; a teardown removes what it left.
    pub(super) stuck: Option<String>,
}

/// What is being done with a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Nothing,
    Starting,
    /// It was asked to end.
    Terminating,
    Killing,
}

impl Service {
    fn starting(spec: &ServiceSpec, start: u64) -> Service {
        Service {
            spec: spec.clone(),
            start,
            instance: None,
            step: Step::Starting,
            paused: false,
            stuck: None,
        }
    }

    /// Whether it runs, or something is being done with it.
    pub(super) fn is_running(&self) -> bool {
        self.stuck.is_none() && (self.instance.is_some() || self.step != Step::Nothing)
    }
}

impl Keeper {
    /// Has a service stopped, unless that is under way or it does not run.
    pub(super) fn stop(&mut self, name: &str, force: bool) {
        let Some(service) = self.services.get_mut(name) else { return };
        let Some(instance) = service.instance.clone().filter(|_| service.stuck.is_none()) else {
            return;
        };
        let next = if force { Step::Killing } else { Step::Terminating };
        if service.step == Step::Starting || service.step == next || service.step == Step::Killing {
            return;
        }
        service.step = next;
        let (how, limit) = match force {
            true => (Stop::Kill, self.limit),
            false => (Stop::Terminate(self.grace), self.grace + self.limit),
        };
        let (start, log) = (service.start, self.folder.log(name));
        let name = name.to_owned();
        let what = format!("stopping service `{name}`");
        self.step(
            what,
            limit,
            move |runtime| {
                runtime.stop(&instance, how)?;
                // What it said last; where it is not to be had, the end is what counts.
                let _ = runtime.collect_logs(&instance, &log);
                Ok(())
            },
            move |keeper, stopped| keeper.stopped(&name, start, stopped),
        );
    }

    fn stopped(&mut self, name: &str, start: u64, stopped: anyhow::Result<()>) {
        let is_meant = |service: &&mut Service| service.start == start;
        let Some(service) = self.services.get_mut(name).filter(is_meant) else { return };
        match stopped {
            Ok(()) => {
                service.instance = None;
                service.paused = false;
                service.step = Step::Nothing;
            }
            Err(error) => {
                Ui::stderr().line(format!("cannot stop service `{name}`: {error:#}"));
                service.step = Step::Nothing;
                service.stuck = Some(format!("{error:#}"));
            }
        }
    }

    pub(super) fn service(&mut self, service: &str) -> anyhow::Result<&mut Service> {
        self.services
            .get_mut(service)
            .with_context(|| format!("service `{service}` was never started"))
    }

    /// Starts services that do not run, and answers once they were started.
    ///
    /// A command that `mends` a run starts those as well of which something is missing,
    /// since somebody else may have removed it; a test may have started them just now.
    pub(super) fn start(
        &mut self,
        level: Vec<ServiceSpec>,
        mends: bool,
        answer: impl FnOnce(anyhow::Result<BTreeMap<String, StartedService>>) + Send + 'static,
    ) -> anyhow::Result<()> {
        ensure!(self.ending.is_none(), "the run is being torn down");
        for spec in &level {
            let (name, run_id) = (spec.service(), self.folder.run_id());
            if spec.run_id != run_id {
                bail!("{} is of run {}, and this is run {run_id}", spec.reference, spec.run_id);
            }
            match self.services.get(name).map_or(Step::Nothing, |service| service.step) {
                Step::Nothing => {}
                Step::Starting => bail!("service `{name}` is being started"),
                Step::Terminating | Step::Killing => bail!("service `{name}` is being stopped"),
            }
        }
        let mut before = Vec::new();
        let mut starts = Vec::new();
        for spec in &level {
            self.starts += 1;
            starts.push(self.starts);
            let name = spec.service().to_owned();
            before.push(self.services.insert(name, Service::starting(spec, self.starts)));
        }
        let ended: Vec<_> =
            before.iter().flatten().filter_map(|one| one.instance.clone()).collect();
        let names: Vec<_> = level.iter().map(ServiceSpec::service).collect();
        let what = format!("starting {}", names.join(", "));
        let ledger = self.ledger.clone();
        let start = move |runtime: &dyn Runtime| {
            for instance in &ended {
                match runtime.state(instance)? {
                    State::Ended(_) => {}
                    State::Starting(_) if mends => {}
                    _ => bail!("service `{}` runs already", instance.service),
                }
                runtime.stop(instance, Stop::Kill)?;
            }
            let instances = runtime.start(&level, &ledger)?;
            ensure!(
                instances.len() == level.len(),
                "the backend started {} of {} services",
                instances.len(),
                level.len()
            );
            let started = level.iter().zip(&instances).zip(starts);
            let started =
                started.map(|((spec, instance), start)| reach(runtime, spec, instance, start));
            Ok((started.collect::<anyhow::Result<Vec<_>>>()?, instances))
        };
        self.step(what, self.limit, start, move |keeper, started| {
            answer(keeper.started(before, started));
        });
        Ok(())
    }

    fn started(
        &mut self,
        before: Vec<Option<Service>>,
        started: anyhow::Result<(Vec<StartedService>, Vec<Instance>)>,
    ) -> anyhow::Result<BTreeMap<String, StartedService>> {
        let (started, instances) = match started {
            Ok(started) => started,
            Err(error) => {
                // What was made of them stands in the ledger.
                self.services.retain(|_, service| service.step != Step::Starting);
                for service in before.into_iter().flatten() {
                    self.services.insert(service.spec.service().to_owned(), service);
                }
                return Err(error);
            }
        };
        for instance in instances {
            if let Some(service) = self.services.get_mut(&instance.service) {
                service.step = Step::Nothing;
                service.instance = Some(instance);
            }
        }
        Ok(started.into_iter().map(|started| (started.service.clone(), started)).collect())
    }
}

/// Where tests reach a service.
fn reach(
    runtime: &dyn Runtime,
    spec: &ServiceSpec,
    instance: &Instance,
    start: u64,
) -> anyhow::Result<StartedService> {
    let reach = |port: Option<&str>| runtime.reach(instance, port);
    let further = spec.ports.ports.keys().map(|port| Ok((port.clone(), reach(Some(port))?)));
    Ok(StartedService {
        service: spec.service().to_owned(),
        start,
        own: spec.ports.port.map(|_| reach(None)).transpose()?,
        ports: further.collect::<anyhow::Result<_>>()?,
    })
}
