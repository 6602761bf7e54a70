//! The environment file of a kept run, after somebody had it in an editor.

use crate::exit;
use crate::project::{Output, Project};

/// What nextest says of a kept run whose environment file was edited.
fn nextest_after(edit: impl FnOnce(String) -> String) -> Output {
    let project = Project::new();
    project.up().edit_environment(edit);
    project.nextest().run()
}

#[test]
fn a_value_that_was_edited_is_refused() {
    let output = nextest_after(|text| text.replace("http://127.0.0.1", "127.0.0.1"));
    output.exits(exit::HOOK_FAILED);
    insta::assert_snapshot!(output.error(), @r"
    error: the environment file [temp]/pair/target/onetag/runs/[run id]/run.env is damaged
      because: line 9: ONETAG_ALPHA_URL: `[address]` is not `http://<host>` or `https://<host>` without a slash at its end
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn an_image_of_another_run_is_refused() {
    let output = nextest_after(|text| {
        let run_id = text.lines().next().unwrap().strip_prefix("ONETAG_RUN_ID=").unwrap();
        let other = "0193a5c2e4b07c1e9f3a2b4c5d6e7f80";
        text.replace(&format!("beta:alpha-{run_id}"), &format!("beta:alpha-{other}"))
    });
    output.exits(exit::HOOK_FAILED);
    insta::assert_snapshot!(output.error(), @r"
    error: the environment file [temp]/pair/target/onetag/runs/[run id]/run.env is damaged
      because: line 11: ONETAG_BETA_IMAGE: `localhost/beta:alpha-[run id]` is not of this run, whose tag is `alpha-[run id]`
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn a_blank_line_is_refused() {
    let output = nextest_after(|text| text.replacen('\n', "\n\n", 1));
    output.exits(exit::HOOK_FAILED);
    insta::assert_snapshot!(output.error(), @r"
    error: the environment file [temp]/pair/target/onetag/runs/[run id]/run.env is damaged
      because: line 2: blank line
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn a_missing_file_is_told_and_written_anew() {
    let project = Project::new();
    std::fs::remove_file(project.up().path("run.env")).unwrap();
    let output = project.nextest().run();
    output.exits(exit::HOOK_FAILED);
    insta::assert_snapshot!(output.error(), @r"
    error: cannot read the environment file [temp]/pair/target/onetag/runs/[run id]/run.env
      because: No such file or directory (os error 2)
    hint: `cargo xtask up alpha` writes it anew
    ");
    project.xtask(["up", "alpha"]).run().exits(exit::SUCCESS);
    project.nextest().run().exits(exit::SUCCESS);
}
