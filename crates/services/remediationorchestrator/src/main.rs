//! The RemediationOrchestrator service.

use std::process::ExitCode;

use clap::Parser as _;
use remediationorchestrator::Config;

fn main() -> ExitCode {
    let config = Config::parse();
    kit::run(kit::package!(), config.common.clone(), async |service| {
        remediationorchestrator::start(config, &service)
    })
}
