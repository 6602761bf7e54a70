//! The HolmesGPT API.

use std::process::ExitCode;

use clap::Parser as _;
use holmesgpt_api::Config;

fn main() -> ExitCode {
    let config = Config::parse();
    kit::run(kit::package!(), config.common.clone(), async |service| {
        holmesgpt_api::start(config, &service)
    })
}
