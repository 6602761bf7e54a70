//! Reachability, order and circles among names.

use std::collections::{BTreeMap, BTreeSet};

/// From each name to the names that come before it. Every name that occurs is a
/// key.
pub(super) type Edges<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// All names that can be reached from `roots`, the roots included.
pub(super) fn closure<'a>(
    edges: &Edges<'a>,
    roots: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = roots.into_iter().collect();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(edges.get(name).into_iter().flatten());
        }
    }
    reached
}

/// The names in an order in which each comes after all that it needs: whatever
/// stands in one level depends on nothing in it. Sorted within a level.
///
/// # Errors
///
/// A circle, which has no such order: `["a", "b", "a"]` where `a` needs `b` and
/// `b` needs `a`. It starts with the smallest of its names.
pub(super) fn levels<'a>(edges: &Edges<'a>) -> Result<Vec<Vec<&'a str>>, Vec<&'a str>> {
    let mut levels = Vec::new();
    let mut rest = edges.clone();
    while !rest.is_empty() {
        let level: Vec<&str> = rest
            .iter()
            .filter(|(_, needs)| needs.iter().all(|need| !rest.contains_key(need)))
            .map(|(name, _)| *name)
            .collect();
        if level.is_empty() {
            return Err(circle(&rest));
        }
        rest.retain(|name, _| !level.contains(name));
        levels.push(level);
    }
    Ok(levels)
}

/// A circle among names each of which needs another one of them.
fn circle<'a>(rest: &Edges<'a>) -> Vec<&'a str> {
    let mut path: Vec<&str> = Vec::new();
    let mut next = rest.keys().next().copied();
    // Every name has a successor in `rest`, so the walk meets itself.
    while let Some(name) = next {
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            path.drain(..start);
            break;
        }
        path.push(name);
        next = rest[name].iter().copied().find(|need| rest.contains_key(need));
    }
    let smallest = (0..path.len()).min_by_key(|&i| path[i]).unwrap_or(0);
    path.rotate_left(smallest);
    path.extend(path.first().copied());
    path
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
