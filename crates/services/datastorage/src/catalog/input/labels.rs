//! Labels, with and without wildcard.

use std::collections::BTreeMap;
use std::str::FromStr;

use contract::datastorage::LabelPattern;
use kit::Node;

/// How many characters one of the five labels may have.
const LENGTH: usize = 100;

/// How many further labels there may be of a kind.
const FURTHER: usize = 20;

/// How many characters the name and the value of a further label may have.
const FURTHER_LENGTH: usize = 63;

/// Reads a label of a workflow, which may be `*`.
pub(in crate::catalog) fn wanted(node: Node<'_>) -> Option<LabelPattern<String>> {
    wanted_of(node, LENGTH)
}

/// Reads a label of a workflow with a vocabulary, which may be `*`.
pub(in crate::catalog) fn wanted_word<T: FromStr>(
    node: Node<'_>,
    words: &[&str],
) -> Option<LabelPattern<T>> {
    let words: Vec<_> = words.iter().copied().chain(["*"]).collect();
    node.word(&words)
}

/// Reads a label of a signal.
pub(in crate::catalog) fn value(node: Node<'_>) -> Option<String> {
    value_of(node, LENGTH)
}

pub(super) fn wanted_labels(node: Node<'_>) -> Option<BTreeMap<String, LabelPattern<String>>> {
    node.map(FURTHER, FURTHER_LENGTH, |_, node| wanted_of(node, FURTHER_LENGTH))
}

/// Reads further labels of a signal.
pub(in crate::catalog) fn value_labels(node: Node<'_>) -> Option<BTreeMap<String, String>> {
    node.map(FURTHER, FURTHER_LENGTH, |_, node| value_of(node, FURTHER_LENGTH))
}

fn wanted_of(node: Node<'_>, length: usize) -> Option<LabelPattern<String>> {
    if node.value() == "*" {
        return Some(LabelPattern::Any);
    }
    let at = node.clone();
    let value = node.string(1..=length)?;
    if value.contains('*') {
        return at.refuse("must be one value without `*` in it, or `*` for any");
    }
    Some(LabelPattern::Only(value))
}

fn value_of(node: Node<'_>, length: usize) -> Option<String> {
    let at = node.clone();
    let value = node.string(1..=length)?;
    if value.contains('*') { at.refuse("must not contain `*`") } else { Some(value) }
}
