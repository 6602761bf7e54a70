//! `status`: the runs that there are, and how their services are.

use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::print_json;
use crate::backend::RunPlan;
use crate::cli::Format;
use crate::context::here;
use crate::exit::Exit;
use crate::gc::dead::{self, RunEntry, RunState};
use crate::report::Ui;
use crate::run::{Layout, RunId};
use crate::system::signals::Interrupt;

/// What `status --format json` prints.
#[derive(Serialize)]
struct Listing {
    runs: Vec<Shown>,
    schema: u32,
}

/// One run, as `status` shows it.
#[derive(Debug, Serialize)]
struct Shown {
    run_id: RunId,
    consumer: String,
    /// Of the present generation; the run id alone as long as nothing runs.
    tag: Option<String>,
    /// `active`, `kept`, `orphaned` or `dead`.
    state: &'static str,
    age_seconds: u64,
    folder: Utf8PathBuf,
    services: BTreeMap<String, ShownService>,
}

#[derive(Debug, Serialize)]
struct ShownService {
    state: String,
    url: Option<String>,
    image: Option<String>,
}

/// Shows all runs of this workspace; data, hence on stdout.
pub(crate) fn status(format: Format) -> anyhow::Result<Exit> {
    let (interrupt, ui) = (Interrupt::listen()?, Ui::stderr());
    let place = crate::workspace::locate(&here()?, &interrupt)?;
    let found = dead::find(&Layout::below(&place.target_directory))?;
    let runs: Vec<Shown> = found.iter().map(show).collect();
    interrupt.check()?;
    match format {
        Format::Json => print_json(&Listing { runs, schema: 1 })?,
        Format::Human if runs.is_empty() => ui.line("there are no runs"),
        Format::Human => {
            use std::io::Write as _;
            std::io::stdout().lock().write_all(table(&runs).as_bytes())?;
        }
    }
    Ok(Exit::Success)
}

fn show(found: &RunEntry) -> Shown {
    let plan = RunPlan::read(&found.folder).ok();
    let mut services: BTreeMap<String, ShownService> = dead::services(&found.folder)
        .into_iter()
        .map(|(name, state)| {
            (name, ShownService { state: state.describe(), url: None, image: None })
        })
        .collect();
    for (name, deployed) in plan.iter().flat_map(|plan| &plan.services) {
        let service = services.entry(name.clone()).or_insert_with(|| ShownService {
            state: "is gone".to_owned(),
            url: None,
            image: None,
        });
        service.url = deployed.url.clone();
        service.image = Some(deployed.reference.clone());
    }
    Shown {
        run_id: found.folder.run_id(),
        consumer: found.consumer.clone(),
        tag: plan.map(|plan| plan.tag),
        state: match found.state {
            RunState::Active => "active",
            RunState::Kept => "kept",
            RunState::Orphaned => "orphaned",
            RunState::Dead => "dead",
        },
        age_seconds: found.folder.run_id().age().as_secs(),
        folder: found.folder.path().to_owned(),
        services,
    }
}

fn table(runs: &[Shown]) -> String {
    let mut text = String::new();
    for run in runs {
        let name = run.tag.clone().unwrap_or_else(|| format!("{}-{}", run.consumer, run.run_id));
        let age = humantime::format_duration(Duration::from_secs(run.age_seconds));
        text.push_str(&format!("{name}  {}  {age} old\n", run.state));
        let width = run.services.keys().map(String::len).max().unwrap_or(0);
        for (name, service) in &run.services {
            let url = service.url.as_deref().unwrap_or("no address yet");
            text.push_str(&format!("  {name:<width$}  {url}  {}\n", service.state));
        }
        text.push_str(&format!("  {}\n", run.folder));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_shown_with_its_services() {
        let run = Shown {
            run_id: RunId::parse("0193a5c2e4b07c1e9f3a2b4c5d6e7f80").unwrap(),
            consumer: "alpha".to_owned(),
            tag: Some("alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.2".to_owned()),
            state: "kept",
            age_seconds: 61,
            folder: "/w/target/onetag/runs/0193a5c2e4b07c1e9f3a2b4c5d6e7f80".into(),
            services: BTreeMap::from([
                (
                    "alpha".to_owned(),
                    ShownService {
                        state: "runs as process 17".to_owned(),
                        url: Some("http://127.0.0.1:4711".to_owned()),
                        image: None,
                    },
                ),
                (
                    "be".to_owned(),
                    ShownService { state: "ended with code 1".to_owned(), url: None, image: None },
                ),
            ]),
        };
        insta::assert_snapshot!(table(&[run]), @r"
        alpha-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.2  kept  1m 1s old
          alpha  http://127.0.0.1:4711  runs as process 17
          be     no address yet  ended with code 1
          /w/target/onetag/runs/0193a5c2e4b07c1e9f3a2b4c5d6e7f80
        ");
    }
}
