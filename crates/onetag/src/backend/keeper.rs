//! Phase 2: the keeper of a run, and the ports that it holds.

use std::process::Child;
use std::time::Duration;

use anyhow::Context as _;

use super::Addresses;
use crate::keeper::{self, Attachment, Client};
use crate::run::{MintedRun, RunFolder};
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};
use crate::workspace::{Plan, Service};

/// How long a keeper may take that was told to end and has let go of everything.
const REAP_TIMEOUT: Duration = Duration::from_secs(10);

/// The tie of this command to the keeper of a run.
#[derive(Debug)]
pub(crate) struct KeeperHandle {
    /// None if another command started it.
    child: Option<Child>,
    _attachment: Attachment,
}

impl KeeperHandle {
    /// Starts the keeper of a run and has it hold all ports of the plan: those that
    /// `before` names where a kept run is taken up again.
    pub(crate) fn start(
        minted: &MintedRun,
        plan: &Plan,
        before: impl Fn(&str) -> Option<u16>,
    ) -> anyhow::Result<(KeeperHandle, Addresses)> {
        let (child, attachment) = keeper::start(minted.folder(), minted.ledger(), minted.lock())?;
        let keeper = KeeperHandle { child: Some(child), _attachment: attachment };
        match lease(minted.folder(), plan, before) {
            Ok(addresses) => Ok((keeper, addresses)),
            Err(error) => {
                // Asked to end, it leaves the teardown to the harness; left alone,
                // it would do that at the same time.
                let asked = Client::connect(minted.folder())
                    .and_then(|client| client.shutdown(&Interrupt::default()));
                asked.and_then(|()| keeper.reap())?;
                Err(error)
            }
        }
    }

    /// Attaches to the keeper of a kept run, and has it hold ports for what is new.
    pub(crate) fn attach(
        folder: &RunFolder,
        plan: &Plan,
    ) -> anyhow::Result<(KeeperHandle, Addresses)> {
        let attachment = Client::connect_soon(folder)?.attach()?;
        let keeper = KeeperHandle { child: None, _attachment: attachment };
        Ok((keeper, lease(folder, plan, |_| None)?))
    }

    /// Whether this command started it.
    pub(crate) fn is_new(&self) -> bool {
        self.child.is_some()
    }

    /// Waits for the keeper, which was told to end, so that it is not left as a
    /// zombie for as long as the harness goes on with other runs.
    pub(crate) fn reap(self) -> anyhow::Result<()> {
        match self.child {
            Some(mut child) => {
                let ended = wait::until(
                    "the end of the keeper",
                    REAP_TIMEOUT,
                    &Interrupt::default(),
                    || {
                        Ok(match child.try_wait().context("cannot wait for the keeper")? {
                            Some(_) => Poll::Ready(()),
                            None => Poll::Pending("it runs".to_owned()),
                        })
                    },
                );
                if ended.is_err() {
                    // Its services end with it.
                    let _ = child.kill().and_then(|()| child.wait());
                }
                ended
            }
            None => Ok(()),
        }
    }
}

/// Asks the keeper for all ports of the plan.
fn lease(
    folder: &RunFolder,
    plan: &Plan,
    before: impl Fn(&str) -> Option<u16>,
) -> anyhow::Result<Addresses> {
    let mut keeper = Client::connect(folder)?;
    let mut addresses = Addresses::default();
    for lease in plan.services().flat_map(|planned| leases(&planned.service)) {
        let port = before(&lease);
        let leased = keeper.lease(&lease, port).with_context(|| match port {
            Some(port) => format!("port {port} of `{lease}` is used by another process now"),
            None => format!("no port for `{lease}`"),
        })?;
        addresses.insert(&lease, leased);
    }
    Ok(addresses)
}

/// The leases of a service: one for each of its ports.
fn leases(service: &Service) -> impl Iterator<Item = String> {
    let own = service.port.map(|_| None);
    let further = service.ports.keys().map(|port| Some(port.as_str()));
    own.into_iter().chain(further).map(|port| Addresses::lease(&service.name, port))
}
