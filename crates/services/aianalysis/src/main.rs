//! The AIAnalysis service.

use std::process::ExitCode;

use aianalysis::Config;
use clap::Parser as _;

fn main() -> ExitCode {
    let config = Config::parse();
    kit::run(kit::package!(), config.common.clone(), async |service| {
        aianalysis::start(config, &service)
    })
}
