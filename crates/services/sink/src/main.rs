//! A receiver of webhooks, for end-to-end tests: it records requests and sends
//! programmed answers.
//!
//! | call | what it does |
//! |---|---|
//! | any method on `/hook/{name}` or below | records the request, answers the next programmed response, else 200 |
//! | `GET /hook/{name}/requests` | lists the recorded requests, oldest first |
//! | `PUT /hook/{name}/responses` | programs the next answers |
//! | `DELETE /hook/{name}` | deletes requests and answers |
//!
//! A webhook exists as soon as a request names it. Tests that run at the same
//! time use different names. Everything is in memory and bounded.

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
