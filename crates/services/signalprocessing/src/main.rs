//! The SignalProcessing service.

use std::process::ExitCode;

use clap::Parser as _;
use signalprocessing::Config;

fn main() -> ExitCode {
    let config = Config::parse();
    kit::run(kit::package!(), config.common.clone(), async |service| {
        signalprocessing::start(config, &service)
    })
}
