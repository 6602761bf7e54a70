//! Random faults: whatever fails, there is one tag, nothing outside of the ledger,
//! nothing left or it is named, and the right code.
//!
//! `ONETAG_FAULTS_SEED` gives the seed of the first plan, and each plan has the one
//! after it; `ONETAG_FAULTS_PLANS` says how many there are.

use std::collections::BTreeSet;

use super::fixture::FakeProject;
use crate::chaos::{fresh_seed, variable};
use crate::exit;

/// Steps of which every fault fails the run, and whether a lie does.
const FATAL: [(&str, bool); 7] = [
    ("prepare", false),
    ("load", true),
    ("start", true),
    ("probe", false),
    ("state", true),
    ("witness", true),
    ("leftovers", false),
];

/// Steps that are made good, or not, depending on others.
const OTHERS: [&str; 3] = ["logs", "stop", "remove"];

/// How many plans there are unless the environment says otherwise.
const PLANS: u64 = 6;

#[test]
fn whatever_fails_the_promises_hold() {
    let seed = variable("ONETAG_FAULTS_SEED").unwrap_or_else(fresh_seed);
    let plans = variable("ONETAG_FAULTS_PLANS").unwrap_or(PLANS);
    eprintln!("ONETAG_FAULTS_SEED={seed} ONETAG_FAULTS_PLANS={plans}");
    let fake = FakeProject::new(&[]);
    for plan in seed..seed + plans {
        check(&fake, &Plan::of(plan));
    }
}

/// What goes wrong in one run.
#[derive(Debug)]
struct Plan(BTreeSet<String>);

impl Plan {
    fn of(seed: u64) -> Plan {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut faults = BTreeSet::new();
        for step in FATAL.iter().map(|(step, _)| *step).chain(OTHERS) {
            // Mostly nothing, so that later steps are reached.
            if random.u8(..6) == 0 {
                let fault = ["fail", "hang", "lie"][random.usize(..3)];
                faults.insert(format!("{step} {fault}"));
            }
        }
        // A service whose only replica is missing is refused, and rightly so.
        let replicas = ["two beta", "late beta", "late silently"];
        faults.extend(replicas[..random.usize(..=3)].iter().map(|option| (*option).to_owned()));
        Plan(faults)
    }

    fn has(&self, fault: &str) -> bool {
        self.0.contains(fault)
    }

    /// The code that the run has to end with.
    fn code(&self) -> i32 {
        let fatal = |(step, lie): &(&str, bool)| {
            self.has(&format!("{step} fail"))
                || self.has(&format!("{step} hang"))
                || (*lie && self.has(&format!("{step} lie")))
        };
        // What was started is always removed from the ledger, also if it was stopped.
        let unremoved = self.has("remove fail") || self.has("remove hang");
        let left = self.has("stop lie") || self.has("stop fail") || self.has("stop hang");
        let left = left && self.has("remove lie");
        match FATAL.iter().any(fatal) || unremoved || left {
            true => exit::FAILURE,
            false => exit::SUCCESS,
        }
    }

    /// Whether the backend lies about everything that it left.
    fn is_hopeless(&self) -> bool {
        self.has("leftovers lie") && self.has("remove lie")
    }
}

fn check(fake: &FakeProject, plan: &Plan) {
    if plan.is_hopeless() {
        return;
    }
    eprintln!("{plan:?}");
    fake.faults(&plan.0.iter().map(String::as_str).collect::<Vec<_>>());
    let output = fake.e2e();
    output.exits(plan.code());
    let left = fake.left();
    assert!(left.is_empty() || output.code() != Some(exit::SUCCESS), "{left:?}: {output}");
    for name in left {
        let named = [format!("object {name}"), "left behind: resource".to_owned()];
        assert!(named.iter().any(|name| output.stderr.contains(name)), "{name}: {output}");
    }
    let finished = fake.project.finished();
    let run = finished.last().unwrap();
    let report = run.json("report.json");
    let tag = report["tag"].as_str().unwrap();
    for service in report["services"].as_array().unwrap() {
        let reference = service["reference"].as_str().unwrap();
        assert!(reference.ends_with(&format!(":{tag}")), "{reference} is not of {tag}");
    }
    assert!(fake.project.runs().is_empty(), "{:?}: {output}", fake.project.runs());
    fake.remove_left();
}
