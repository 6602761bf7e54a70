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

#[test]
fn what_is_attached_to_a_context_leaves_it_there() {
    let error = anyhow!("no").hint("one").context("reading a.toml").hint("two");
    assert_eq!(describe(&error), "reading a.toml\n  because: no\nhint: two\nhint: one");
}

#[test]
fn hints_of_the_other_crates_are_values() {
    let files = onetag_image::Files::of("/".into(), &[".".to_owned()], "/target".into());
    assert_eq!(
        describe(&files.context("a.toml").kind(Kind::Metadata).unwrap_err()),
        "a.toml\n  because: `files` lists `.`, which is not a path below the package\n\
         hint: list files and folders of the package, such as `assets`"
    );
    let parsed = onetag_env::Environment::parse("#\n").hint("restore it").unwrap_err();
    assert_eq!(
        describe(&parsed),
        "line 1: comment\n\
         hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew\n\
         hint: restore it"
    );
}

#[test]
fn a_message_is_not_searched_for_hints() {
    let error = anyhow!("cargo said:\nhint: two").context("building").hint("one");
    assert_eq!(describe(&error), "building\n  because: cargo said:\nhint: two\nhint: one");
}

#[test]
fn an_interrupt_with_a_hint_is_one() {
    let interrupted = anyhow::Error::from(Interrupted { signal: 15 }).hint("run it again");
    assert_eq!(Kind::of(&interrupted), Kind::Interrupted(15));
}
