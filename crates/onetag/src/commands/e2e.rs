//! `e2e`: the whole cycle, the main job.

use std::collections::BTreeSet;

use super::{conclude, context, usage};
use crate::cli::E2e;
use crate::cycle::{self, Goal, Job, Options};
use crate::exit::Exit;
use crate::suite::NextestArguments;

/// Runs suites, one run each.
pub(crate) fn e2e(arguments: &E2e) -> anyhow::Result<Exit> {
    conclude(arguments.format, reports(arguments))
}

fn reports(arguments: &E2e) -> anyhow::Result<Vec<(Exit, crate::report::RunReport)>> {
    let context = context()?;
    let options = Options {
        goal: Goal::Tested(NextestArguments::new(&arguments.nextest)?),
        keep: arguments.keep,
        keep_on_failure: arguments.keep_on_failure,
        ready: arguments.ready_timeout,
        profile: None,
    };
    let all = || context.workspace.suites.keys().cloned().collect();
    let suites: Vec<String> = arguments.suites.clone().unwrap_or_else(all);
    if suites.is_empty() {
        return usage(
            "this workspace has no suite\nhint: add `[package.metadata.onetag.suite]` to a service"
                .to_owned(),
        );
    }
    let mut named = BTreeSet::new();
    if let Some(twice) = suites.iter().find(|suite| !named.insert(suite.as_str())) {
        return usage(format!("`{twice}` is named twice"));
    }
    let jobs = suites.iter().map(|suite| Job::new(&context, suite));
    let jobs = jobs.collect::<anyhow::Result<Vec<_>>>()?;
    cycle::drive(&context, &jobs, &options)
}
