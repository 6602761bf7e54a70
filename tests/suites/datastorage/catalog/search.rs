//! Searching: filters, scores, order.

use anyhow::{Result, ensure};
use e2e::unique;
use serde_json::{Value, json};

use super::support::{create, find, labelled, ranking, signal, signal_type, summary, workflow};
use crate::support::{datastorage, with};

#[test]
fn nothing_that_fits_is_an_empty_answer() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let found = find(&datastorage, &signal(&signal_type()))?;
    ensure!(found == json!({ "data": [], "total": 0 }), "{found:#}");
    Ok(())
}

#[test]
fn a_workflow_is_found_with_all_but_its_content() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let kind = signal_type();
    let created = create(&datastorage, &workflow(&unique("w"), "1", &kind))?;
    let found = find(&datastorage, &signal(&kind))?;
    let expected = json!({
        "data": [{ "rank": 1, "score": 0.9, "workflow": summary(&created) }],
        "total": 1,
    });
    ensure!(found == expected, "{found:#}\nexpected {expected:#}");
    Ok(())
}

#[test]
fn each_of_the_five_labels_must_match() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let kind = signal_type();
    create(&datastorage, &workflow(&unique("w"), "1", &kind))?;
    for (label, value) in [
        ("signal_type", json!(kind.to_uppercase())),
        ("severity", json!("high")),
        ("component", json!("pods")),
        ("environment", json!("Production")),
        ("priority", json!("P1")),
    ] {
        let signal = with(signal(&kind), json!({ label: value }));
        let found = ranking(&datastorage, &signal)?;
        ensure!(found.is_empty(), "{label}: {found:?}");
    }
    Ok(())
}

#[test]
fn a_star_matches_any_value_and_scores_less_than_the_value_by_name() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let kind = signal_type();
    let names: Vec<_> = (0..5).map(|number| unique(&format!("w{number}"))).collect();
    for (name, labels) in names.iter().zip([
        json!({ "component": "*" }),
        json!({ "priority": "*" }),
        json!({}),
        json!({ "severity": "*", "component": "*", "environment": "*", "priority": "*" }),
        json!({ "environment": "*", "priority": "*" }),
    ]) {
        create(&datastorage, &labelled(workflow(name, "1", &kind), labels))?;
    }
    let expected = |wanted: &[(usize, f64)]| -> Vec<(String, f64)> {
        wanted.iter().map(|(number, score)| (names[*number].clone(), *score)).collect()
    };
    let near = |signal: &Value| ranking(&datastorage, signal);

    let all = near(&signal(&kind))?;
    ensure!(all == expected(&[(2, 0.9), (1, 0.85), (4, 0.75), (0, 0.7), (3, 0.45)]), "{all:?}");
    let elsewhere = near(&with(signal(&kind), json!({ "environment": "staging" })))?;
    ensure!(elsewhere == expected(&[(4, 0.75), (3, 0.45)]), "{elsewhere:?}");
    let other = with(signal(&kind), json!({ "component": "node", "severity": "low" }));
    ensure!(near(&other)? == expected(&[(3, 0.45)]));
    Ok(())
}

#[test]
fn further_labels_raise_and_lower_the_score_up_to_both_ends() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let kind = signal_type();
    let team = unique("team");
    let names: Vec<_> = (0..5).map(|number| unique(&format!("w{number}"))).collect();
    for (name, changes) in names.iter().zip([
        json!({ "custom_labels": { "team": "nobody" } }),
        json!({}),
        json!({ "custom_labels": { "team": team }, "detected_labels": { "gitops": "*" } }),
        json!({ "custom_labels": { "team": team }, "detected_labels": { "gitops": "argocd" } }),
        json!({ "custom_labels": { "team": team }, "detected_labels": { "gitops": "flux" } }),
    ]) {
        create(&datastorage, &with(workflow(name, "1", &kind), changes))?;
    }
    let signal = with(
        signal(&kind),
        json!({
            "custom_labels": { "team": team, "tier": "gold" },
            "detected_labels": { "gitops": "argocd", "helm": "true" },
        }),
    );
    let found = ranking(&datastorage, &signal)?;
    let expected = [(3, 1.0), (2, 0.95), (4, 0.9), (1, 0.9), (0, 0.8)]
        .map(|(number, score): (usize, f64)| (names[number].clone(), score));
    ensure!(found == expected, "{found:?}\nexpected {expected:?}");
    Ok(())
}

#[test]
fn a_workflow_that_leaves_all_open_and_is_made_for_something_else_scores_0() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let (name, key) = (unique("open"), unique("key"));
    let any = json!({
        "signal_type": "*", "severity": "*", "component": "*", "environment": "*", "priority": "*",
    });
    let open = with(
        workflow(&name, "1", ""),
        json!({ "labels": any, "custom_labels": { key.clone(): "a" } }),
    );
    let created = create(&datastorage, &open)?;
    let score = |value: &str| -> Result<Option<f64>> {
        // No other workflow has this label, so this one ranks best without
        // naming any of the five.
        let labels =
            json!({ "custom_labels": { key.clone(): value }, "min_score": 0, "top_k": 100 });
        let found = ranking(&datastorage, &with(signal(&signal_type()), labels))?;
        Ok(found.into_iter().find(|entry| entry.0 == name).map(|entry| entry.1))
    };
    ensure!(score("a")? == Some(0.2));
    ensure!(score("b")? == Some(0.0));
    super::support::set_status(&datastorage, &created, "archived")?;
    ensure!(score("a")?.is_none());
    Ok(())
}

#[test]
fn of_equal_scores_the_newest_comes_first() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let kind = signal_type();
    let mut names: Vec<_> = (0..6).map(|number| unique(&format!("w{number}"))).collect();
    for name in &names {
        create(&datastorage, &workflow(name, "1", &kind))?;
    }
    // A new version makes its workflow the newest.
    create(&datastorage, &workflow(&names[2], "2", &kind))?;
    let newest = names.remove(2);
    names.push(newest);
    names.reverse();

    let all = ranking(&datastorage, &signal(&kind))?;
    let found: Vec<_> = all.iter().map(|entry| entry.0.clone()).collect();
    ensure!(found == names, "{found:?}\nexpected {names:?}");
    ensure!(all.iter().all(|entry| entry.1 == 0.9), "{all:?}");
    Ok(())
}

#[test]
fn a_search_answers_the_ten_best_unless_told_otherwise_and_counts_all() -> Result<()> {
    let (datastorage, _) = datastorage()?;
    let kind = signal_type();
    for number in 0..12 {
        create(&datastorage, &workflow(&unique(&format!("w{number}")), "1", &kind))?;
    }
    for (more, length, total) in [
        (json!({}), 10, 12),
        (json!({ "top_k": 1 }), 1, 12),
        (json!({ "top_k": 100 }), 12, 12),
        (json!({ "min_score": 0.9 }), 10, 12),
        (json!({ "min_score": 0.901 }), 0, 0),
    ] {
        let signal = with(signal(&kind), more.clone());
        let found = find(&datastorage, &signal)?;
        ensure!(found["data"].as_array().map(Vec::len) == Some(length), "{more}: {found:#}");
        ensure!(found["total"] == total, "{more}: {}", found["total"]);
    }
    Ok(())
}
