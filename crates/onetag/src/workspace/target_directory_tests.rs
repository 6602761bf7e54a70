use super::*;
use crate::error::describe;

#[test]
fn plain_paths_pass() {
    for path in ["/home/me/onetag/target", "/tmp/a_b.c/x@1,23+4=5-6"] {
        validate_target_directory(path.into()).unwrap();
    }
}

#[test]
fn space_is_refused_with_the_way_round() {
    let error = validate_target_directory("/home/me/my code/target".into()).unwrap_err();
    insta::assert_snapshot!(describe(&error), @r"
    the path of the target folder has the character ' ': /home/me/my code/target
    hint: set CARGO_TARGET_DIR to a folder whose path consists of letters, digits and `_./@,+=-`
    ");
}

#[test]
fn what_a_shell_or_cargo_reads_otherwise_is_refused() {
    for bad in ["$", "'", "\"", "\\", ";", "#", "\n", "ü", "~", "*", "(", ":", "%"] {
        let path = format!("/tmp/a{bad}b");
        assert!(validate_target_directory(path.as_str().into()).is_err(), "for {path:?}");
    }
}
