//! What nodes have.

use serde::Deserialize;

use super::kubectl::Kubectl;
use super::pod::{List, Metadata};

/// How many names are told of a node.
const NAMES: usize = 5;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Node {
    metadata: Metadata,
    status: NodeStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NodeStatus {
    images: Vec<NodeImage>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NodeImage {
    names: Vec<String>,
}

/// Which images of a service each node tells that it has: the last ones, as far as it tells
/// (50 at most, a few minutes late).
pub(super) fn images(kubectl: &Kubectl, service: &str) -> Vec<String> {
    let Ok(Some(nodes)) = kubectl.get::<List<Node>>(["nodes"]) else { return Vec::new() };
    let told = nodes.items.into_iter().map(|node| {
        let names = node.status.images.iter().flat_map(|image| &image.names);
        let mut names: Vec<&str> =
            names.map(String::as_str).filter(|name| repository(name) == service).collect();
        names.sort_unstable_by(|one, other| other.cmp(one));
        names.truncate(NAMES);
        let has = if names.is_empty() { "no image".to_owned() } else { names.join(", ") };
        format!("node {} tells that it has of `{service}`: {has}", node.metadata.name)
    });
    told.collect()
}

/// The last part of the name of an image, without tag and digest.
fn repository(name: &str) -> &str {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split(['@', ':']).next().unwrap_or(last)
}
