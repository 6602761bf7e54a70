use anyhow::{Context as _, anyhow};

use super::*;

#[test]
fn class_and_hint_survive_the_context_around_them() {
    let failed: anyhow::Result<()> =
        Err(anyhow!("cargo said no")).kind(Kind::Build).hint("try again");
    let error = failed.context("building").unwrap_err();
    assert_eq!(Kind::of(&error), Kind::Build);
    assert_eq!(describe(&error), "building\n  because: cargo said no\nhint: try again");
    assert_eq!(Kind::of(&anyhow!("anything")), Kind::Other);
    let interrupted = anyhow::Error::from(Interrupted { signal: 2 }).context("waiting");
    assert_eq!(Kind::of(&interrupted).exit().code(), 130);
}

#[test]
fn what_is_attached_later_keeps_what_was_there() {
    let error = anyhow!("no").hint("one").kind(Kind::Usage).hint("two").hint("one");
    assert_eq!(
        (Kind::of(&error), describe(&error)),
        (Kind::Usage, "no\nhint: one\nhint: two".into())
    );
}

#[test]
fn hints_come_last_and_repetitions_are_left_out() {
    let error = anyhow!("no such file")
        .hint("make it")
        .context("reading a.toml")
        .context("loading the workspace: reading a.toml");
    assert_eq!(
        describe(&error),
        "loading the workspace: reading a.toml\n  because: no such file\nhint: make it"
    );
}
