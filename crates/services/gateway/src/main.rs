//! The Gateway service.

use std::process::ExitCode;

use clap::Parser as _;
use gateway::Config;

fn main() -> ExitCode {
    let config = Config::parse();
    kit::run(kit::package!(), config.common.clone(), async |service| {
        gateway::start(config, &service)
    })
}
