//! The status of a version: changes and their effect on searches.

use anyhow::{Context as _, Result, ensure};
use e2e::unique;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{
    WORKFLOWS, create, path_of, ranking, set_status, signal, signal_type, workflow,
};
use crate::support::{datastorage, expect_violations, with};

#[test]
fn a_status_changes_with_its_reason_and_nothing_else() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let created = create(&datastorage, &workflow(&unique("status"), "1", &signal_type()))?;
    for status in ["disabled", "deprecated", "archived", "active", "active"] {
        let changed = set_status(&datastorage, &created, status)?;
        let expected = with(
            created.clone(),
            json!({
                "status": status,
                "status_reason": format!("it is {status} now"),
                "updated_at": changed["updated_at"],
            }),
        );
        ensure!(changed == expected, "{changed:#}\nexpected {expected:#}");
        let read = datastorage.get(&path_of(&created)?)?.expect(200)?.value()?;
        ensure!(read == changed, "{read:#}\nexpected {changed:#}");
    }
    Ok(())
}

#[test]
fn everything_else_needs_a_new_version_and_the_answer_says_so() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let created = create(&datastorage, &workflow(&unique("fixed"), "1", &signal_type()))?;
    let path = path_of(&created)?;
    let change = json!({ "status": "disabled", "status_reason": "it loops" });
    let mut fixed: Vec<&str> =
        created.as_object().context("an object")?.keys().map(String::as_str).collect();
    fixed.retain(|field| *field != "status");

    let answer = datastorage.json("PATCH", &path, &with(created.clone(), change.clone()))?;

    expect_violations(&answer, &fixed)?;
    let problem = answer.value()?;
    for error in problem["errors"].as_array().context("errors")? {
        let message = error["message"].as_str().unwrap_or_default();
        ensure!(message.contains("needs a new version"), "{error}");
    }
    expect_violations(
        &datastorage.json("PATCH", &path, &json!({}))?,
        &["status", "status_reason"],
    )?;
    for (field, value) in [
        ("status", json!("off")),
        ("status", Value::from(1)),
        ("status_reason", json!("")),
        ("status_reason", json!("x".repeat(501))),
        ("colour", json!("red")),
    ] {
        let answer =
            datastorage.json("PATCH", &path, &with(change.clone(), json!({ field: value })))?;
        expect_violations(&answer, &[field])?;
    }
    let read = datastorage.get(&path)?.expect(200)?.value()?;
    ensure!(read == created, "{read:#}\nwas {created:#}");

    let nobody = format!("{WORKFLOWS}/{}", Uuid::now_v7());
    datastorage.json("PATCH", &nobody, &change)?.problem(404, "not-found")?;
    Ok(())
}

#[test]
fn only_an_active_latest_version_is_found_and_no_older_one_takes_its_place() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let (name, kind) = (unique("found"), signal_type());
    let found = || Ok::<_, anyhow::Error>(ranking(&datastorage, &signal(&kind))?.len());
    let first = create(&datastorage, &workflow(&name, "1", &kind))?;
    ensure!(found()? == 1);
    let second = create(&datastorage, &workflow(&name, "2", &kind))?;
    ensure!(found()? == 1, "the first version is found beside the latest");
    for status in ["disabled", "deprecated", "archived"] {
        set_status(&datastorage, &second, status)?;
        ensure!(found()? == 0, "found while the latest is {status}");
        let latest = datastorage.get(&path_of(&second)?)?.expect(200)?.value()?;
        ensure!(latest["is_latest"] == true, "{latest:#}");
    }
    // The status of an older version has no effect.
    set_status(&datastorage, &first, "active")?;
    ensure!(found()? == 0);
    set_status(&datastorage, &second, "active")?;
    ensure!(found()? == 1);
    set_status(&datastorage, &second, "disabled")?;
    create(&datastorage, &workflow(&name, "3", &kind))?;
    ensure!(found()? == 1, "a new version is active");
    Ok(())
}
