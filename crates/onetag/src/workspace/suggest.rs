//! "Did you mean …?"

/// The candidate that `name` is most likely a misspelling of.
///
/// A candidate counts as close when at most a third of the longer of the two
/// names has to change; a farther one would be a guess, and a wrong hint is
/// worse than none.
pub(crate) fn closest<'a, S: AsRef<str> + ?Sized + 'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a S>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(AsRef::as_ref)
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(distance, candidate)| {
            let longer = name.chars().count().max(candidate.chars().count());
            distance * 3 <= longer
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// The hint for a name that does not exist: the likely one, and all there are.
///
/// `what` is the plural that introduces the list, for example `services`.
pub(crate) fn among<'a, S: AsRef<str> + ?Sized + 'a>(
    name: &str,
    what: &str,
    candidates: impl IntoIterator<Item = &'a S>,
) -> String {
    let candidates: Vec<&str> = candidates.into_iter().map(AsRef::as_ref).collect();
    let list = if candidates.is_empty() { "none".to_owned() } else { candidates.join(", ") };
    match closest(name, candidates) {
        Some(likely) => format!("did you mean `{likely}`? {what}: {list}"),
        None => format!("{what}: {list}"),
    }
}

#[cfg(test)]
#[path = "suggest_tests.rs"]
mod tests;
