//! Refusals of lines and keys, with their words.

use insta::assert_snapshot;

use super::{GOOD, refused};
use crate::Environment;

#[test]
fn blank_line() {
    assert_snapshot!(refused("ONETAG_CONSUMER", "\nONETAG_CONSUMER"), @r"
    line 3: blank line
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn line_of_spaces() {
    assert_snapshot!(refused("ONETAG_CONSUMER", "  \nONETAG_CONSUMER"), @r"
    line 3: blank line
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn comment() {
    assert_snapshot!(refused("ONETAG_CONSUMER", "# who\nONETAG_CONSUMER"), @r"
    line 3: comment
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn export() {
    assert_snapshot!(refused("ONETAG_CONSUMER", "export ONETAG_CONSUMER"), @r"
    line 3: `export` before the key
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn no_equals_sign() {
    assert_snapshot!(refused("ONETAG_CONSUMER=mail", "ONETAG_CONSUMER"), @r#"
    line 3: "ONETAG_CONSUMER" is not KEY=VALUE
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    "#);
}

#[test]
fn space_before_the_key() {
    assert_snapshot!(refused("ONETAG_CONSUMER", " ONETAG_CONSUMER"), @r#"
    line 3: " ONETAG_CONSUMER" is not a key
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    "#);
}

#[test]
fn space_after_the_key() {
    assert_snapshot!(refused("ONETAG_CONSUMER=", "ONETAG_CONSUMER ="), @r#"
    line 3: "ONETAG_CONSUMER " is not a key
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    "#);
}

#[test]
fn space_in_the_value() {
    assert_snapshot!(refused("=mail\n", "=my mail\n"), @r#"
    line 3: ONETAG_CONSUMER: "my mail" contains ' '
    hint: values are taken literally and consist of A-Z a-z 0-9 _ . / : @ , % + = -; if the target folder's path has another character, set CARGO_TARGET_DIR
    "#);
}

#[test]
fn quotes() {
    assert_snapshot!(refused("=mail\n", "=\"mail\"\n"), @r#"
    line 3: ONETAG_CONSUMER: "\"mail\"" contains '"'
    hint: values are taken literally and consist of A-Z a-z 0-9 _ . / : @ , % + = -; if the target folder's path has another character, set CARGO_TARGET_DIR
    "#);
}

#[test]
fn carriage_return() {
    assert_snapshot!(refused("=mail\n", "=mail\r\n"), @r#"
    line 3: ONETAG_CONSUMER: "mail\r" contains '\r'
    hint: values are taken literally and consist of A-Z a-z 0-9 _ . / : @ , % + = -; if the target folder's path has another character, set CARGO_TARGET_DIR
    "#);
}

#[test]
fn no_newline_at_the_end() {
    assert_snapshot!(refused("kill,stop\n", "kill,st"), @r"
    line 22: the line does not end with a newline, so the file may be cut short
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn unknown_key() {
    assert_snapshot!(refused("ONETAG_CONSUMER=", "ONETAG_CONSUMMER=mail\nONETAG_CONSUMER="), @r"
    line 3: ONETAG_CONSUMMER: unknown key
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn key_of_no_service() {
    assert_snapshot!(refused("ONETAG_CAPABILITIES", "ONETAG_SINK_URL=http://x\nONETAG_CAPABILITIES"), @r"
    line 22: ONETAG_SINK_URL: unknown key
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn owner_in_the_file() {
    assert_snapshot!(refused("ONETAG_CAPABILITIES", "ONETAG_OWNER=0193a5c2e4b07c1e9f3a2b4c5d6e7f80\nONETAG_CAPABILITIES"), @r"
    line 22: ONETAG_OWNER: unknown key
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn duplicate_key() {
    assert_snapshot!(refused("ONETAG_RUN_DIR", "ONETAG_BACKEND=kind\nONETAG_RUN_DIR"), @r"
    line 5: ONETAG_BACKEND: stands in line 4 already
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn missing_key() {
    assert_snapshot!(refused("ONETAG_BACKEND=process\n", ""), @r"
    line 22: ONETAG_BACKEND: missing
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn missing_key_of_a_service() {
    assert_snapshot!(refused("ONETAG_MAIL_DIGEST=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n", ""), @r"
    line 22: ONETAG_MAIL_DIGEST: missing
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn one_of_the_two_addresses_of_a_service() {
    assert_snapshot!(refused("ONETAG_MAIL_URL=http://127.0.0.1:41233\n", ""), @r"
    line 22: ONETAG_MAIL_URL: missing
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
    assert_snapshot!(refused("ONETAG_MAIL_INTERNAL_URL=http://mail:8080\n", ""), @r"
    line 22: ONETAG_MAIL_INTERNAL_URL: missing
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
    assert_snapshot!(refused("ONETAG_SIGNAL_HUB_GRPC_INTERNAL_URL=http://signal-hub:9090\n", ""), @r"
    line 15: ONETAG_SIGNAL_HUB_GRPC_URL: unknown key
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn an_empty_file() {
    assert_snapshot!(crate::Environment::parse("").unwrap_err(), @r"
    line 1: ONETAG_SERVICES: missing
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn message_and_hint_can_be_told_apart() {
    let error = Environment::parse("#\n").unwrap_err();
    assert_eq!(error.message(), "line 1: comment");
    assert_eq!(error.to_string(), format!("{}\nhint: {}", error.message(), error.hint().unwrap()));
}

#[test]
fn what_another_setup_script_sets_is_found() {
    let of_test = |text: &str| Environment::parse(text).unwrap().compared_with(GOOD);
    of_test(GOOD).unwrap();
    let other = GOOD.replace("MAIL_URL=http://127.0.0.1:41233", "MAIL_URL=http://127.0.0.1:1");
    assert_snapshot!(of_test(&other).unwrap_err(), @r"
    ONETAG_MAIL_URL: `http://127.0.0.1:1`, but the run has `http://127.0.0.1:41233`
    hint: another setup script of .config/nextest.toml sets it: let it set other variables
    ");
}
