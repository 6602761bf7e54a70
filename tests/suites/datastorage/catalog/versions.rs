//! Versions: created once, one of them the latest.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, ensure};
use e2e::unique;
use serde_json::{Value, json};
use uuid::Uuid;

use super::support::{WORKFLOWS, create, entries, path_of, signal_type, workflow};
use crate::support::{datastorage, run_parallel, with};

fn versions(page: &Value) -> Result<Vec<(String, bool, Option<String>)>> {
    let data = page["data"].as_array().context("no data")?;
    let one = |workflow: &Value| {
        let previous = workflow["previous_version"].as_str().map(str::to_owned);
        Ok((
            workflow["version"].as_str().context("no version")?.to_owned(),
            workflow["is_latest"].as_bool().context("no is_latest")?,
            previous,
        ))
    };
    data.iter().map(one).collect()
}

#[test]
fn a_workflow_reads_back_as_it_was_sent() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let mut sent = workflow(&unique("full"), "1.0.0-rc.1+build.5", &signal_type());
    for (field, value) in [
        ("owner", json!("sre")),
        ("maintainer", json!("ops@example.com")),
        ("container_image", json!("registry.local/restart:1.0.0")),
        ("container_digest", json!(format!("sha256:{}", "0a".repeat(32)))),
        ("custom_labels", json!({ "team": "payments", "tier": "*" })),
        ("detected_labels", json!({ "gitops": "argocd" })),
        (
            "parameters",
            json!({
                "pod": { "type": "string", "description": "Which one", "required": true },
                "n": { "type": "integer", "required": false, "minimum": 1, "maximum": 9 },
                "ratio": { "type": "number", "required": false, "enum": [0.1, 1, 1e23] },
            }),
        ),
    ] {
        sent[field] = value;
    }
    sent["content"][0]["retry"] = json!({ "b": [1, -2.5e-300, null], "a": "ü" });

    let answer = datastorage.post(WORKFLOWS, &sent)?.expect(201)?;

    let created = answer.value()?;
    ensure!(answer.header("location") == path_of(&created)?, "{:?}", answer.headers);
    let by_server = ["workflow_id", "content_hash", "created_at", "updated_at"];
    let mut expected = with(sent, json!({ "status": "active", "is_latest": true }));
    for field in by_server {
        expected[field] = created[field].clone();
    }
    ensure!(created == expected, "created: {created:#}\nexpected: {expected:#}");
    let hash = created["content_hash"].as_str().context("no hash")?;
    ensure!(hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()), "{hash}");
    let read = datastorage.get(&path_of(&created)?)?.expect(200)?.value()?;
    ensure!(read == created, "read: {read:#}\ncreated: {created:#}");
    Ok(())
}

#[test]
fn the_same_content_has_the_same_hash_and_other_content_another() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let (name, kind) = (unique("hash"), signal_type());
    let mut hashes = Vec::new();
    for (version, content) in [
        ("1", r#"[{"type":"wait","for":"1s"}]"#),
        ("2", r#"[ { "for": "1s", "type": "wait" } ]"#),
        ("3", r#"[{"type":"wait","for":"2s"}]"#),
    ] {
        let mut body = workflow(&name, version, &kind);
        body["content"] = json!(null);
        let body =
            body.to_string().replace(r#""content":null"#, &format!(r#""content":{content}"#));
        let json = Some(("application/json", body.as_bytes()));
        let created = datastorage.send("POST", WORKFLOWS, json)?.expect(201)?.value()?;
        hashes.push(created["content_hash"].clone());
    }
    ensure!(hashes[0] == hashes[1] && hashes[0] != hashes[2], "{hashes:?}");
    Ok(())
}

#[test]
fn the_version_that_was_created_last_is_the_latest_whatever_it_is_called() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let (name, kind) = (unique("line"), signal_type());
    for version in ["1.0", "2.0", "1.1"] {
        create(&datastorage, &workflow(&name, version, &kind))?;
    }
    create(&datastorage, &workflow(&unique("other"), "3.0", &kind))?;

    let path = format!("{WORKFLOWS}/by-name/{name}/versions");
    let page = datastorage.get(&path)?.expect(200)?.value()?;

    let expected = [
        ("1.1".to_owned(), true, Some("2.0".to_owned())),
        ("2.0".to_owned(), false, Some("1.0".to_owned())),
        ("1.0".to_owned(), false, None),
    ];
    ensure!(versions(&page)? == expected, "{page:#}");
    let pagination = json!({ "limit": 100, "offset": 0, "total": 3, "has_more": false });
    ensure!(page["pagination"] == pagination, "{}", page["pagination"]);
    let second = datastorage.get(&format!("{path}?limit=1&offset=1"))?.expect(200)?.value()?;
    ensure!(entries(&second)? == [(name, "2.0".to_owned())], "{second:#}");
    ensure!(second["pagination"]["has_more"] == true, "{}", second["pagination"]);
    Ok(())
}

#[test]
fn a_version_that_is_there_is_a_conflict_and_stays_as_it_is() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let sent = workflow(&unique("twice"), "1.0", &signal_type());
    let created = create(&datastorage, &sent)?;
    for again in [sent.clone(), with(sent, json!({ "title": "Another" }))] {
        let problem = datastorage.post(WORKFLOWS, &again)?.problem(409, "conflict")?;
        ensure!(problem["errors"][0]["field"] == "version", "{problem}");
    }
    let read = datastorage.get(&path_of(&created)?)?.expect(200)?.value()?;
    ensure!(read == created, "{read:#}\nwas {created:#}");
    Ok(())
}

#[test]
fn of_equal_versions_at_once_one_is_created() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let sent = workflow(&unique("race"), "1.0", &signal_type());
    let jobs = (0..10).map(|_| || datastorage.post(WORKFLOWS, &sent)).collect();
    let mut statuses: Vec<_> =
        run_parallel(jobs)?.into_iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    ensure!(statuses == [&[201][..], &[409; 9]].concat(), "{statuses:?}");
    Ok(())
}

#[test]
fn different_versions_at_once_leave_one_latest_and_one_line() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let (name, kind) = (unique("race"), signal_type());
    let jobs = (0..10)
        .map(|number| {
            let body = workflow(&name, &format!("1.{number}"), &kind);
            let datastorage = &datastorage;
            move || create(datastorage, &body)
        })
        .collect();
    run_parallel(jobs)?;

    let path = format!("{WORKFLOWS}/by-name/{name}/versions");
    let page = datastorage.get(&path)?.expect(200)?.value()?;
    let versions = versions(&page)?;
    let distinct: BTreeSet<_> = versions.iter().map(|version| &version.0).collect();
    ensure!(distinct.len() == 10, "{versions:?}");
    for (number, (_, is_latest, previous)) in versions.iter().enumerate() {
        ensure!(*is_latest == (number == 0), "{versions:?}");
        ensure!(
            previous.as_ref() == versions.get(number + 1).map(|version| &version.0),
            "{versions:?}"
        );
    }
    Ok(())
}

#[test]
fn what_is_not_there_is_not_found() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let name = unique("nobody");
    for path in [format!("{}", Uuid::now_v7()), format!("by-name/{name}/versions")] {
        datastorage.get(&format!("{WORKFLOWS}/{path}"))?.problem(404, "not-found")?;
    }
    datastorage.get(&format!("{WORKFLOWS}/7"))?.problem(400, "validation-error")?;
    Ok(())
}

#[test]
fn nothing_deletes_or_replaces_a_workflow() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let created = create(&datastorage, &workflow(&unique("kept"), "1", &signal_type()))?;
    let path = path_of(&created)?;
    for method in ["PUT", "POST"] {
        datastorage.json(method, &path, &created)?.problem(405, "method-not-allowed")?;
    }
    datastorage.delete(&path)?.problem(405, "method-not-allowed")?;
    datastorage.delete(WORKFLOWS)?.problem(405, "method-not-allowed")?;
    ensure!(datastorage.get(&path)?.expect(200)?.value()? == created);
    Ok(())
}
