//! Lists: filters and pages.

use anyhow::{Context as _, Result, ensure};
use e2e::{Endpoint, unique};
use serde_json::{Value, json};

use super::support::{
    WORKFLOWS, create, entries, labelled, set_status, signal_type, summary, workflow,
};
use crate::support::{datastorage, expect_violations};

fn page(datastorage: &Endpoint, query: &str) -> Result<Value> {
    datastorage.get(&format!("{WORKFLOWS}?{query}"))?.expect(200)?.value()
}

#[test]
fn each_filter_selects_exactly_what_matches() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let (kind, one, two) = (signal_type(), unique("one"), unique("two"));
    let ours = |name: &str, version: &str, labels: Value| {
        create(&datastorage, &labelled(workflow(name, version, &kind), labels))
    };
    // From the newest to the oldest.
    let mut created = [
        ours(&one, "1", json!({ "severity": "low", "priority": "*" }))?,
        ours(&one, "2", json!({ "component": "*" }))?,
        ours(&two, "1", json!({ "environment": "*", "severity": "*" }))?,
        ours(&two, "2", json!({ "environment": "staging", "priority": "P3" }))?,
    ];
    created[3] = set_status(&datastorage, &created[3], "deprecated")?;
    created[0]["is_latest"] = json!(false);
    created[2]["is_latest"] = json!(false);
    created.reverse();

    let kind = format!("signal_type={kind}");
    let cases: [(String, &[usize]); 16] = [
        (kind.clone(), &[0, 1, 2, 3]),
        (format!("name={one}"), &[2, 3]),
        (format!("name={}", unique("none")), &[]),
        (format!("{kind}&status=active"), &[1, 2, 3]),
        (format!("{kind}&status=deprecated"), &[0]),
        (format!("{kind}&status=archived"), &[]),
        (format!("{kind}&is_latest=true"), &[0, 2]),
        (format!("{kind}&is_latest=false"), &[1, 3]),
        (format!("{kind}&severity=critical"), &[0, 2]),
        (format!("{kind}&severity=*"), &[1]),
        (format!("{kind}&component=pod"), &[0, 1, 3]),
        (format!("{kind}&component=*"), &[2]),
        (format!("{kind}&environment=production"), &[2, 3]),
        (format!("{kind}&environment=%2A"), &[1]),
        (format!("{kind}&priority=P3"), &[0]),
        (format!("{kind}&name={two}&is_latest=true&status=deprecated&priority=P3"), &[0]),
    ];
    for (query, expected) in cases {
        let page = page(&datastorage, &query)?;
        let expected: Vec<_> = expected.iter().map(|index| summary(&created[*index])).collect();
        ensure!(page["data"] == json!(expected), "{query}: {page:#}\nexpected {expected:#?}");
        ensure!(page["pagination"]["total"] == expected.len(), "{query}: {}", page["pagination"]);
    }
    Ok(())
}

#[test]
fn pages_cover_everything_once_and_newest_first() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let kind = signal_type();
    let mut expected = Vec::new();
    for number in 0..7 {
        let name = unique(&format!("w{}", number % 3));
        create(&datastorage, &workflow(&name, &number.to_string(), &kind))?;
        expected.insert(0, (name, number.to_string()));
    }
    for (limit, sizes) in [(3, [3, 3, 1].as_slice()), (7, &[7]), (1000, &[7])] {
        let mut found = Vec::new();
        for size in sizes {
            let offset = found.len();
            let query = format!("signal_type={kind}&limit={limit}&offset={offset}");
            let page = page(&datastorage, &query)?;
            let more = offset + size < 7;
            let pagination =
                json!({ "limit": limit, "offset": offset, "total": 7, "has_more": more });
            ensure!(page["pagination"] == pagination, "{} for {query}", page["pagination"]);
            let entries = entries(&page)?;
            ensure!(entries.len() == *size, "{} workflows for {query}", entries.len());
            found.extend(entries);
        }
        ensure!(found == expected, "pages of {limit}: {found:?}\nexpected {expected:?}");
    }
    let beyond = page(&datastorage, &format!("signal_type={kind}&offset={}", i64::MAX))?;
    ensure!(beyond["data"] == json!([]) && beyond["pagination"]["total"] == 7, "{beyond:#}");
    Ok(())
}

#[test]
fn every_bad_filter_is_listed() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let query = "name=Restart&status=on&is_latest=maybe&signal_type=OOM*&severity=warning\
                 &component=&environment=**&priority=P4&limit=1001&offset=-1&version=1";
    let fields: Vec<_> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    expect_violations(&datastorage.get(&format!("{WORKFLOWS}?{query}"))?, &fields)?;
    for (query, field) in [
        ("limit=0", "limit"),
        ("offset=1.5", "offset"),
        ("status=active&status=archived", "status"),
    ] {
        expect_violations(&datastorage.get(&format!("{WORKFLOWS}?{query}"))?, &[field])
            .with_context(|| query.to_owned())?;
    }
    let versions = format!("{WORKFLOWS}/by-name/x/versions?limit=0&status=active");
    expect_violations(&datastorage.get(&versions)?, &["limit", "status"])
}
