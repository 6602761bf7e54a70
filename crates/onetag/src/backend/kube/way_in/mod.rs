//! How tests reach pods: at a port of 127.0.0.1 that stays the same for the whole run.
//!
//! A [`Door`] listens there as long as a pod of its service can be asked, and passes each
//! connection on to one of them in turn.

mod door;
mod target;
mod tunnel;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::kubectl::Kubectl;
use super::pod::Pod;
use crate::backend::lock;
use door::Door;

/// All doors of a run, each for one port of a service.
#[derive(Debug, Default)]
pub(super) struct WayIn {
    doors: Mutex<BTreeMap<u16, Arc<Door>>>,
}

impl WayIn {
    /// Makes the port `outside` lead to the port `inside` of the pods of a service.
    pub(super) fn add(&self, kubectl: &Kubectl, service: &str, inside: u16, outside: u16) {
        let door = || Arc::new(Door::new(kubectl, service, inside, outside));
        lock(&self.doors).entry(outside).or_insert_with(door);
    }

    /// The pods are these now.
    pub(super) fn update(&self, pods: &[Pod]) {
        for door in lock(&self.doors).values() {
            door.update(pods);
        }
    }
}
