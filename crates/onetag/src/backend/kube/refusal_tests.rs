use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use super::*;
use crate::error::describe;

/// What kubectl 1.32 says, each with the reason.
const SAID: [(&str, Reason); 13] = [
    ("Error from server (NotFound): namespaces \"onetag-1\" not found", Reason::Absent),
    (
        "Error from server (Forbidden): error when creating \"STDIN\": namespaces is forbidden: User \
         \"ann\" cannot create resource \"namespaces\" in API group \"\" at the cluster scope",
        Reason::Forbidden,
    ),
    (
        "Error from server (Forbidden): deployments.apps \"beta\" is forbidden: User \"ann\" cannot \
         patch resource \"deployments\" in API group \"apps\" in the namespace \"onetag-1\"",
        Reason::Forbidden,
    ),
    (
        "Error from server (Forbidden): pods \"beta-x\" is forbidden: exceeded quota: small, \
         requested: pods=1, used: pods=2, limited: pods=2",
        Reason::Quota,
    ),
    (
        "Error from server (Forbidden): pods \"database-0\" is forbidden: violates PodSecurity \
         \"restricted:latest\": runAsNonRoot != true",
        Reason::PodSecurity,
    ),
    (
        "Error from server (Forbidden): services \"beta\" is forbidden: unable to create new content \
         in namespace onetag-1 because it is being terminated",
        Reason::Terminating,
    ),
    ("error: context \"there\" does not exist", Reason::NoContext),
    (
        "error: error loading config file \"/tmp/config\": yaml: line 3: mapping values are not allowed",
        Reason::NoConfiguration,
    ),
    ("error: You must be logged in to the server (Unauthorized)", Reason::Unauthorized),
    (
        "E0730 12:00:01.123456    4711 memcache.go:265] \"Unhandled Error\" err=\"couldn't get current \
         server API group list\"\nThe connection to the server 127.0.0.1:6443 was refused - did you \
         specify the right host or port?",
        Reason::Unreachable,
    ),
    ("Unable to connect to the server: net/http: TLS handshake timeout", Reason::Unreachable),
    ("Unable to connect to the server: dial tcp 10.0.0.1:443: i/o timeout", Reason::Unreachable),
    ("error: unable to upgrade connection: container not found (\"beta\")", Reason::Other),
];

fn refused(stderr: &str) -> anyhow::Error {
    let finished = Finished {
        line: "kubectl --context there apply".to_owned(),
        status: ExitStatus::from_raw(1 << 8),
        stdout: Vec::new(),
        stderr: stderr.as_bytes().to_vec(),
    };
    Refusal::of(&finished, "there")
}

#[test]
fn each_reason_is_known_by_its_words() {
    for (said, reason) in SAID {
        assert_eq!(Refusal::reason(&refused(said)), Some(reason), "{said}");
    }
}

#[test]
fn a_right_that_is_missing_is_named() {
    let told = describe(&refused(SAID[1].0));
    assert!(
        told.contains("hint: let the user of the context `there` create namespaces in the"),
        "{told}"
    );
    let told = describe(&refused(SAID[2].0));
    assert!(told.contains("patch deployments of the API group apps in all namespaces"), "{told}");
}

#[test]
fn what_libraries_log_is_left_out_unless_it_is_all_that_there_is() {
    let (log, words) = SAID[9].0.split_once('\n').unwrap();
    let told = describe(&refused(SAID[9].0));
    assert!(told.contains(words) && !told.contains("memcache"), "{told}");
    let told = describe(&refused(&format!("{log}\n{log}\n")));
    assert_eq!(told.matches("couldn't get current server API group list").count(), 1, "{told}");
    assert!(told.contains("hint: start the cluster"), "{told}");
}
