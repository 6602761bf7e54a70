//! What cannot be asked for.

use super::fixture::with_postgres;
use crate::exit;
use crate::project::Project;

const POSTGRES: [&str; 4] = ["e2e", "alpha", "--database", "postgres"];

#[test]
fn a_database_that_no_service_can_use_is_refused() {
    let project = with_postgres();
    project.replace("alpha/Cargo.toml", "[\"sqlite\", \"postgres\"]", "[\"sqlite\"]");
    let output = project.xtask(POSTGRES).run();
    output.exits(exit::USAGE);
    insta::assert_snapshot!(output.error(), @r#"
    error: no service of this run can use postgres
      alpha/Cargo.toml: package.metadata.onetag.database
    hint: add "postgres" to one that can
    "#);
    assert_eq!(project.runs(), []);

    let output = Project::new().xtask(POSTGRES).run();
    output.exits(exit::USAGE).says("error: no service of this run has a database\n");
}

#[test]
fn an_address_with_a_password_is_refused_and_not_repeated() {
    let project = with_postgres();
    for verb in ["e2e", "up", "test", "plan"] {
        let url = "postgres://ci:hidden@127.0.0.1";
        let output = project.xtask([verb, "alpha", "--database-url", url]).run();
        output.exits(exit::USAGE).does_not_say("hidden");
        output.says("error: `--database-url`: it has a password, which others would see");
    }
    let both = ["e2e", "alpha", "--database", "sqlite", "--database-url", "postgres://db"];
    let output = project.xtask(both).run();
    output.exits(exit::USAGE).says("`--database-url` names a server, and sqlite has none");
}

#[test]
fn a_password_is_for_no_argument() {
    let project = with_postgres();
    let args = "args = [\"{database.url}\"]\nenv = {";
    project.replace("alpha/Cargo.toml", "env = {", args);
    let output = project.xtask(POSTGRES).run();
    output.is_refused_before_the_build();
    insta::assert_snapshot!(output.error(), @r"
    error: alpha/Cargo.toml: package.metadata.onetag.args[0]: `{database.url}` of postgres has a password, and others see arguments
    hint: hand it over in `env`
    ");
}
