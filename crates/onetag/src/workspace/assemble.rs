//! From what cargo says to a topology.

use std::collections::BTreeMap;

use cargo_metadata::{Metadata, Package};

use super::binary::binary;
use super::error::Problem;
use super::metadata::{ServiceMetadata, SuiteMetadata, WorkspaceMetadata, parse};
use super::placeholder::Template;
use super::source::Source;
use super::test_target::TestTarget;
use super::topology::{Member, Ready, Service, Suite, Workspace};
use super::validate::validate;

/// The package that holds the suites, unless the root manifest names another.
const TESTS: &str = "e2e";

/// The validated topology.
///
/// # Errors
///
/// [`Problem::Metadata`] for the first thing that is not allowed.
pub(super) fn assemble(cargo: Metadata) -> Result<Workspace, Problem> {
    let mut test_targets: Vec<TestTarget> = cargo
        .packages
        .iter()
        .flat_map(|package| {
            package.targets.iter().filter_map(|target| TestTarget::new(package, target))
        })
        .collect();
    test_targets.sort();

    let root = workspace_metadata(&cargo)?;
    let tests_package = root.tests.as_deref().unwrap_or(TESTS);
    let mut services = BTreeMap::new();
    let mut suites = BTreeMap::new();
    for package in &cargo.packages {
        let Some(table) = package.metadata.get("onetag") else {
            continue;
        };
        let source =
            Source::new(&cargo.workspace_root, &package.manifest_path, "package.metadata.onetag");
        let mut metadata: ServiceMetadata = parse(&source, table)?;
        let name = metadata.name.clone().unwrap_or_else(|| package.name.replace('_', "-"));
        if let Some(metadata) = metadata.suite.take() {
            let source = source.key("suite");
            let service = Some(name.clone());
            let suite = suite(&name, service, source, metadata, tests_package, &test_targets)?;
            suites.insert(suite.name.clone(), suite);
        }
        services.insert(name.clone(), service(name, package, source, metadata)?);
    }
    for (name, metadata) in root.suites {
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
        let suite = suite(&name, None, source, metadata, tests_package, &test_targets)?;
        suites.insert(name, suite);
    }

    let workspace = Workspace {
        members: cargo.packages.iter().map(member).collect(),
        root: cargo.workspace_root,
        target_directory: cargo.target_directory,
        services,
        suites,
        test_targets,
    };
    validate(&workspace)?;
    Ok(workspace)
}

fn workspace_metadata(cargo: &Metadata) -> Result<WorkspaceMetadata, Problem> {
    let Some(table) = cargo.workspace_metadata.get("onetag") else {
        return Ok(WorkspaceMetadata::default());
    };
    let source =
        Workspace::root_source(&cargo.workspace_root, "workspace.metadata.onetag".to_owned());
    parse(&source, table)
}

fn member(package: &Package) -> (String, Member) {
    let binaries = package.targets.iter().filter(|target| target.is_bin());
    let member = Member {
        name: package.name.to_string(),
        manifest_path: package.manifest_path.clone(),
        binaries: binaries.map(|target| target.name.clone()).collect(),
        features: package.features.keys().cloned().collect(),
    };
    (package.id.repr.clone(), member)
}

fn service(
    name: String,
    package: &Package,
    source: Source,
    table: ServiceMetadata,
) -> Result<Service, Problem> {
    let args = table.args.iter().enumerate().map(|(at, text)| {
        Template::parse(text).map_err(|error| {
            Problem::Metadata(format!("{}: {error}", source.key(format!("args[{at}]"))))
        })
    });
    let args = args.collect::<Result<_, _>>()?;
    Ok(Service {
        name,
        package: package.name.to_string(),
        package_id: package.id.repr.clone(),
        manifest_path: package.manifest_path.clone(),
        binary: match table.bin {
            Some(bin) => bin,
            None => binary(package, &source)?,
        },
        needs: table.needs,
        port: table.port,
        ports: table.ports,
        ready: match table.ready.as_deref() {
            None | Some("started") => Ready::Started,
            Some("tcp") => Ready::Tcp,
            Some(path) => Ready::Http(path.to_owned()),
        },
        args,
        database: table.database,
        volume: table.volume,
        files: table.files,
        features: table.features,
        default_features: table.default_features.unwrap_or(true),
        env: templates(&source.key("env"), table.env)?,
        source,
    })
}

fn suite(
    name: &str,
    service: Option<String>,
    source: Source,
    table: SuiteMetadata,
    tests_package: &str,
    test_targets: &[TestTarget],
) -> Result<Suite, Problem> {
    let test_ids = table.tests.unwrap_or_else(|| vec![format!("{tests_package}::{name}")]);
    let mut env = BTreeMap::new();
    for (service, variables) in table.env {
        let templates = templates(&source.key("env").key(&service), variables)?;
        env.insert(service, templates);
    }
    let tests = test_targets.iter().filter(|target| test_ids.contains(&target.binary_id));
    Ok(Suite {
        name: name.to_owned(),
        service,
        tests: tests.cloned().collect(),
        test_ids,
        filter: table.filter,
        needs: table.needs,
        env,
        source,
    })
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

    use super::Ready;
    use crate::workspace::testing::{Fixture, error};

    #[test]
    fn a_package_without_the_table_is_no_service() {
        let workspace = Fixture::new().e2e(&["a"]).load().unwrap();
        assert!(workspace.services.is_empty());
        assert_eq!(workspace.test_targets.len(), 2, "{:?}", workspace.test_targets);
    }

    #[test]
    fn keys_arrive() {
        let table = json!({
            "port": 1, "ready": "/r", "database": ["postgres"], "volume": "/data",
            "env": { "A": "{self.listen}" },
        });
        let workspace = Fixture::new().service("a", table).load().unwrap();
        let service = &workspace.services["a"];
        assert_eq!((service.port, &service.ready), (Some(1), &Ready::Http("/r".to_owned())));
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
