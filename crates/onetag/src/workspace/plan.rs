//! What a suite deploys, and in which order.

use std::collections::BTreeMap;

use anyhow::anyhow;

use super::order;
use super::placeholder::Template;
use super::suggest;
use super::topology::{Service, Suite, Workspace};
use crate::error::{Attach as _, Kind};

/// The services of a run, in the order in which they are deployed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The name of the suite, which is the consumer of the run.
    pub suite: String,
    /// Each service stands in a later level than everything it needs. Those of
    /// one level do not depend on each other and are sorted by name.
    pub levels: Vec<Vec<PlannedService>>,
}

/// A service as one suite deploys it.
#[derive(Clone, Debug)]
pub struct PlannedService {
    /// The service; of its `needs` only those that this plan has.
    pub service: Service,
    /// Its variables, those of the suite put over its own. Placeholders in them
    /// have a source in this plan.
    pub env: BTreeMap<String, Template>,
}

impl Workspace {
    /// What `suite`, one of this workspace's suites, deploys: the service under
    /// test, the suite's needs, and all that they need in turn.
    ///
    /// # Errors
    ///
    /// The workspace lacks one of the suite's test binaries.
    pub fn plan(&self, suite: &Suite) -> anyhow::Result<Plan> {
        let mut ids = suite.test_ids.iter();
        if let Some(id) = ids.find(|id| !suite.tests.iter().any(|test| test.binary_id == **id)) {
            return Err(no_tests(self, suite, id));
        }
        let needs = order::needs_in(self, suite);
        let planned = |name: &str| {
            let mut service = self.services[name].clone();
            service.needs.retain(|need| needs[name].contains(need.as_str()));
            let mut env = service.env.clone();
            env.extend(suite.env.get(name).cloned().unwrap_or_default());
            PlannedService { service, env }
        };
        let levels = order::levels(&order::edges(self, suite), suite)?;
        let levels =
            levels.into_iter().map(|level| level.into_iter().map(planned).collect()).collect();
        Ok(Plan { suite: suite.name.clone(), levels })
    }
}

impl Plan {
    /// All services in deploy order.
    pub fn services(&self) -> impl DoubleEndedIterator<Item = &PlannedService> {
        self.levels.iter().flatten()
    }

    /// The service named `name`, if the plan has it.
    pub fn service(&self, name: &str) -> Option<&PlannedService> {
        self.services().find(|planned| planned.service.name == name)
    }
}

fn no_tests(workspace: &Workspace, suite: &Suite, missing: &str) -> anyhow::Error {
    let ids = workspace.test_targets.iter().map(|target| target.binary_id.as_str());
    let hint = suggest::among(missing, "integration tests", ids);
    let error = anyhow!(
        "the suite `{}` names a test binary that does not exist: no integration test has the \
         binary id `{missing}`\n  {}",
        suite.name,
        suite.source.key("tests"),
    );
    let kind = if suite.tests.is_empty() { Kind::NoTests } else { Kind::Metadata };
    error.kind(kind).hint(hint)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::describe;
    use crate::workspace::testing::Fixture;

    fn fixture() -> Fixture {
        Fixture::new()
            .service("records", json!({}))
            .service("frontend", json!({ "needs": ["orchestrator", "records"] }))
            .service(
                "messenger",
                json!({
                    "needs": ["records"],
                    "env": { "KEEP": "1", "RETRY": "30s", "DS": "{records.url}" },
                    "suite": {
                        "needs": ["sink"],
                        "env": { "messenger": { "RETRY": "50ms", "SLACK": "{sink.url}/hook" } },
                    },
                }),
            )
            .service("orchestrator", json!({ "needs": ["messenger"] }))
            .service("sink", json!({}))
            .e2e(&["messenger", "pipeline", "frontend"])
    }

    fn levels(plan: &Plan) -> Vec<Vec<&str>> {
        plan.levels
            .iter()
            .map(|level| level.iter().map(|planned| planned.service.name.as_str()).collect())
            .collect()
    }

    #[test]
    fn what_a_suite_names_comes_before_who_is_told() {
        let workspace = fixture().load().unwrap();
        let plan = workspace.plan(workspace.suite("messenger").unwrap()).unwrap();
        assert_eq!(plan.suite, "messenger");
        assert_eq!(levels(&plan), [vec!["records", "sink"], vec!["messenger"]]);
    }

    #[test]
    fn needs_are_transitive_also_for_a_suite_without_a_service() {
        let pipeline = json!({ "pipeline": { "needs": ["frontend", "sink"] } });
        let workspace = fixture().suites(pipeline).load().unwrap();
        let plan = workspace.plan(workspace.suite("pipeline").unwrap()).unwrap();
        let expected =
            [vec!["records", "sink"], vec!["messenger"], vec!["orchestrator"], vec!["frontend"]];
        assert_eq!(levels(&plan), expected);
        assert!(plan.service("frontend").is_some());
        assert!(plan.service("pipeline").is_none());
    }

    #[test]
    fn variables_of_the_suite_win() {
        let workspace = fixture().load().unwrap();
        let plan = workspace.plan(workspace.suite("messenger").unwrap()).unwrap();
        let env: Vec<String> = plan
            .service("messenger")
            .unwrap()
            .env
            .iter()
            .map(|(name, template)| format!("{name}={template}"))
            .collect();
        assert_eq!(env, ["DS={records.url}", "KEEP=1", "RETRY=50ms", "SLACK={sink.url}/hook"]);
        assert!(plan.service("sink").unwrap().env.is_empty());
    }

    #[test]
    fn a_suite_without_its_test_binaries_has_no_plan() {
        let error = |fixture: Fixture, suite: Value| {
            let workspace = fixture.suites(json!({ "s": suite })).load().unwrap();
            let error = workspace.plan(workspace.suite("s").unwrap()).unwrap_err();
            (Kind::of(&error), describe(&error))
        };
        let (kind, text) = error(fixture(), json!({ "tests": ["e2e::mesenger"] }));
        assert_eq!(kind, Kind::NoTests);
        insta::assert_snapshot!(text, @r"
        the suite `s` names a test binary that does not exist: no integration test has the binary id `e2e::mesenger`
          Cargo.toml: workspace.metadata.onetag.suites.s.tests
        hint: did you mean `e2e::messenger`? integration tests: e2e::frontend, e2e::messenger, e2e::pipeline
        ");
        let some = json!({ "tests": ["e2e::messenger", "e2e::pipelin"] });
        let (kind, text) = error(fixture(), some);
        assert_eq!(kind, Kind::Metadata);
        insta::assert_snapshot!(text, @r"
        the suite `s` names a test binary that does not exist: no integration test has the binary id `e2e::pipelin`
          Cargo.toml: workspace.metadata.onetag.suites.s.tests
        hint: did you mean `e2e::pipeline`? integration tests: e2e::frontend, e2e::messenger, e2e::pipeline
        ");
        insta::assert_snapshot!(error(fixture(), json!({})).1, @r"
        the suite `s` names a test binary that does not exist: no integration test has the binary id `e2e::s`
          Cargo.toml: workspace.metadata.onetag.suites.s.tests
        hint: integration tests: e2e::frontend, e2e::messenger, e2e::pipeline
        ");
        insta::assert_snapshot!(error(Fixture::new(), json!({})).1, @r"
        the suite `s` names a test binary that does not exist: no integration test has the binary id `e2e::s`
          Cargo.toml: workspace.metadata.onetag.suites.s.tests
        hint: integration tests: none
        ");
    }
}
