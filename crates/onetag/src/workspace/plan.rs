//! What a suite deploys, and in which order.

use std::collections::BTreeMap;

use super::error::Problem;
use super::order::order;
use super::placeholder::Template;
use super::suggest;
use super::topology::{Service, Suite, Workspace};

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
    /// The service.
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
    /// [`Problem::NoTests`] if no test binary can hold a test of the suite.
    pub fn plan(&self, suite: &Suite) -> Result<Plan, Problem> {
        if suite.tests.is_empty() {
            return Err(no_tests(self, suite));
        }
        let planned = |name: &str| {
            let service = self.services[name].clone();
            let mut env = service.env.clone();
            env.extend(suite.env.get(name).cloned().unwrap_or_default());
            PlannedService { service, env }
        };
        let levels = order(self, suite)?;
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

fn no_tests(workspace: &Workspace, suite: &Suite) -> Problem {
    let wanted = suite.test_ids.join("`, `");
    let ids = workspace.test_targets.iter().map(|target| target.binary_id.as_str());
    let closest = suite.test_ids.iter().find_map(|id| suggest::closest(id, ids.clone()));
    let all = Vec::from_iter(ids.clone()).join(", ");
    let hint = match closest {
        Some(closest) => format!("hint: did you mean `{closest}`? integration tests: {all}"),
        None if all.is_empty() => "hint: this workspace has no integration test at all".to_owned(),
        None => format!("hint: integration tests: {all}"),
    };
    Problem::NoTests(format!(
        "the suite `{}` selects no test: the workspace has no integration test `{wanted}`\n  {}\n{hint}",
        suite.name,
        suite.source.key("tests"),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::workspace::testing::Fixture;

    fn fixture() -> Fixture {
        Fixture::new()
            .service("database", json!({}))
            .service("frontend", json!({ "needs": ["orchestrator", "database"] }))
            .service(
                "messenger",
                json!({
                    "needs": ["database"],
                    "env": { "KEEP": "1", "RETRY": "30s", "DS": "{database.url}" },
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
        assert_eq!(levels(&plan), [vec!["database", "sink"], vec!["messenger"]]);
    }

    #[test]
    fn needs_are_transitive_also_for_a_suite_without_a_service() {
        let pipeline = json!({ "pipeline": { "needs": ["frontend", "sink"] } });
        let workspace = fixture().suites(pipeline).load().unwrap();
        let plan = workspace.plan(workspace.suite("pipeline").unwrap()).unwrap();
        let expected =
            [vec!["database", "sink"], vec!["messenger"], vec!["orchestrator"], vec!["frontend"]];
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
        assert_eq!(env, ["DS={database.url}", "KEEP=1", "RETRY=50ms", "SLACK={sink.url}/hook"]);
        assert!(plan.service("sink").unwrap().env.is_empty());
    }

    #[test]
    fn a_suite_without_a_test_has_no_plan() {
        let problem = |fixture: Fixture, suite: Value| {
            let workspace = fixture.suites(json!({ "s": suite })).load().unwrap();
            let problem = workspace.plan(workspace.suite("s").unwrap()).unwrap_err();
            assert!(matches!(problem, Problem::NoTests(_)), "{problem:?}");
            problem.to_string()
        };
        let typo = json!({ "filter": "binary_id(e2e::mesenger) & test(a)" });
        insta::assert_snapshot!(problem(fixture(), typo), @r"
        the suite `s` selects no test: `binary_id(e2e::mesenger) & test(a)` matches no integration test
          Cargo.toml: workspace.metadata.onetag.suites.s.filter
        hint: test binaries that come close: e2e::messenger, e2e::frontend, e2e::pipeline
        ");
        insta::assert_snapshot!(problem(fixture(), json!({})), @r"
        the suite `s` selects no test: `binary_id(e2e::s)` matches no integration test
          Cargo.toml: workspace.metadata.onetag.suites.s.filter
        hint: test binaries that come close: e2e::messenger, e2e::frontend, e2e::pipeline
        ");
        insta::assert_snapshot!(problem(Fixture::new(), json!({})), @r"
        the suite `s` selects no test: `binary_id(e2e::s)` matches no integration test
          Cargo.toml: workspace.metadata.onetag.suites.s.filter
        hint: this workspace has no integration test at all
        ");
    }
}
