//! Queries: pages and order.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::unique;
use serde_json::json;

use crate::support::{at, datastorage, event, id, ids, page, store_batch, with};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn pages_cover_everything_once_and_in_order() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let correlation_id = unique("rr");
    // Two events share each time, to test ties within and between pages.
    let times: Vec<_> = (0..5).map(|number| at(number * MINUTE)).collect();
    let events: Vec<_> = (0..10)
        .map(|number| with(event(&correlation_id), json!({ "event_timestamp": times[number / 2] })))
        .collect();
    store_batch(&datastorage, &events)?;
    let mut expected: Vec<(String, String)> = Vec::new();
    for (number, event) in events.iter().enumerate() {
        expected.push((times[number / 2].clone(), id(event)?));
    }
    expected.sort_by(|one, other| other.cmp(one));
    let expected: Vec<_> = expected.into_iter().map(|(_, id)| id).collect();

    for (limit, sizes) in [(3, [3, 3, 3, 1].as_slice()), (5, &[5, 5]), (10, &[10]), (1000, &[10])] {
        let mut found = Vec::new();
        for size in sizes {
            let offset = found.len();
            let query = format!("correlation_id={correlation_id}&limit={limit}&offset={offset}");
            let page = page(&datastorage, &query)?;
            let more = offset + size < 10;
            let pagination =
                json!({ "limit": limit, "offset": offset, "total": 10, "has_more": more });
            ensure!(page["pagination"] == pagination, "{} for {query}", page["pagination"]);
            let ids = ids(&page)?;
            ensure!(ids.len() == *size, "{} events for {query}", ids.len());
            found.extend(ids);
        }
        ensure!(found == expected, "pages of {limit}: {found:?}\nexpected {expected:?}");
    }
    Ok(())
}

#[test]
fn a_page_has_a_hundred_events_unless_told_otherwise() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let correlation_id = unique("rr");
    let events: Vec<_> = (0..101).map(|_| event(&correlation_id)).collect();
    store_batch(&datastorage, &events)?;
    let first = page(&datastorage, &format!("correlation_id={correlation_id}"))?;
    ensure!(ids(&first)?.len() == 100);
    let pagination = json!({ "limit": 100, "offset": 0, "total": 101, "has_more": true });
    ensure!(first["pagination"] == pagination, "{}", first["pagination"]);
    Ok(())
}

#[test]
fn a_page_beyond_the_end_is_empty_and_not_an_error() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let correlation_id = unique("rr");
    store_batch(&datastorage, &[event(&correlation_id)])?;
    for offset in [1, 1000, i64::MAX] {
        let page = page(&datastorage, &format!("correlation_id={correlation_id}&offset={offset}"))?;
        let pagination = json!({ "limit": 100, "offset": offset, "total": 1, "has_more": false });
        ensure!(page == json!({ "data": [], "pagination": pagination }), "{page}");
    }
    Ok(())
}
