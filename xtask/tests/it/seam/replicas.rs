//! Services with several replicas.

use super::fixture::FakeProject;
use crate::exit;

fn witnessed(fake: &FakeProject) -> Vec<String> {
    let witness = fake.project.finished_run().json("witness.json");
    let replicas = witness["replicas"].as_array().unwrap().iter();
    replicas.map(|replica| replica["replica"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_replica_is_waited_for_and_witnessed() {
    let fake = FakeProject::new(&["two beta", "late beta"]);
    fake.e2e().exits(exit::SUCCESS);
    assert_eq!(witnessed(&fake), ["beta-0", "beta-1", "alpha-0"]);
}

#[test]
fn a_replica_that_appears_after_its_service_was_ready_is_witnessed() {
    let fake = FakeProject::new(&["two beta", "late beta", "late silently"]);
    fake.e2e().exits(exit::SUCCESS);
    assert_eq!(witnessed(&fake), ["beta-0", "beta-1", "alpha-0"]);
}

#[test]
fn a_single_replica_with_other_bytes_is_refused() {
    let fake = FakeProject::new(&["two beta", "witness lie"]);
    fake.e2e().exits(exit::FAILURE).says("`beta-1` runs sha256:");
}

#[test]
fn a_replica_that_cannot_be_looked_at_is_refused() {
    let fake = FakeProject::new(&["two beta", "witness blind"]);
    fake.e2e().exits(exit::FAILURE).says("its replica beta-1, slot 1 was not looked at");
}
