//! The addresses of `slack` channels.

use super::*;

on_both_databases! {
    async fn slack_is_reached_where_the_channel_says_or_else_where_the_service_says(database: TestDatabase) {
        let (trail, address) = FakeTrail::start().await;
        let (own, own_url) = FakeReceiver::start(&[Answer::Status(404)]).await;
        let (default, default_url) = FakeReceiver::start(&[Answer::Status(429)]).await;
        let slack = Url::parse(&default_url).expect("a URL");
        let running = TestWorker::with(&database, &address, Some(slack), LEASE).await;
        let channels = json!([
            { "type": "slack" },
            { "type": "slack", "url": own_url, "name": "own" },
            { "type": "console" },
        ]);
        running.send("a", &channels).await;
        let notification = running.finished("a").await;
        assert_eq!(notification.status.phase, Phase::PartiallySent);

        let received = default.received();
        assert_eq!((received.len(), own.received().len()), (2, 1));
        for (headers, body) in &received {
            assert_eq!(headers["idempotency-key"], format!("{}-slack", notification.id).as_str());
            assert_eq!(body["text"], "medium: s");
        }
        running.stop().await;
        insta::assert_snapshot!(event_lines(&trail).join("\n"), @r"
        notification.message.failed failure own 1x rr-a
        notification.message.sent success console 1x rr-a
        notification.message.sent success slack 2x rr-a
        ");
    }
}

on_both_databases! {
    async fn a_slack_channel_without_its_address_waits_for_it(database: TestDatabase) {
        let (_trail, address) = FakeTrail::start().await;
        let running = TestWorker::start(&database, &address).await;
        let mut request = spec("a", &json!([{ "type": "slack" }]));
        request.retry.initial = Some(Duration::from_secs(3600));
        running.store.create(request, None, now()).await.expect("kept");
        running.wake.notify_one();
        let status = eventually("first failure", || async {
            let status = running.get("a").await.status;
            if status.phase == Phase::Retrying { Ok(status) } else { Err(format!("{status:?}")) }
        })
        .await;
        let error = status.channels[0].attempts[0].error.as_deref();
        assert_eq!(error, Some("there is no address: SLACK_URL is not set any more"));
        running.stop().await;
    }
}
