//! How tests reach pods: at a port of 127.0.0.1 that stays the same for the whole run.
//!
//! A [`Forwarder`] listens there as long as a pod of its service can be asked, and passes each
//! connection on to one of them in turn.

mod forwarder;
mod target;
mod tunnel;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::kubectl::Kubectl;
use super::pod::Pod;
use crate::backend::lock;
use forwarder::Forwarder;

/// All all of a run, each for one port of a service.
#[derive(Debug, Default)]
pub(super) struct Forwarders {
    all: Mutex<BTreeMap<u16, Arc<Forwarder>>>,
}

impl Forwarders {
    /// Makes the port `outside` lead to the port `inside` of the pods of a service.
    pub(super) fn add(&self, kubectl: &Kubectl, service: &str, inside: u16, outside: u16) {
        let forwarder = || Arc::new(Forwarder::new(kubectl, service, inside, outside));
        lock(&self.all).entry(outside).or_insert_with(forwarder);
    }

    /// The pods are these now.
    pub(super) fn update(&self, pods: &[Pod]) {
        for forwarder in lock(&self.all).values() {
            forwarder.update(pods);
        }
    }
}
