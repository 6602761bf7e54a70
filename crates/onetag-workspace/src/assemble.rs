//! From what cargo says to a topology.

use std::collections::BTreeMap;

use super::binary::binary;
use super::cargo::{CargoMetadata, Package};
use super::error::Problem;
use super::filterset::{Filterset, Selection};
use super::metadata::{ServiceMetadata, SuiteMetadata, WorkspaceMetadata, parse};
use super::placeholder::Template;
use super::source::Source;
use super::test_target::{TargetKind, TestTarget};
use super::topology::{Service, Suite, Workspace};
use super::validate::validate;

/// The validated topology.
///
/// # Errors
///
/// [`Problem::Metadata`] for the first thing that is not allowed.
pub(super) fn assemble(cargo: CargoMetadata) -> Result<Workspace, Problem> {
    let mut test_targets: Vec<TestTarget> = cargo
        .packages
        .iter()
        .flat_map(|package| {
            package.targets.iter().filter_map(|target| TestTarget::new(package, target))
        })
        .collect();
    test_targets.sort_by(|a, b| a.binary_id.cmp(&b.binary_id));

    let mut services = BTreeMap::new();
    let mut suites = BTreeMap::new();
    for package in &cargo.packages {
        let Some(table) = package.metadata.get("onetag") else {
            continue;
        };
        let source =
            Source::new(&cargo.workspace_root, &package.manifest_path, "package.metadata.onetag");
        let mut metadata: ServiceMetadata = parse(&source, table)?;
        if let Some(metadata) = metadata.suite.take() {
            let source = source.key("suite");
            let service = Some(package.name.clone());
            let suite = suite(&package.name, service, source, metadata, &test_targets)?;
            suites.insert(suite.name.clone(), suite);
        }
        services.insert(package.name.clone(), service(package, source, metadata)?);
    }
    for (name, metadata) in workspace_suites(&cargo)? {
        let source = Workspace::root_source(
            &cargo.workspace_root,
            format!("workspace.metadata.onetag.suites.{name}"),
        );
        if let Some(service) = services.get(&name) {
            return Err(Problem::Metadata(format!(
                "{source}: `{name}` is a service, and only its own suite can have its name\n\
                 hint: rename this suite, or write it as [{}.suite] in {}",
                service.source.table(),
                service.source.manifest(),
            )));
        }
        let suite = suite(&name, None, source, metadata, &test_targets)?;
        suites.insert(name, suite);
    }

    let root = &cargo.workspace_root;
    let members = cargo.packages.iter().map(|package| {
        let manifest = &package.manifest_path;
        (manifest.strip_prefix(root).unwrap_or(manifest).to_owned(), package.name.clone())
    });
    let workspace = Workspace {
        members: members.collect(),
        root: cargo.workspace_root,
        target_directory: cargo.target_directory,
        services,
        suites,
        test_targets,
    };
    validate(&workspace)?;
    Ok(workspace)
}

fn workspace_suites(cargo: &CargoMetadata) -> Result<BTreeMap<String, SuiteMetadata>, Problem> {
    let Some(table) = cargo.metadata.get("onetag") else {
        return Ok(BTreeMap::new());
    };
    let source =
        Workspace::root_source(&cargo.workspace_root, "workspace.metadata.onetag".to_owned());
    parse::<WorkspaceMetadata>(&source, table).map(|metadata| metadata.suites)
}

fn service(package: &Package, source: Source, table: ServiceMetadata) -> Result<Service, Problem> {
    Ok(Service {
        name: package.name.clone(),
        package: package.name.clone(),
        manifest_path: package.manifest_path.clone(),
        binary: binary(package, &source)?,
        needs: table.needs,
        port: table.port.0,
        ready: table.ready,
        store: table.store,
        volume: table.volume.map(Into::into),
        env: templates(&source.key("env"), table.env)?,
        source,
    })
}

fn suite(
    name: &str,
    service: Option<String>,
    source: Source,
    table: SuiteMetadata,
    test_targets: &[TestTarget],
) -> Result<Suite, Problem> {
    let filter = table.filter.unwrap_or_else(|| format!("binary_id(e2e::{name})"));
    let filter = Filterset::parse(&filter)
        .map_err(|error| Problem::Metadata(format!("{}: {error}", source.key("filter"))))?;
    let mut env = BTreeMap::new();
    for (service, variables) in table.env {
        let templates = templates(&source.key("env").key(&service), variables)?;
        env.insert(service, templates);
    }
    let tests = test_targets
        .iter()
        // Unit tests need no run, and run without one.
        .filter(|target| target.kind == TargetKind::Test)
        .filter(|target| filter.selection(target) != Selection::No)
        .cloned()
        .collect();
    Ok(Suite { name: name.to_owned(), service, filter, needs: table.needs, env, tests, source })
}

fn templates(
    source: &Source,
    variables: BTreeMap<String, String>,
) -> Result<BTreeMap<String, Template>, Problem> {
    let template = |(variable, text): (String, String)| match Template::parse(&text) {
        Ok(template) => Ok((variable, template)),
        Err(error) => Err(Problem::Metadata(format!("{}: {error}", source.key(variable)))),
    };
    variables.into_iter().map(template).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Fixture, error};

    #[test]
    fn a_package_without_the_table_is_no_service() {
        let workspace = Fixture::new().e2e(&["a"]).load().unwrap();
        assert!(workspace.services.is_empty());
        assert_eq!(workspace.test_targets.len(), 2, "{:?}", workspace.test_targets);
    }

    #[test]
    fn keys_arrive() {
        let table = json!({
            "port": 1, "ready": "/r", "store": ["postgres"], "volume": "/data",
            "env": { "A": "{self.listen}" },
        });
        let workspace = Fixture::new().service("a", table).load().unwrap();
        let service = &workspace.services["a"];
        assert_eq!((service.port, &*service.ready), (1, "/r"));
        assert_eq!(service.volume.as_deref(), Some("/data".into()));
        assert_eq!(service.env["A"].to_string(), "{self.listen}");
        assert_eq!(service.manifest_path, "/ws/crates/a/Cargo.toml");
    }

    #[test]
    fn suites_of_the_root_manifest_take_no_service_name() {
        let fixture = Fixture::new().service("a", json!({}));
        insta::assert_snapshot!(error(fixture.suites(json!({ "a": {} }))), @r"
        Cargo.toml: workspace.metadata.onetag.suites.a: `a` is a service, and only its own suite can have its name
        hint: rename this suite, or write it as [package.metadata.onetag.suite] in crates/a/Cargo.toml
        ");
    }

    #[test]
    fn filters_and_templates_are_read_at_once() {
        let suite = json!({ "suite": { "filter": "binary_id(e2e::a" } });
        insta::assert_snapshot!(error(Fixture::new().service("a", suite)), @r"
        crates/a/Cargo.toml: package.metadata.onetag.suite.filter: the filterset `binary_id(e2e::a` ends too early: expected `)`
        ");
        let suite = json!({ "suite": { "env": { "a": { "X": "{self.prot}" } } } });
        insta::assert_snapshot!(error(Fixture::new().service("a", suite)), @r"
        crates/a/Cargo.toml: package.metadata.onetag.suite.env.a.X: `{self.prot}` is no placeholder
        hint: did you mean `{self.port}`?
        ");
    }
}
