//! Writing: one latest version per name, and versions that never change.

use contract::datastorage::{EventQuery, StatusChange, Workflow, WorkflowStatus};
use kit::database::StoreError;
use kit::page::PageQuery;
use serde_json::{Value, json};
use testing::{TestDatabase, on_both_databases};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::audit::search::Search;
use crate::catalog::records::CreateOutcome;
use crate::catalog::testing::{everything, search, sent, signal, with, workflow};
use crate::store::Store;
use crate::testing::store;

pub(super) async fn create(store: &Store, sent: &Value) -> Workflow {
    match store.create_workflow(workflow(sent), "req-1").await.expect("an answer") {
        CreateOutcome::New(workflow) => *workflow,
        CreateOutcome::Exists(id) => panic!("taken by {id}"),
    }
}

/// Versions of a name, newest first, and whether each is the latest.
async fn versions(store: &Store, name: &str) -> Vec<(String, bool)> {
    let listed = store.workflow_versions(name, PageQuery::default()).await.expect("an answer");
    assert_eq!(listed.total, listed.workflows.len() as u64);
    listed
        .workflows
        .into_iter()
        .map(|workflow| (workflow.definition.version, workflow.is_latest))
        .collect()
}

fn named(versions: &[(&str, bool)]) -> Vec<(String, bool)> {
    versions.iter().map(|(version, latest)| ((*version).to_owned(), *latest)).collect()
}

on_both_databases! {
    async fn a_version_reads_back_equal_in_every_field(database: TestDatabase) {
        let store = store(&database).await;
        let mut full = sent("restart-pod", "1");
        full["owner"] = json!("sre");
        full["maintainer"] = json!("ops");
        full["container_image"] = json!("registry/restart:1");
        full["container_digest"] = json!(format!("sha256:{}", "0a".repeat(32)));
        full["labels"]["environment"] = json!("*");
        full["custom_labels"] = json!({ "team": "*", "ü": "'; DROP TABLE workflows; --" });
        full["detected_labels"] = json!({ "gitops": "argocd" });
        full["parameters"] = json!({ "n": { "type": "number", "enum": [0.1, 1e23], "minimum": 0 } });
        full["content"][0]["body"] = json!({ "a": [1, -2.5e-300, u64::MAX, null] });

        let created = create(&store, &full).await;

        let read = store.workflow(created.summary.workflow_id).await.expect("read").expect("there");
        assert_eq!(read, created);
        assert_eq!(read.summary.definition, workflow(&full).definition);
        assert_eq!(read.content, workflow(&full).content);
        assert_eq!(read.summary.status, WorkflowStatus::Active);
        assert_eq!(read.summary.created_at, read.summary.updated_at);
        let listed = store.workflows(&everything()).await.expect("listed");
        assert_eq!(listed.workflows, [created.summary]);
        assert_eq!(store.workflow(Uuid::nil()).await.expect("read"), None);
    }
}

on_both_databases! {
    async fn the_version_that_was_created_last_is_the_latest(database: TestDatabase) {
        let store = store(&database).await;
        let first = create(&store, &sent("a", "2.0")).await;
        create(&store, &sent("b", "1.0")).await;
        let second = create(&store, &sent("a", "1.0")).await;
        let third = create(&store, &sent("a", "1.1")).await;

        let previous =
            [&first, &second, &third].map(|workflow| workflow.summary.previous_version.clone());
        assert_eq!(previous, [None, Some("2.0".to_owned()), Some("1.0".to_owned())]);
        assert_eq!(
            versions(&store, "a").await,
            named(&[("1.1", true), ("1.0", false), ("2.0", false)])
        );
        assert_eq!(versions(&store, "b").await, named(&[("1.0", true)]));
        assert!(versions(&store, "c").await.is_empty());
    }
}

on_both_databases! {
    async fn a_version_is_created_once_even_with_the_same_content(database: TestDatabase) {
        let store = store(&database).await;
        let first = create(&store, &sent("a", "1")).await;
        create(&store, &sent("a", "2")).await;
        for again in [sent("a", "1"), with(sent("a", "1"), "title", json!("Another"))] {
            let answer = store.create_workflow(workflow(&again), "req-1").await.expect("an answer");
            assert_eq!(answer, CreateOutcome::Exists(first.summary.workflow_id));
        }
        assert_eq!(versions(&store, "a").await, named(&[("2", true), ("1", false)]));
        // Upper and lower case make two versions.
        create(&store, &sent("a", "x")).await;
        create(&store, &sent("a", "X")).await;
    }
}

on_both_databases! {
    async fn of_equal_versions_at_once_one_is_created(database: TestDatabase) {
        let first = store(&database).await;
        // A second connection, as another process would have.
        let second = crate::testing::open(&database);
        let jobs: Vec<_> = (0..20)
            .map(|number| {
                let store = if number % 2 == 0 { first.clone() } else { second.clone() };
                tokio::spawn(async move { store.create_workflow(workflow(&sent("a", "1")), "req-1").await })
            })
            .collect();
        let mut created = 0;
        for job in jobs {
            let answer = job.await.expect("no panic").expect("an answer");
            created += u32::from(matches!(answer, CreateOutcome::New(_)));
        }
        assert_eq!(created, 1);
        assert_eq!(versions(&first, "a").await, named(&[("1", true)]));
    }
}

on_both_databases! {
    async fn different_versions_at_once_leave_one_latest_and_one_line_of_descent(database: TestDatabase) {
        let first = store(&database).await;
        let second = crate::testing::open(&database);
        let jobs: Vec<_> = (0..20)
            .map(|number| {
                let store = if number % 2 == 0 { first.clone() } else { second.clone() };
                tokio::spawn(async move { create(&store, &sent("a", &number.to_string())).await })
            })
            .collect();
        for job in jobs {
            job.await.expect("created");
        }
        let listed = first.workflow_versions("a", PageQuery::default()).await.expect("listed").workflows;
        let latest: Vec<bool> = listed.iter().map(|workflow| workflow.is_latest).collect();
        assert_eq!(latest, [&[true][..], &[false; 19]].concat());
        let mut previous: Vec<_> =
            listed.iter().skip(1).map(|workflow| Some(workflow.definition.version.clone())).collect();
        previous.push(None);
        assert_eq!(
            listed.into_iter().map(|workflow| workflow.previous_version).collect::<Vec<_>>(),
            previous
        );
    }
}

on_both_databases! {
    async fn a_status_changes_and_nothing_else(database: TestDatabase) {
        let store = store(&database).await;
        let created = create(&store, &sent("a", "1")).await;
        let id = created.summary.workflow_id;
        let change = |status, reason: &str| StatusChange { status, status_reason: reason.to_owned() };
        let mut before = created;
        for change in [
            change(WorkflowStatus::Disabled, "it loops"),
            change(WorkflowStatus::Archived, "nobody needs it"),
            change(WorkflowStatus::Active, "somebody does"),
            change(WorkflowStatus::Active, "for another reason"),
        ] {
            let after = store.set_workflow_status(id, &change, "req-1").await.expect("an answer");
            let after = after.expect("there");
            assert!(after.summary.updated_at >= before.summary.updated_at);
            before.summary.status = change.status;
            before.summary.status_reason = Some(change.status_reason);
            before.summary.updated_at = after.summary.updated_at;
            assert_eq!(after, before);
            assert_eq!(store.workflow(id).await.expect("read"), Some(after));
        }
        let change = change(WorkflowStatus::Active, "x");
        assert_eq!(store.set_workflow_status(Uuid::nil(), &change, "req-1").await.expect("an answer"), None);
    }
}

on_both_databases! {
    async fn no_older_version_takes_the_place_of_a_latest_that_is_not_active(database: TestDatabase) {
        let store = store(&database).await;
        let signal = search(&signal());
        let found = async || -> Vec<String> {
            let found = store.workflows_for(&signal).await.expect("an answer");
            found.into_iter().map(|workflow| workflow.definition.version).collect()
        };
        create(&store, &sent("a", "1")).await;
        let second = create(&store, &sent("a", "2")).await.summary.workflow_id;
        assert_eq!(found().await, ["2"]);
        for status in [WorkflowStatus::Disabled, WorkflowStatus::Deprecated, WorkflowStatus::Archived] {
            let change = StatusChange { status, status_reason: "x".to_owned() };
            store.set_workflow_status(second, &change, "req-1").await.expect("an answer");
            assert!(found().await.is_empty(), "{status}");
            assert_eq!(versions(&store, "a").await, named(&[("2", true), ("1", false)]));
        }
        create(&store, &sent("a", "3")).await;
        assert_eq!(found().await, ["3"]);
    }
}

on_both_databases! {
    async fn the_database_keeps_the_rules_whoever_writes(database: TestDatabase) {
        let store = store(&database).await;
        create(&store, &sent("a", "1")).await;
        create(&store, &sent("a", "2")).await;
        let before = store.workflows(&everything()).await.expect("listed");

        let copy = |version: &str| {
            format!(
                "INSERT OR REPLACE INTO workflows SELECT 9, '00000000-0000-0000-0000-000000000000', \
                 name, {version}, title, description, owner, maintainer, container_image, \
                 container_digest, signal_type, severity, component, environment, priority, \
                 custom_labels, detected_labels, parameters, content, content_hash, status, \
                 status_reason, is_latest, previous_version, created_at, updated_at \
                 FROM workflows WHERE version = '2'"
            )
        };
        let replacing = "is changed by a new version";
        let (unique, check, other) = if database.is_postgres() {
            let truncate = ("TRUNCATE workflows".to_owned(), "is archived, not deleted");
            let unique = "duplicate key value violates unique constraint";
            (unique, "violates check constraint", vec![truncate])
        } else {
            let copies = [copy("version"), copy("'3'")].map(|copy| (copy, replacing));
            ("UNIQUE constraint failed", "CHECK constraint failed", copies.to_vec())
        };
        for (statement, message) in [
            ("UPDATE workflows SET title = 'x'".to_owned(), replacing),
            ("UPDATE workflows SET content = '[]'".to_owned(), replacing),
            ("DELETE FROM workflows".to_owned(), "is archived, not deleted"),
            ("UPDATE workflows SET is_latest = 1".to_owned(), unique),
            ("UPDATE workflows SET status = 'off'".to_owned(), check),
        ].into_iter().chain(other) {
            let mut transaction = store.database.begin().await.expect("begun");
            let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone()))
                .execute(&mut *transaction)
                .await
                .expect_err(&statement);
            assert!(refused.to_string().contains(message), "{statement}: {refused}");
            assert!(StoreError::from(refused).is_refusal(), "{statement}");
        }
        assert_eq!(store.workflows(&everything()).await.expect("listed"), before);
    }
}

on_both_databases! {
    async fn the_trail_tells_of_every_change_and_of_nothing_else(database: TestDatabase) {
        let store = store(&database).await;
        create(&store, &sent("a", "1")).await;
        let created = create(&store, &sent("a", "2")).await.summary;
        store.create_workflow(workflow(&sent("a", "2")), "req-1").await.expect("an answer");
        let status = WorkflowStatus::Disabled;
        let change = StatusChange { status, status_reason: "broken".to_owned() };
        store.set_workflow_status(created.workflow_id, &change, "req-2").await.expect("changed");
        store.set_workflow_status(Uuid::nil(), &change, "req-2").await.expect("an answer");

        let search = Search::of(EventQuery::default(), OffsetDateTime::now_utc()).expect("a query");
        let events = store.search(&search).await.expect("found").events;
        let lines: Vec<_> = events
            .iter()
            .rev()
            .map(|event| (event.event.event_type.as_str(), event.event.correlation_id.as_str()))
            .collect();
        assert_eq!(lines, [
            ("workflow.catalog.created", "req-1"),
            ("workflow.catalog.created", "req-1"),
            ("workflow.catalog.status_changed", "req-2"),
        ]);
        let [changed, second, _] = events.try_into().expect("three events");
        let id = created.workflow_id.to_string();
        for event in [&changed, &second] {
            assert_eq!(event.event.resource_id.as_ref(), Some(&id));
        }
        assert_eq!(second.event.event_data, json!({
            "name": "a", "version": "2", "previous_version": "1",
            "content_hash": created.content_hash,
        }));
        assert_eq!(changed.event.event_data, json!({
            "name": "a", "version": "2", "from": "active", "to": "disabled", "reason": "broken",
        }));
        assert_eq!(second.recorded_at, created.created_at);
    }
}
