//! Resources of any kind, with the types of their contract.

use std::marker::PhantomData;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use contract::resource::{Kind, Phase as _, Resource, Spec as _};
use serde_json::Value;

use crate::{Endpoint, Poll, Run, eventually};

/// The resources of one kind at their service.
#[derive(Clone, Debug)]
pub struct Resources<K> {
    /// The service.
    pub service: Endpoint,
    kind: PhantomData<K>,
}

impl<K: Kind> Resources<K> {
    /// The resources at a service of the run, which has the name of their kind.
    ///
    /// # Errors
    /// When the run has no such service.
    pub fn new(run: &Run) -> Result<Self> {
        Self::at(run, K::NAME)
    }

    /// The resources at this service of the run.
    ///
    /// # Errors
    /// When the run has no such service.
    pub fn at(run: &Run, service: &str) -> Result<Self> {
        Ok(Self { service: run.service(service)?, kind: PhantomData })
    }

    /// Creates one that was not there.
    ///
    /// # Errors
    /// When the answer is none of 201.
    pub fn create(&self, spec: &K::Spec) -> Result<Resource<K>> {
        let answer = self.post(spec)?.expect(201)?;
        let location = format!("{}/{}", K::COLLECTION, spec.name());
        ensure!(answer.header("location") == location, "{}", answer.header("location"));
        read::<K>(answer.value()?)
    }

    /// Asks for one.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn post(&self, spec: &K::Spec) -> Result<crate::Answer> {
        self.service.post(K::COLLECTION, &serde_json::to_value(spec)?)
    }

    /// The path of one.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        format!("{}/{name}", K::COLLECTION)
    }

    /// One that is there.
    ///
    /// # Errors
    /// When it is not.
    pub fn read(&self, name: &str) -> Result<Resource<K>> {
        read::<K>(self.service.get(&self.path(name))?.expect(200)?.value()?)
    }

    /// Waits until one is in this phase. Fails at once if it ends in another one.
    ///
    /// # Errors
    /// When it does not get there.
    pub fn reach(&self, name: &str, phase: K::Phase, within: Duration) -> Result<Resource<K>> {
        let what = format!("{name} to be {phase:?}");
        eventually(within, &what, || {
            let found = self.read(name)?;
            if found.status.phase == phase {
                return Ok(Poll::Ready(found));
            }
            ensure!(!found.status.phase.is_final(), "{name} is not {phase:?}: {found:#?}");
            Ok(Poll::Pending(format!("{:?}", found.status)))
        })
    }
}

fn read<K: Kind>(value: Value) -> Result<Resource<K>> {
    let shown = value.to_string();
    serde_json::from_value(value).with_context(|| format!("not a {}: {shown}", K::NAME))
}
