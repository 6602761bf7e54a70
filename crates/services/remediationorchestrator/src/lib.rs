//! Leads a signal to its remedy, through the services that do the work.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | flags and environment variables |
//! | [`rules`] | the phases of a request |
//! | [`work`] | what other services do for it, and what follows from that |
//! | [`children`] | what is asked of them |
//! | [`routing`] | the rules that are asked before a workflow is executed |
//! | [`notify`] | what people are told |
//! | [`decide`] | what people decide |
//! | [`step`] | phases, blocks and ends, with what the trail is told of them |

pub mod children;
pub mod config;
pub mod decide;
pub mod notify;
pub mod routing;
pub mod rules;
pub mod step;
pub mod work;

use contract::remediationorchestrator::{CancelRemediation, DecideApproval};
use kit::database::Migrations;
use kit::resource::Resources;
use kit::state::State;
use kit::{App, Service, outbox, resource};

use crate::config::Peers;
use crate::rules::Remediation;

pub use config::Config;

static MIGRATIONS: &[Migrations] = &[outbox::MIGRATIONS, resource::MIGRATIONS];

/// Builds the service from its configuration.
///
/// # Errors
///
/// When the configuration cannot be used.
pub fn start(config: Config, service: &Service) -> anyhow::Result<App> {
    let peers = Peers::new(&config.peers)?;
    let state = State::new(config.state, MIGRATIONS)?;
    let rules =
        Remediation { peers: peers.clone(), limits: config.limits, routing: config.routing };
    let resources = Resources::new(service, &state, rules);
    let approval = resources.decision::<DecideApproval>(
        "approve",
        "Agrees to the workflow, or does not. It can be answered once, and in time.",
        decide::approval,
    );
    let cancellation = resources.decision::<CancelRemediation>(
        "cancel",
        "Ends one, and the execution that it has made.",
        decide::cancel,
    );
    let routes = resources.routes().merge(approval).merge(cancellation);
    let app = resources.app(kit::router(service, routes));
    Ok(peers.all().into_iter().fold(app, |app, peer| app.peer(service, peer)))
}
