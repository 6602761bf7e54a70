//! Refusals of values, with their words.

use insta::assert_snapshot;

use super::refused;

#[test]
fn run_id_too_short() {
    assert_snapshot!(refused("=0193a5c2e4b07c1e9f3a2b4c5d6e7f80", "=0193a5c2e4b07c1e9f3a2b4c5d6e7f8"), @r"
    line 1: ONETAG_RUN_ID: `0193a5c2e4b07c1e9f3a2b4c5d6e7f8` is not a UUID of version 7 in 32 lower-case hexadecimal digits
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn run_id_in_upper_case() {
    assert_snapshot!(refused("=0193a5c2e4b07c1e9f3a2b4c5d6e7f80", "=0193A5C2E4B07C1E9F3A2B4C5D6E7F80"), @r"
    line 1: ONETAG_RUN_ID: `0193A5C2E4B07C1E9F3A2B4C5D6E7F80` is not a UUID of version 7 in 32 lower-case hexadecimal digits
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn run_id_of_version_4() {
    assert_snapshot!(refused("=0193a5c2e4b07c1e9f3a2b4c5d6e7f80", "=0193a5c2e4b04c1e9f3a2b4c5d6e7f80"), @r"
    line 1: ONETAG_RUN_ID: `0193a5c2e4b04c1e9f3a2b4c5d6e7f80` is not a UUID of version 7 in 32 lower-case hexadecimal digits
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn run_id_of_another_variant() {
    assert_snapshot!(refused("=0193a5c2e4b07c1e9f3a2b4c5d6e7f80", "=0193a5c2e4b07c1ecf3a2b4c5d6e7f80"), @r"
    line 1: ONETAG_RUN_ID: `0193a5c2e4b07c1ecf3a2b4c5d6e7f80` is not a UUID of version 7 in 32 lower-case hexadecimal digits
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn tag_of_another_consumer() {
    assert_snapshot!(refused("ONETAG_TAG=mail-", "ONETAG_TAG=post-"), @r"
    line 2: ONETAG_TAG: `post-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.12` is not the tag of this run, `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80` or `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.<n>` with n from 2 on
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn tag_of_another_run() {
    assert_snapshot!(refused("ONETAG_TAG=mail-0193", "ONETAG_TAG=mail-0194"), @r"
    line 2: ONETAG_TAG: `mail-0194a5c2e4b07c1e9f3a2b4c5d6e7f80.12` is not the tag of this run, `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80` or `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.<n>` with n from 2 on
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn fixed_tag() {
    assert_snapshot!(refused("mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.12", "latest"), @r"
    line 2: ONETAG_TAG: `latest` is not the tag of this run, `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80` or `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.<n>` with n from 2 on
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn generation_one_spelt_out() {
    assert_snapshot!(refused("80.12", "80.1"), @r"
    line 2: ONETAG_TAG: `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.1` is not the tag of this run, `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80` or `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.<n>` with n from 2 on
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn generation_with_a_leading_zero() {
    assert_snapshot!(refused("80.12", "80.012"), @r"
    line 2: ONETAG_TAG: `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.012` is not the tag of this run, `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80` or `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.<n>` with n from 2 on
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn generation_with_a_sign() {
    assert_snapshot!(refused("80.12", "80.+12"), @r"
    line 2: ONETAG_TAG: `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.+12` is not the tag of this run, `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80` or `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.<n>` with n from 2 on
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn consumer_is_no_label() {
    assert_snapshot!(refused("CONSUMER=mail", "CONSUMER=Mail"), @r"
    line 3: ONETAG_CONSUMER: `Mail` is not a DNS label
    hint: use 1 to 63 lower-case letters, digits and inner hyphens
    ");
}

#[test]
fn backend_is_no_label() {
    assert_snapshot!(refused("=process", "="), @r"
    line 4: ONETAG_BACKEND: `` is not a DNS label
    hint: use 1 to 63 lower-case letters, digits and inner hyphens
    ");
}

#[test]
fn run_folder_is_relative() {
    assert_snapshot!(refused("=/tmp", "=tmp"), @r"
    line 5: ONETAG_RUN_DIR: `tmp/onetag/runs/0193a5c2e4b07c1e9f3a2b4c5d6e7f80` is not an absolute path
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn services_out_of_order() {
    assert_snapshot!(refused("=mail,signal-hub", "=signal-hub,mail"), @r"
    line 6: ONETAG_SERVICES: `mail` is not in order
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn service_twice() {
    assert_snapshot!(refused("=mail,signal-hub", "=mail,mail,signal-hub"), @r"
    line 6: ONETAG_SERVICES: `mail` stands twice
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn service_is_no_label() {
    assert_snapshot!(refused("=mail,signal-hub", "=mail,signal_hub"), @r"
    line 6: ONETAG_SERVICES: `signal_hub` is not a DNS label
    hint: use 1 to 63 lower-case letters, digits and inner hyphens
    ");
}

#[test]
fn image_without_a_host() {
    assert_snapshot!(refused("localhost/mail:", "mail:"), @r"
    line 7: ONETAG_MAIL_IMAGE: `mail:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.12` does not begin with `localhost/` or a registry
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn image_of_another_service() {
    assert_snapshot!(refused("localhost/mail:", "localhost/post:"), @r"
    line 7: ONETAG_MAIL_IMAGE: `localhost/post:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.12` is not an image of `mail`, `localhost/mail:<tag>`
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn image_of_another_run() {
    assert_snapshot!(refused("hub:mail-0193", "hub:mail-0194"), @r"
    line 11: ONETAG_SIGNAL_HUB_IMAGE: `reg.example:5000/team/signal-hub:mail-0194a5c2e4b07c1e9f3a2b4c5d6e7f80` is not of this run, whose tag is `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.12`
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn image_of_a_later_generation() {
    assert_snapshot!(refused("f80\nONETAG_SIGNAL_HUB_DIGEST", "f80.13\nONETAG_SIGNAL_HUB_DIGEST"), @r"
    line 11: ONETAG_SIGNAL_HUB_IMAGE: `reg.example:5000/team/signal-hub:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.13` is of a later generation than the run's tag `mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.12`
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn image_by_digest() {
    assert_snapshot!(refused("localhost/mail:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.12", "localhost/mail@sha256:9f86"), @r"
    line 7: ONETAG_MAIL_IMAGE: `localhost/mail@sha256:9f86` is not an image of `mail`, `localhost/mail:<tag>`
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn digest_without_algorithm() {
    assert_snapshot!(refused("sha256:9f86", "9f86"), @r"
    line 8: ONETAG_MAIL_DIGEST: `9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08` is not `sha256:` and 64 lower-case hexadecimal digits
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn digest_too_short() {
    assert_snapshot!(refused("sha256:9f86", "sha256:9f8"), @r"
    line 8: ONETAG_MAIL_DIGEST: `sha256:9f8d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08` is not `sha256:` and 64 lower-case hexadecimal digits
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn url_without_scheme() {
    assert_snapshot!(refused("http://127.0.0.1:41233", "127.0.0.1:41233"), @r"
    line 9: ONETAG_MAIL_URL: `127.0.0.1:41233` is not `http://<host>` or `https://<host>` without a slash at its end
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn url_with_a_slash_at_its_end() {
    assert_snapshot!(refused("127.0.0.1:41233", "127.0.0.1:41233/"), @r"
    line 9: ONETAG_MAIL_URL: `http://127.0.0.1:41233/` is not `http://<host>` or `https://<host>` without a slash at its end
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn capability_twice() {
    assert_snapshot!(refused("kill,stop", "kill,kill"), @r"
    line 22: ONETAG_CAPABILITIES: `kill` stands twice
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn capability_is_no_label() {
    assert_snapshot!(refused("kill,stop", "kill,,stop"), @r"
    line 22: ONETAG_CAPABILITIES: `` is not a DNS label
    hint: use 1 to 63 lower-case letters, digits and inner hyphens
    ");
}

#[test]
fn an_external_service_that_is_a_service() {
    assert_snapshot!(refused("EXTERNALS=mail-cache,worker", "EXTERNALS=mail,mail-cache,worker"), @r"
    line 17: ONETAG_EXTERNALS: `mail` is a service as well
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn an_external_image_is_pinned() {
    assert_snapshot!(refused("redis@sha256:6", "redis:7.4@sha256:7"), @r"
    line 18: ONETAG_MAIL_CACHE_IMAGE: `docker.io/library/redis:7.4@sha256:70303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752` does not end with `@sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752`
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
    assert_snapshot!(refused("ONETAG_MAIL_CACHE_DIGEST=sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752\n", ""), @r"
    line 22: ONETAG_MAIL_CACHE_DIGEST: missing
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}

#[test]
fn an_external_address_is_cut_short() {
    assert_snapshot!(refused("INTERNAL_URL=redis://mail-cache:6379", "INTERNAL_URL="), @r"
    line 21: ONETAG_MAIL_CACHE_INTERNAL_URL: `` is not an address without a slash at its end
    hint: the harness writes this file and nobody edits it; `cargo xtask up <suite>` writes it anew
    ");
}
