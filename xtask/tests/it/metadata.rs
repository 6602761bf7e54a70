//! Metadata that cannot work is told before anything is made. The details are
//! tested beside the validation; this is what the command line makes of it.

use crate::exit;
use crate::project::{Output, Project};

/// What `e2e` says after an edit to a manifest.
fn e2e_after(edit: impl FnOnce(&Project)) -> Output {
    let project = Project::unbuilt();
    edit(&project);
    let output = project.xtask(["e2e", "alpha"]).run();
    assert!(!project.target().exists(), "something was made:\n{output}");
    output
}

#[test]
fn a_misspelt_key_is_suggested() {
    let output = e2e_after(|project| project.replace("alpha/Cargo.toml", "needs =", "neds ="));
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: alpha/Cargo.toml: unknown key `package.metadata.onetag.neds`
    hint: did you mean `needs`? allowed here: name, bin, containerfile, needs, port, ports, ready, args, database, volume, files, features, default-features, memory, replicas, manifests, env, suite, services
    ");
}

#[test]
fn a_circle_is_spelt_out() {
    let circle = "[package.metadata.onetag]\nneeds = [\"alpha\"]";
    let output = e2e_after(|project| {
        project.replace("beta/Cargo.toml", "[package.metadata.onetag]", circle);
    });
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: services need each other in a circle: alpha -> beta -> alpha
      alpha/Cargo.toml: package.metadata.onetag.needs names `beta`
      beta/Cargo.toml: package.metadata.onetag.needs names `alpha`
    hint: remove one of these
    ");
}

#[test]
fn a_placeholder_without_a_source_is_named() {
    let output =
        e2e_after(|project| project.replace("alpha/Cargo.toml", "{beta.url}", "{gamma.url}"));
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: alpha/Cargo.toml: package.metadata.onetag.env.BETA_URL: `{gamma.url}` has no source: no service named `gamma`
    hint: known are: alpha, beta, self, database, host
    ");
}

#[test]
fn an_unknown_need_is_suggested() {
    let output =
        e2e_after(|project| project.replace("alpha/Cargo.toml", "[\"beta\"]", "[\"bet\"]"));
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: alpha/Cargo.toml: package.metadata.onetag.needs: no service named `bet`
    hint: did you mean `beta`? services: alpha, beta
    ");
}

#[test]
fn files_that_are_not_there_are_named() {
    let files = "[package.metadata.onetag]\nfiles = [\"scr\"]";
    let output = e2e_after(|project| {
        project.replace("beta/Cargo.toml", "[package.metadata.onetag]", files);
    });
    output.exits(exit::FAILURE);
    insta::assert_snapshot!(output.error(), @r"
    error: beta/Cargo.toml: the key `files` of `beta`: there is no `scr`
    hint: did you mean `src`?
    ");
}
