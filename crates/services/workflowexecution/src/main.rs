//! The WorkflowExecution service.

use std::process::ExitCode;

use clap::Parser as _;
use workflowexecution::Config;

fn main() -> ExitCode {
    let config = Config::parse();
    kit::run(kit::package!(), config.common.clone(), async |service| {
        workflowexecution::start(config, &service)
    })
}
