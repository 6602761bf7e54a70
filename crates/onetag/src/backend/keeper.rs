//! Phase 2: the keeper of a run, and what it prepares.

use std::process::Child;
use std::time::Duration;

use anyhow::Context as _;

use super::{Addresses, ServicePorts};
use crate::database::{self, ServerUrl};
use crate::keeper::{self, Attachment, Client};
use crate::run::MintedRun;
use crate::system::signals::Interrupt;
use crate::system::wait::{self, Poll};
use crate::workspace::{DATABASE_SERVER, Plan};

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
    /// Starts the keeper of a run and has it prepare what the plan needs; where a kept
    /// run is taken up again, it opens what was prepared before.
    pub(crate) fn start(
        minted: &MintedRun,
        plan: &Plan,
        url: Option<&ServerUrl>,
    ) -> anyhow::Result<(KeeperHandle, Addresses)> {
        let (child, attachment) = keeper::start(minted.folder(), minted.ledger(), minted.lock())?;
        let keeper = KeeperHandle { child: Some(child), _attachment: attachment };
        match prepare(minted, plan, url) {
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

    /// Attaches to the keeper of a kept run, and has it prepare what is new.
    pub(crate) fn attach(
        minted: &MintedRun,
        plan: &Plan,
        url: Option<&ServerUrl>,
    ) -> anyhow::Result<(KeeperHandle, Addresses)> {
        let attachment = Client::connect_soon(minted.folder())?.attach()?;
        let keeper = KeeperHandle { child: None, _attachment: attachment };
        Ok((keeper, prepare(minted, plan, url)?))
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

/// Has the keeper prepare what the services of the plan need, and prepares what their
/// databases need.
fn prepare(minted: &MintedRun, plan: &Plan, url: Option<&ServerUrl>) -> anyhow::Result<Addresses> {
    let services = plan.services().map(|planned| ServicePorts::of(&planned.service)).collect();
    let limit = minted.backend().backend().step_limit;
    let mut addresses = Client::connect(minted.folder())?.prepare(services, limit)?;
    addresses.database = database::prepare(minted, plan, url)?;
    if let (Some(access), Some(server)) =
        (&mut addresses.database, addresses.services.get_mut(DATABASE_SERVER))
    {
        if let Some(own) = &server.own {
            access.found_at(&own.internal);
        }
        if let Some(folder) = access.server_folder() {
            server.volume.clone_from(folder);
        }
    }
    Ok(addresses)
}
