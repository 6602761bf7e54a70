//! Queries: filters and windows.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::unique;
use serde_json::json;

use crate::support::{
    EVENTS, at, datastorage, event, expect_violations, id, ids, page, store_batch, with,
};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn each_filter_selects_exactly_what_matches() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let correlation_id = unique("rr");
    let event_type = unique("type");
    let resource_id = unique("pod");
    let ours = |minutes: u32, changes| {
        let time = json!({ "event_timestamp": at(minutes * MINUTE) });
        with(with(event(&correlation_id), time), changes)
    };
    // From the newest to the oldest.
    let events = [
        ours(0, json!({ "event_type": event_type })),
        ours(1, json!({ "event_category": "workflow", "severity": "high" })),
        ours(2, json!({ "event_outcome": "failure", "severity": "low" })),
        ours(3, json!({ "resource_type": "pod", "resource_id": resource_id })),
        ours(4, json!({ "event_outcome": "failure", "resource_type": "node" })),
        ours(5, json!({ "event_category": "workflow", "resource_id": resource_id })),
    ];
    store_batch(&datastorage, &events)?;
    let stored: Vec<_> = events.iter().map(id).collect::<Result<_>>()?;

    let trail = format!("correlation_id={correlation_id}");
    let cases: [(String, &[usize]); 14] = [
        (trail.clone(), &[0, 1, 2, 3, 4, 5]),
        (format!("event_type={event_type}"), &[0]),
        (format!("{trail}&event_type=gateway.signal.received"), &[1, 2, 3, 4, 5]),
        (format!("{trail}&event_category=workflow"), &[1, 5]),
        (format!("{trail}&event_category=storage"), &[]),
        (format!("{trail}&event_outcome=failure"), &[2, 4]),
        (format!("{trail}&severity=high"), &[1]),
        (format!("{trail}&severity=medium"), &[]),
        (format!("resource_id={resource_id}"), &[3, 5]),
        (format!("resource_id={resource_id}&resource_type=pod"), &[3]),
        (format!("{trail}&resource_type=node"), &[4]),
        (format!("{trail}&event_outcome=failure&severity=low"), &[2]),
        (format!("{trail}&event_outcome=success&severity=low"), &[]),
        (format!("{trail}&event_category=workflow&severity=high&event_outcome=success"), &[1]),
    ];
    for (query, expected) in cases {
        let page = page(&datastorage, &query)?;
        let expected: Vec<_> = expected.iter().map(|index| stored[*index].clone()).collect();
        ensure!(ids(&page)? == expected, "{query}: {page:#}\nexpected {expected:?}");
        ensure!(page["pagination"]["total"] == expected.len(), "{query}: {}", page["pagination"]);
    }
    Ok(())
}

#[test]
fn a_filter_matches_the_whole_text_and_nothing_else() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let correlation_id = format!("{} & 50%_ü'\"", unique("rr"));
    store_batch(&datastorage, &[event(&correlation_id)])?;
    let prefix = correlation_id.split(' ').next().context("a prefix")?;
    let total = |query: &str| -> Result<_> {
        Ok(page(&datastorage, query)?["pagination"]["total"].clone())
    };
    ensure!(total(&format!("correlation_id={prefix}+%26+50%25_%C3%BC%27%22"))? == 1);
    for other in [format!("{prefix}%25"), prefix.to_uppercase(), format!("{prefix}*")] {
        let total = total(&format!("correlation_id={other}"))?;
        ensure!(total == 0, "{other} selects {total}");
    }
    Ok(())
}

#[test]
fn windows_that_follow_each_other_share_no_event_and_miss_none() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let correlation_id = unique("rr");
    let times = [at(3 * MINUTE), at(2 * MINUTE), at(MINUTE)];
    let events: Vec<_> = times
        .iter()
        .map(|time| with(event(&correlation_id), json!({ "event_timestamp": time })))
        .collect();
    store_batch(&datastorage, &events)?;
    let select = |window: &str| -> Result<Vec<String>> {
        ids(&page(&datastorage, &format!("correlation_id={correlation_id}{window}"))?)
    };
    let [oldest, middle, newest] = [&events[0], &events[1], &events[2]].map(id);
    let (oldest, middle, newest) = (oldest?, middle?, newest?);

    // A bound that equals the time of an event.
    ensure!(select(&format!("&until={}", times[1]))? == [&*oldest]);
    ensure!(select(&format!("&since={}", times[1]))? == [&*newest, &*middle]);
    ensure!(select(&format!("&since={}&until={}", times[1], times[2]))? == [&*middle]);
    // Distances from now.
    ensure!(select("&since=150s")? == [&*newest, &*middle]);
    ensure!(select("&until=150s")? == [&*oldest]);
    ensure!(select("&since=10m&until=90s")? == [middle, oldest]);
    for distance in ["600s", "10m", "1h", "24h", "7d"] {
        ensure!(select(&format!("&since={distance}"))?.len() == 3, "since={distance}");
        ensure!(select(&format!("&until={distance}"))?.is_empty(), "until={distance}");
    }
    Ok(())
}

#[test]
fn every_bad_filter_is_listed() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let query = "event_type=&event_category=kitchen&event_outcome=maybe&severity=warning\
                 &since=yesterday&until=1w&limit=1001&offset=-1&corelation_id=rr-1";
    let answer = datastorage.get(&format!("{EVENTS}?{query}"))?;
    expect_violations(
        &answer,
        &[
            "event_type",
            "event_category",
            "event_outcome",
            "severity",
            "since",
            "until",
            "limit",
            "offset",
            "corelation_id",
        ],
    )?;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=ten", "limit"),
        ("offset=9223372036854775808", "offset"),
        ("since=1h&until=2h", "since"),
        ("since=999999999999d", "since"),
        ("severity=high&severity=low", "severity"),
        ("since=2026-01-31T12:00:00+01:00", "since"),
    ] {
        let answer = datastorage.get(&format!("{EVENTS}?{query}"))?;
        expect_violations(&answer, &[field]).with_context(|| query.to_owned())?;
    }
    Ok(())
}
