//! The Notification service.

use std::process::ExitCode;

use clap::Parser as _;
use notification::Config;

fn main() -> ExitCode {
    let config = Config::parse();
    kit::run(kit::package!(), config.common.clone(), async |service| {
        notification::start(config, service).await
    })
}
