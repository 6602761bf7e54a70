//! Creating, reading and changing workflows.

use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::{WORKFLOWS, create, fields, path_of};
use crate::catalog::testing::{sent, signal, with};
use crate::testing::TestService;

#[tokio::test]
async fn a_version_is_created_and_read_back_where_its_location_says() {
    let datastorage = TestService::new().await;
    let sent = sent("restart-pod", "1.0.0");
    let answer = datastorage.response("POST", WORKFLOWS, Some(&sent), &[]).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let location = answer.headers()["location"].to_str().expect("a path").to_owned();

    let (status, read) = datastorage.get(&location).await;
    assert_eq!(status, StatusCode::OK, "{read}");
    assert_eq!(path_of(&read), location);
    let mut expected = sent;
    for (field, value) in [
        ("workflow_id", read["workflow_id"].clone()),
        ("status", json!("active")),
        ("is_latest", json!(true)),
        ("custom_labels", json!({})),
        ("detected_labels", json!({})),
        ("parameters", json!({})),
        ("created_at", read["created_at"].clone()),
        ("updated_at", read["created_at"].clone()),
    ] {
        expected[field] = value;
    }
    expected["content_hash"] = read["content_hash"].clone();
    assert_eq!(read, expected);
}

#[tokio::test]
async fn a_version_that_is_there_is_a_conflict_that_names_it() {
    let datastorage = TestService::new().await;
    let first = create(&datastorage, &sent("a", "1")).await;
    let (status, problem) = datastorage.send("POST", WORKFLOWS, Some(&sent("a", "1"))).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(problem["type"], "urn:problem:conflict");
    assert_eq!(problem["detail"], "there is a workflow a with version 1");
    let id = first["workflow_id"].as_str().expect("an id");
    let message = format!("is taken by workflow {id}");
    assert_eq!(problem["errors"], json!([{ "field": "version", "message": message }]));
}

#[tokio::test]
async fn only_the_status_can_be_changed() {
    let datastorage = TestService::new().await;
    let created = create(&datastorage, &sent("a", "1")).await;
    let change = json!({ "status": "disabled", "status_reason": "it loops" });

    let (status, changed) = datastorage.send("PATCH", &path_of(&created), Some(&change)).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    let mut expected = with(created.clone(), "status", json!("disabled"));
    expected["status_reason"] = json!("it loops");
    expected["updated_at"] = changed["updated_at"].clone();
    assert_eq!(changed, expected);

    let more = with(change.clone(), "title", json!("Another"));
    let (status, problem) = datastorage.send("PATCH", &path_of(&created), Some(&more)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(problem["detail"], "title cannot be changed; it needs a new version");
    assert_eq!(datastorage.get(&path_of(&created)).await.1, expected);

    let nobody = format!("{WORKFLOWS}/{}", Uuid::nil());
    let (status, problem) = datastorage.send("PATCH", &nobody, Some(&change)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(problem["detail"], format!("there is no workflow {}", Uuid::nil()));
}

#[tokio::test]
async fn lists_are_newest_first_in_pages_and_without_content() {
    let datastorage = TestService::new().await;
    for (name, version) in [("a", "1"), ("b", "1"), ("a", "2")] {
        create(&datastorage, &sent(name, version)).await;
    }
    let (_, page) = datastorage.get(&format!("{WORKFLOWS}?limit=2")).await;
    assert_eq!(
        page["pagination"],
        json!({ "limit": 2, "offset": 0, "total": 3, "has_more": true })
    );
    assert_eq!((&page["data"][0]["name"], &page["data"][0]["version"]), (&json!("a"), &json!("2")));
    assert_eq!(page["data"][1]["name"], "b");
    assert_eq!(page["data"][0].get("content"), None);
    assert!(page["data"][0]["content_hash"].is_string());

    let (_, page) =
        datastorage.get(&format!("{WORKFLOWS}/by-name/a/versions?limit=1&offset=1")).await;
    assert_eq!(page["data"][0]["version"], "1");
    assert_eq!(
        page["pagination"],
        json!({ "limit": 1, "offset": 1, "total": 2, "has_more": false })
    );
    // A page beyond the last one is empty, and not a 404.
    let (status, page) = datastorage.get(&format!("{WORKFLOWS}/by-name/a/versions?offset=2")).await;
    assert_eq!((status, &page["data"]), (StatusCode::OK, &json!([])));
}

#[tokio::test]
async fn missing_workflows_are_not_found_and_malformed_ids_are_bad_input() {
    let datastorage = TestService::new().await;
    for path in [format!("{WORKFLOWS}/{}", Uuid::nil()), format!("{WORKFLOWS}/by-name/a/versions")]
    {
        let (status, problem) = datastorage.get(&path).await;
        assert_eq!(
            (status, &problem["type"]),
            (StatusCode::NOT_FOUND, &json!("urn:problem:not-found"))
        );
    }
    for (path, field) in [
        ("/7", "path"),
        ("?state=active", "state"),
        ("?limit=0", "limit"),
        ("/by-name/a/versions?name=a", "name"),
        ("/by-name/%FF/versions", "path"),
    ] {
        let (status, problem) = datastorage.get(&format!("{WORKFLOWS}{path}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(fields(&problem), [field], "{path}");
    }
    let (status, problem) =
        datastorage.send("PATCH", &format!("{WORKFLOWS}/7"), Some(&json!({}))).await;
    assert_eq!((status, fields(&problem)), (StatusCode::BAD_REQUEST, vec!["path"]));
}

#[tokio::test]
async fn while_the_database_is_unavailable_reads_work_and_writes_do_not() {
    let datastorage = TestService::new().await;
    let created = create(&datastorage, &sent("a", "1")).await;
    let lock = datastorage.lock_database().await;

    let change = json!({ "status": "disabled", "status_reason": "x" });
    let path = path_of(&created);
    let (new, patch) = (sent("a", "2"), Some(&change));
    let (one, other) = tokio::join!(
        datastorage.send("POST", WORKFLOWS, Some(&new)),
        datastorage.send("PATCH", &path, patch)
    );
    for (status, problem) in [one, other] {
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{problem}");
        assert_eq!(problem["type"], "urn:problem:service-unavailable");
    }
    assert_eq!(datastorage.service.readiness.degraded(), ["database"]);
    assert_eq!(datastorage.get(&path).await.1, created);
    let (status, found) =
        datastorage.send("POST", &format!("{WORKFLOWS}/search"), Some(&signal())).await;
    assert_eq!((status, &found["total"]), (StatusCode::OK, &json!(1)));

    lock.rollback().await.expect("released");
    assert_eq!(datastorage.send("PATCH", &path, patch).await.0, StatusCode::OK);
    assert!(datastorage.service.readiness.degraded().is_empty());
}
