use serde_json::json;

use super::*;
use crate::error::describe;
use crate::workspace::testing::Fixture;

const BOTH: [DatabaseKind; 2] = [DatabaseKind::Sqlite, DatabaseKind::Postgres];

/// A workspace whose service `orders` lists these databases and needs `stock`, which has
/// none.
fn workspace(database: serde_json::Value) -> Workspace {
    Fixture::new()
        .service(
            "orders",
            json!({
                "needs": ["stock"],
                "database": database,
                "env": { "STOCK_URL": "{stock.url}", "DATABASE_URL": "{database.url}" },
                "suite": {},
            }),
        )
        .service("stock", json!({}))
        .e2e(&["orders"])
        .load()
        .unwrap()
}

fn plan(workspace: &Workspace) -> Plan {
    workspace.plan(workspace.suite("orders").unwrap()).unwrap()
}

fn chosen(
    database: serde_json::Value,
    asked: Option<DatabaseKind>,
    offered: &[DatabaseKind],
) -> String {
    let mut plan = plan(&workspace(database));
    match plan.choose_databases(asked, offered) {
        Ok(()) => plan.service("orders").unwrap().database.unwrap().to_string(),
        Err(error) => describe(&error),
    }
}

#[test]
fn what_is_asked_for_comes_first_then_the_backend_then_the_service() {
    use DatabaseKind::{Postgres, Sqlite};
    let both = json!(["sqlite", "postgres"]);
    assert_eq!(chosen(both.clone(), Some(Postgres), &BOTH), "postgres");
    assert_eq!(chosen(both.clone(), None, &BOTH), "sqlite");
    assert_eq!(chosen(both, None, &[Postgres, Sqlite]), "postgres");
    assert_eq!(chosen(json!(["postgres"]), Some(Sqlite), &BOTH), "postgres");
    assert_eq!(chosen(json!(["postgres"]), None, &BOTH), "postgres");
    insta::assert_snapshot!(
        chosen(json!(["postgres"]), None, &[Sqlite]),
        @"crates/orders/Cargo.toml: package.metadata.onetag.database: the backend offers none of them, only: sqlite"
    );
}

#[test]
fn what_no_service_can_use_is_no_choice() {
    let refused = |database| {
        let plan = plan(&workspace(database));
        describe(&check_asked(DatabaseKind::Postgres, [&plan].into_iter()).unwrap_err())
    };
    insta::assert_snapshot!(refused(json!(["sqlite"])), @r#"
    no service of this run can use postgres
      crates/orders/Cargo.toml: package.metadata.onetag.database
    hint: add "postgres" to one that can
    "#);
}

#[test]
fn a_password_is_for_no_argument() {
    let workspace = Fixture::new()
        .service(
            "orders",
            json!({
                "database": ["postgres"],
                "args": ["--database", "{database.url}"],
                "suite": {},
            }),
        )
        .e2e(&["orders"])
        .load()
        .unwrap();
    let error = plan(&workspace).choose_databases(None, &BOTH).unwrap_err();
    insta::assert_snapshot!(describe(&error), @r"
    crates/orders/Cargo.toml: package.metadata.onetag.args[1]: `{database.url}` of postgres has a password, and others see arguments
    hint: hand it over in `env`
    ");
}

#[test]
fn the_server_starts_before_what_uses_it_and_beside_the_rest() {
    let workspace = workspace(json!(["postgres"]));
    let mut plan = plan(&workspace);
    plan.choose_databases(None, &BOTH).unwrap();
    plan.add_server(&workspace, ServerImage::Program("/bin/postgres".to_owned()));
    let names = |level: &Vec<PlannedService>| {
        level.iter().map(|planned| planned.service.name.clone()).collect::<Vec<_>>()
    };
    let levels: Vec<_> = plan.levels.iter().map(names).collect();
    assert_eq!(levels, [vec!["database", "stock"], vec!["orders"]]);
    assert!(plan.service("orders").unwrap().service.needs.contains(&"database".to_owned()));

    let workspace = Fixture::new()
        .service(
            "orders",
            json!({
                "database": ["postgres"],
                "env": { "DATABASE_URL": "{database.url}" },
                "suite": {},
            }),
        )
        .e2e(&["orders"])
        .load()
        .unwrap();
    let mut plan = self::plan(&workspace);
    plan.choose_databases(None, &BOTH).unwrap();
    plan.add_server(&workspace, ServerImage::Program("/bin/postgres".to_owned()));
    let levels: Vec<_> = plan.levels.iter().map(names).collect();
    assert_eq!(levels, [["database"], ["orders"]]);
}
