//! Whether a service in a container is ready, and what keeps it from that.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;

use super::runtime::EngineRuntime;
use crate::backend::container::{ALL_INTERFACES, port_inside};
use crate::backend::{Instance, Probe, Runtime as _};
use crate::keeper::ask;
use crate::system::listening_in;
use crate::workspace::Ready;

/// Where docker answers for names in the network of each container.
const DOCKER_DNS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

impl EngineRuntime {
    /// Asks once whether a service is ready.
    pub(super) fn is_ready(
        &self,
        instance: &Instance,
        ready: &Ready,
        limit: Duration,
    ) -> anyhow::Result<Probe> {
        let port = || {
            let started = self.started();
            let started = started.get(&instance.service).context("it was not started")?;
            port_inside(&started.ports, None)
        };
        match (ready, self.listens(instance)) {
            (Ready::Started, _) => Ok(Probe::Ready),
            // A proxy of the engine's accepts whether or not the service does.
            (Ready::Tcp, Some(listens)) => {
                let port = port()?;
                let reached = |at: &SocketAddr| at.port() == port && !at.ip().is_loopback();
                Ok(match listens.iter().any(reached) {
                    true => Probe::Ready,
                    false => {
                        Probe::Pending(format!("nothing listens on port {port} of its container"))
                    }
                })
            }
            _ => Ok(ask(self.reach(instance, None)?, ready, limit)),
        }
    }

    /// Says so where a service listens, but where nobody reaches it.
    pub(super) fn listens_elsewhere(&self, instance: &Instance) -> Option<String> {
        let port = {
            let started = self.started();
            port_inside(&started.get(&instance.service)?.ports, None).ok()?
        };
        let listens = self.listens(instance)?;
        let reached = |at: &SocketAddr| at.port() == port && !at.ip().is_loopback();
        if listens.is_empty() || listens.iter().any(reached) {
            return None;
        }
        let words: Vec<String> = listens.iter().map(ToString::to_string).collect();
        let (service, words) = (&instance.service, words.join(", "));
        Some(format!(
            "`{service}` listens on {words} of its container, not on {ALL_INTERFACES}:{port}"
        ))
    }

    /// Where the first process of a container listens, by its own account.
    fn listens(&self, instance: &Instance) -> Option<Vec<SocketAddr>> {
        let process = self.started().get(&instance.service)?.process.clone()?;
        let mut listens = listening_in(process.pid);
        listens.retain(|address| address.ip() != DOCKER_DNS);
        Some(listens)
    }
}
