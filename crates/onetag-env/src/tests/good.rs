//! What is accepted, and what the accessors say about it.

use insta::assert_snapshot;

use super::GOOD;
use crate::{Environment, keys};

#[test]
fn parsed_and_rendered_the_bytes_are_the_same() {
    assert_eq!(Environment::parse(GOOD).unwrap().render().unwrap(), GOOD);
}

#[test]
fn the_order_of_lines_is_free() {
    let mut lines = Vec::from_iter(GOOD.split_inclusive('\n'));
    lines.reverse();
    let reversed = Environment::parse(&lines.concat()).unwrap();
    assert_eq!(reversed, Environment::parse(GOOD).unwrap());
}

#[test]
fn no_capability_is_an_empty_value() {
    let text = GOOD.replace("copy-out,kill,stop", "");
    let environment = Environment::parse(&text).unwrap();
    assert!(environment.capabilities.is_empty());
    assert!(environment.render().unwrap().ends_with("\nONETAG_CAPABILITIES=\n"));
}

#[test]
fn services_and_capabilities_are_found_by_name() {
    let environment = Environment::parse(GOOD).unwrap();
    assert_eq!(environment.url("signal-hub").unwrap(), "http://127.0.0.1:41234");
    let hub = environment.service("signal-hub").unwrap();
    assert_eq!(hub.address.as_ref().unwrap().internal_url, "http://signal-hub:8080");
    assert_eq!(hub.ports["grpc"].url, "http://127.0.0.1:41235");
    assert_eq!(hub.ports.len(), 1);
    assert!(environment.has("kill") && !environment.has("pause"));
    assert_eq!(environment.url("mail-cache").unwrap(), "redis://127.0.0.1:41236");
    assert_eq!(environment.internal_url("mail-cache").unwrap(), "redis://mail-cache:6379");
    assert_eq!(environment.external("worker").unwrap().image, None);
    assert!(environment.url("worker").is_err());
    assert_snapshot!(environment.external("redis").unwrap_err(), @r"
    ONETAG_EXTERNALS: the run has no external service `redis`, only: mail-cache, worker
    hint: add `redis` to the `needs` of suite `mail`
    ");
    assert_snapshot!(environment.service("hub").unwrap_err(), @r"
    ONETAG_SERVICES: the run has no service `hub`, only: mail, signal-hub
    hint: add `hub` to the `needs` of suite `mail`
    ");
}

#[test]
fn lines_are_the_file_line_by_line() {
    let environment = Environment::parse(GOOD).unwrap();
    let lines: String =
        environment.lines().map(|(key, value)| format!("{key}={value}\n")).collect();
    assert_eq!(lines, GOOD);
}

#[test]
fn variables_of_a_process_are_read_by_key() {
    let environment = Environment::parse(GOOD).unwrap();
    let others = [("PATH".to_owned(), "/bin".to_owned())];
    assert_eq!(Environment::from_vars(environment.lines().chain(others)), Ok(environment));
}

#[test]
fn a_process_without_a_run_is_told_how_to_get_one() {
    assert_snapshot!(Environment::from_vars([]).unwrap_err(), @r"
    ONETAG_SERVICES: missing
    hint: run the suite through `cargo xtask e2e <suite>`, or keep one up with `cargo xtask up <suite>`
    ");
    let spoilt = [(keys::SERVICES.to_owned(), "Mail".to_owned())];
    assert_snapshot!(Environment::from_vars(spoilt).unwrap_err(), @r"
    ONETAG_SERVICES: `Mail` is not a DNS label
    hint: run the suite through `cargo xtask e2e <suite>`, or keep one up with `cargo xtask up <suite>`
    ");
}

#[test]
fn what_would_be_refused_is_not_rendered() {
    let good = Environment::parse(GOOD).unwrap();

    let mut spaced = good.clone();
    spaced.run_dir = "/home/me/my project/target".to_owned();
    assert_snapshot!(spaced.render().unwrap_err(), @r#"
    ONETAG_RUN_DIR: "/home/me/my project/target" contains ' '
    hint: values are taken literally and consist of A-Z a-z 0-9 _ . / : @ , % + = -; if the target folder's path has another character, set CARGO_TARGET_DIR
    "#);

    let mut two_lines = good.clone();
    two_lines.backend = "process\nONETAG_OWNER=x".to_owned();
    assert_snapshot!(two_lines.render().unwrap_err(), @r#"
    ONETAG_BACKEND: "process\nONETAG_OWNER=x" contains '\n'
    hint: values are taken literally and consist of A-Z a-z 0-9 _ . / : @ , % + = -; if the target folder's path has another character, set CARGO_TARGET_DIR
    "#);

    let mut two_in_one = good.clone();
    two_in_one.capabilities.insert("stop,kill".to_owned());
    assert_snapshot!(two_in_one.render().unwrap_err(), @r"
    ONETAG_CAPABILITIES: `stop,kill` is not a DNS label
    hint: use 1 to 63 lower-case letters, digits and inner hyphens
    ");

    let mut of_another_run = good;
    of_another_run.run_id = "0193a5c2e4b07c1e9f3a2b4c5d6e7f81".to_owned();
    assert_snapshot!(of_another_run.render().unwrap_err(), @r"
    ONETAG_TAG: `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.12` is not the tag of this run, `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f81` or `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f81.<n>` with n from 2 on
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}
