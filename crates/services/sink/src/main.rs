//! The far end of a webhook, for end-to-end tests: it records what it is sent
//! and answers as it was programmed.
//!
//! | call | what it does |
//! |---|---|
//! | any method on `/hook/{name}` or below | records the request, answers the next programmed response, else 200 |
//! | `GET /hook/{name}/requests` | lists what was recorded, oldest first |
//! | `PUT /hook/{name}/responses` | programs the next answers |
//! | `DELETE /hook/{name}` | forgets both |
//!
//! Webhooks exist as soon as they are named; tests that run at the same time use
//! names of their own. Everything is in memory and bounded.

mod response;
mod routes;
mod webhooks;

use std::process::ExitCode;

use clap::Parser;

/// Records webhooks and answers them as programmed.
#[derive(Debug, Parser)]
#[command(version)]
struct Config {
    #[command(flatten)]
    common: kit::Common,
}

fn main() -> ExitCode {
    let config = Config::parse();
    kit::run(kit::package!(), config.common, async |service| {
        Ok(kit::App::new(routes::app(&service)))
    })
}
