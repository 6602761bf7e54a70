//! Concurrent requests.

use anyhow::{Result, ensure};
use e2e::{unique, webhook};
use serde_json::json;

use crate::support::{NotificationFixture, ids, request, text, webhook_channel, with};

#[test]
fn concurrent_requests_are_all_sent_exactly_once() -> Result<()> {
    const THREADS: usize = 8;
    const REQUESTS: usize = 10;
    let fixture = NotificationFixture::new()?;
    let target = fixture.webhook("many")?;
    let correlation = unique("rr");
    let send = || -> Result<Vec<String>> {
        let one = |_| {
            let channels = json!([webhook_channel(&target), { "type": "file" }]);
            let request = with(request(channels), "correlation_id", json!(correlation));
            fixture.send(&request)?;
            Ok(ids(&request)?.0.to_owned())
        };
        (0..REQUESTS).map(one).collect()
    };
    let names = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(send)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Result<_>>| {
            thread.join().map_err(|_| anyhow::anyhow!("a sender panicked"))?
        };
        threads.into_iter().map(join).collect::<Result<Vec<_>>>()
    })?
    .concat();
    for name in &names {
        fixture.reach(name, "Sent")?;
    }

    let mut received = Vec::new();
    for request in target.exactly(THREADS * REQUESTS)? {
        received.push(text(&webhook::body(&request)?["name"])?.to_owned());
    }
    received.sort();
    let mut expected = names;
    expected.sort();
    ensure!(received == expected, "not every notification was received once: {received:?}");
    let events = fixture.events(&correlation, 2 * THREADS * REQUESTS)?;
    ensure!(
        events.iter().all(|event| event["event_type"] == "notification.message.sent"),
        "{events:#?}"
    );
    Ok(())
}
