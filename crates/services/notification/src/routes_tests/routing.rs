//! Routing, as a client sees it.

use super::*;

#[tokio::test]
async fn what_names_no_channels_goes_to_the_receiver_that_its_labels_choose() {
    let app = TestApp::new().await;
    for (name, labels, receiver) in [
        (
            "a",
            json!({ "team": "storage" }),
            json!({ "name": "storage", "channels": [
            { "name": "webhook", "type": "webhook", "url": "http://host/hook" },
        ] }),
        ),
        (
            "b",
            json!({}),
            json!({ "name": "console", "channels": [
            { "name": "console", "type": "console" },
        ] }),
        ),
    ] {
        let mut request = request(name);
        request["labels"] = labels;
        request["channels"].take();
        let (status, created) = app.send("POST", "", &request).await;
        assert_eq!((status, &created["receiver"]), (StatusCode::CREATED, &receiver));
        assert_eq!(created["spec"]["channels"], Value::Null);
        let delivery = &created["status"]["channels"][0];
        assert_eq!(delivery["type"], receiver["channels"][0]["type"]);

        let (status, again) = app.send("POST", "", &request).await;
        assert_eq!((status, &again), (StatusCode::OK, &created));
        assert_eq!(app.get(&format!("/{name}")).await.1, created);
    }
    assert_eq!(app.get("").await.1["data"][1]["receiver"]["name"], "storage");
}

#[tokio::test]
async fn routing_goes_by_what_was_asked_for_and_keeps_no_secrets() {
    let app = TestApp::new().await;
    let mut request = request("a");
    request["channels"].take();
    request["labels"] =
        json!({ "team": "storage", "secret-store": "file", "password=hunter2": "" });
    let (_, created) = app.send("POST", "", &request).await;
    assert_eq!(created["receiver"]["name"], "console");
    let labels =
        json!({ "team": "storage", "secret-store": "[REDACTED]", "password=[REDACTED]": "" });
    assert_eq!(created["spec"]["labels"], labels);
}

#[tokio::test]
async fn a_list_of_channels_that_is_there_has_some() {
    let app = TestApp::new().await;
    let mut request = request("a");
    request["channels"] = json!([]);
    let (status, problem) = app.send("POST", "", &request).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    insta::assert_snapshot!(problem["detail"], @r#""channels must have 1 to 10 elements, has 0""#);
}

#[tokio::test]
async fn a_slack_channel_needs_an_address_somewhere() {
    let mut request = request("a");
    request["channels"] = json!([{ "type": "log" }, { "type": "slack" }]);
    let (status, created) = TestApp::new().await.send("POST", "", &request).await;
    assert_eq!((status, &created["receiver"]), (StatusCode::CREATED, &Value::Null));

    let app = TestApp::with(Routing::read("", false).expect("good rules")).await;
    let (status, problem) = app.send("POST", "", &request).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    insta::assert_snapshot!(problem["detail"], @r#""channels[1].url is required, unless the service is started with SLACK_URL""#);
    assert_eq!(app.get("").await.1["pagination"]["total"], 0);

    request["channels"][1]["url"] = json!("https://ann:pw@example.org:8443/hook/T0?x=1#y");
    let (status, created) = app.send("POST", "", &request).await;
    assert_eq!(status, StatusCode::CREATED);
    let url = &created["spec"]["channels"][1]["url"];
    assert_eq!(url, "https://example.org:8443/REDACTED", "all but the host is a secret");
}
