use contract::datastorage::{Labels, Priority, Severity};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::catalog::testing::{any_labels, search, sent, signal, stored, with, workflow};

fn definition(labels: Labels) -> Definition {
    Definition { labels, ..workflow(&sent("w", "1")).definition }
}

fn custom(labels: Value) -> Value {
    with(sent("w", "1"), "custom_labels", labels)
}

fn score_of(workflow_sent: &Value, signal_sent: &Value) -> f64 {
    score(&workflow(workflow_sent).definition, &search(signal_sent))
}

#[test]
fn each_label_that_is_named_has_its_points() {
    let signal = search(&signal());
    assert_eq!(score(&definition(any_labels()), &signal), 0.1);
    let all = workflow(&sent("w", "1")).definition.labels;
    for (labels, expected) in [
        (Labels { signal_type: all.signal_type.clone(), ..any_labels() }, 0.45),
        (Labels { component: all.component.clone(), ..any_labels() }, 0.3),
        (Labels { severity: all.severity.clone(), ..any_labels() }, 0.2),
        (Labels { environment: all.environment.clone(), ..any_labels() }, 0.2),
        (Labels { priority: all.priority.clone(), ..any_labels() }, 0.15),
        (all, 0.9),
    ] {
        assert_eq!(score(&definition(labels.clone()), &signal), expected, "{labels:?}");
    }
}

#[test]
fn further_labels_raise_and_lower_the_score() {
    let signal = with(signal(), "custom_labels", json!({ "team": "payments", "tier": "gold" }));
    let signal = with(signal, "detected_labels", json!({ "gitops": "argocd" }));
    for (wanted, expected) in [
        (json!({}), 0.9),
        (json!({ "team": "payments" }), 1.0),
        (json!({ "team": "*" }), 0.9),
        (json!({ "team": "search" }), 0.8),
        (json!({ "gitops": "argocd" }), 0.8),
        (json!({ "region": "*" }), 0.8),
        (json!({ "team": "payments", "tier": "*" }), 0.95),
        (json!({ "team": "payments", "tier": "silver" }), 0.9),
        (json!({ "team": "payments", "tier": "*", "a": "b", "c": "*" }), 0.875),
    ] {
        assert_eq!(score_of(&custom(wanted.clone()), &signal), expected, "{wanted}");
    }
    let both =
        with(custom(json!({ "team": "payments" })), "detected_labels", json!({ "gitops": "flux" }));
    assert_eq!(score_of(&both, &signal), 0.9);
}

#[test]
fn both_ends_are_reached() {
    let mut made_for_it = custom(json!({ "team": "payments" }));
    made_for_it["detected_labels"] = json!({ "gitops": "argocd" });
    let mut signal = with(signal(), "custom_labels", json!({ "team": "payments" }));
    signal["detected_labels"] = json!({ "gitops": "argocd" });
    assert_eq!(score_of(&made_for_it, &signal), 1.0);

    let mut made_for_else = custom(json!({ "team": "search" }));
    for label in ["signal_type", "severity", "component", "environment", "priority"] {
        made_for_else["labels"][label] = json!("*");
    }
    assert_eq!(score_of(&made_for_else, &signal), 0.0);
}

fn ranked(newest_first: &[(&str, Labels)], change: Value) -> (Vec<(u32, String, f64)>, u64) {
    let named = |(name, labels): &(&str, Labels)| {
        stored(Definition { name: (*name).to_owned(), ..definition(labels.clone()) })
    };
    let mut signal = signal();
    for (field, value) in change.as_object().expect("fields") {
        signal[field] = value.clone();
    }
    let ranking = rank(newest_first.iter().map(named).collect(), &search(&signal));
    let one = |found: WorkflowMatch| (found.rank, found.workflow.definition.name, found.score);
    (ranking.best.into_iter().map(one).collect(), ranking.total)
}

#[test]
fn the_best_comes_first_and_of_equal_ones_the_newest() {
    let full = workflow(&sent("w", "1")).definition.labels;
    let half = Labels { priority: LabelPattern::Any, ..full.clone() };
    let newest_first =
        [("c", half.clone()), ("b", full.clone()), ("a", half), ("z", full), ("d", any_labels())];
    let all = [(1, "b", 0.9), (2, "z", 0.9), (3, "c", 0.85), (4, "a", 0.85), (5, "d", 0.1)]
        .map(|(rank, name, score)| (rank, name.to_owned(), score));

    assert_eq!(ranked(&newest_first, json!({})), (all.to_vec(), 5));
    assert_eq!(ranked(&newest_first, json!({ "top_k": 3 })), (all[..3].to_vec(), 5));
    // `min_score` includes the score itself.
    assert_eq!(ranked(&newest_first, json!({ "min_score": 0.85 })), (all[..4].to_vec(), 4));
    assert_eq!(ranked(&newest_first, json!({ "min_score": 0.86 })), (all[..2].to_vec(), 2));
    assert_eq!(ranked(&newest_first, json!({ "min_score": 1, "top_k": 1 })), (vec![], 0));
    assert_eq!(ranked(&[], json!({})), (vec![], 0));
}

fn any_label() -> impl Strategy<Value = LabelPattern<String>> {
    prop_oneof![
        Just(LabelPattern::Any),
        prop::sample::select(vec!["a", "b"]).prop_map(|value| LabelPattern::Only(value.to_owned())),
    ]
}

fn any_further() -> impl Strategy<Value = BTreeMap<String, LabelPattern<String>>> {
    prop::collection::btree_map("[xyz]", any_label(), 0..4)
}

/// Workflows whose five labels fit the signal of [`any_signal`].
fn any_workflow() -> impl Strategy<Value = Definition> {
    let five = prop::collection::vec(any::<bool>(), 5);
    (five, any_further(), any_further()).prop_map(|(named, custom_labels, detected_labels)| {
        let text = |named: bool| {
            if named { LabelPattern::Only("a".to_owned()) } else { LabelPattern::Any }
        };
        let labels = Labels {
            signal_type: text(named[0]),
            component: text(named[1]),
            environment: text(named[2]),
            severity: if named[3] { LabelPattern::Only(Severity::High) } else { LabelPattern::Any },
            priority: if named[4] { LabelPattern::Only(Priority::P1) } else { LabelPattern::Any },
        };
        Definition { custom_labels, detected_labels, ..definition(labels) }
    })
}

fn any_signal() -> impl Strategy<Value = WorkflowSearch> {
    let further = || prop::collection::btree_map("[xyz]", "[ab]", 0..4);
    (further(), further()).prop_map(|(custom_labels, detected_labels)| WorkflowSearch {
        signal_type: "a".to_owned(),
        severity: Severity::High,
        component: "a".to_owned(),
        environment: "a".to_owned(),
        priority: Priority::P1,
        custom_labels,
        detected_labels,
        ..search(&signal())
    })
}

proptest! {
    #[test]
    fn every_score_is_from_0_to_1(workflow in any_workflow(), signal in any_signal()) {
        prop_assert!((0.0..=1.0).contains(&score(&workflow, &signal)));
    }

    #[test]
    fn naming_a_label_that_fits_never_lowers_the_score(
        workflow in any_workflow(),
        signal in any_signal(),
    ) {
        let before = score(&workflow, &signal);
        let mut named = workflow.clone();
        named.labels.signal_type = LabelPattern::Only(signal.signal_type.clone());
        prop_assert!(score(&named, &signal) >= before);
        for (name, value) in &signal.custom_labels {
            let mut named = workflow.clone();
            named.custom_labels.insert(name.clone(), LabelPattern::Only(value.clone()));
            prop_assert!(score(&named, &signal) >= before, "{}: {}", name, value);
        }
    }

    #[test]
    fn what_a_workflow_does_not_name_changes_nothing(
        workflow in any_workflow(),
        signal in any_signal(),
    ) {
        let mut known_better = signal.clone();
        known_better.custom_labels.insert("w".to_owned(), "a".to_owned());
        known_better.detected_labels.insert("w".to_owned(), "a".to_owned());
        prop_assert_eq!(score(&workflow, &known_better), score(&workflow, &signal));
    }

    #[test]
    fn a_ranking_is_a_sorted_choice_of_the_best(
        workflows in prop::collection::vec(any_workflow(), 0..12),
        signal in any_signal(),
        min_score in 0..=20_u32,
        top_k in 1..=12_u32,
    ) {
        let min_score = f64::from(min_score) / 20.0;
        let signal = WorkflowSearch { min_score: Some(min_score), top_k: Some(top_k), ..signal };
        let newest_first: Vec<_> = workflows.into_iter().map(stored).collect();
        let ranking = rank(newest_first.clone(), &signal);

        let age = |id| newest_first.iter().position(|workflow| workflow.workflow_id == id).expect("its own");
        let good: Vec<_> =
            newest_first.iter().filter(|workflow| score(&workflow.definition, &signal) >= min_score).collect();
        prop_assert_eq!(ranking.total, good.len() as u64);
        prop_assert_eq!(ranking.best.len(), good.len().min(top_k as usize));
        for (place, found) in (1..).zip(&ranking.best) {
            prop_assert_eq!(found.rank, place);
            prop_assert_eq!(found.score, score(&found.workflow.definition, &signal));
        }
        for pair in ranking.best.windows(2) {
            let older = age(pair[0].workflow.workflow_id) < age(pair[1].workflow.workflow_id);
            prop_assert!(pair[0].score > pair[1].score || pair[0].score == pair[1].score && older);
        }
        // No omitted workflow is better than a kept one.
        if let Some(last) = ranking.best.last() {
            let kept = |id| ranking.best.iter().any(|found| found.workflow.workflow_id == id);
            for left_out in good.iter().filter(|workflow| !kept(workflow.workflow_id)) {
                prop_assert!(score(&left_out.definition, &signal) <= last.score);
            }
        }
    }
}
