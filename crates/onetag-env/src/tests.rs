//! One test per refusal, and the round trip as a property.

mod form;
mod good;
mod round_trip;
mod values;

use crate::Environment;

/// The example of the design document, made complete.
const GOOD: &str = "\
ONETAG_RUN_ID=0193a5c2e4b07c1e9f3a2b4c5d6e7f80
ONETAG_TAG=mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.12
ONETAG_CONSUMER=mail
ONETAG_BACKEND=process
ONETAG_RUN_DIR=/tmp/onetag/runs/0193a5c2e4b07c1e9f3a2b4c5d6e7f80
ONETAG_SERVICES=mail,signal-hub
ONETAG_MAIL_IMAGE=localhost/mail:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80.12
ONETAG_MAIL_DIGEST=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
ONETAG_MAIL_URL=http://127.0.0.1:41233
ONETAG_MAIL_INTERNAL_URL=http://mail:8080
ONETAG_SIGNAL_HUB_IMAGE=reg.example:5000/team/signal-hub:mail-0193a5c2e4b07c1e9f3a2b4c5d6e7f80
ONETAG_SIGNAL_HUB_DIGEST=sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
ONETAG_SIGNAL_HUB_URL=http://127.0.0.1:41234
ONETAG_SIGNAL_HUB_INTERNAL_URL=http://signal-hub:8080
ONETAG_SIGNAL_HUB_GRPC_URL=http://127.0.0.1:41235
ONETAG_SIGNAL_HUB_GRPC_INTERNAL_URL=http://signal-hub:9090
ONETAG_EXTERNALS=mail-cache,worker
ONETAG_MAIL_CACHE_IMAGE=docker.io/library/redis@sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
ONETAG_MAIL_CACHE_DIGEST=sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
ONETAG_MAIL_CACHE_URL=redis://127.0.0.1:41236
ONETAG_MAIL_CACHE_INTERNAL_URL=redis://mail-cache:6379
ONETAG_CAPABILITIES=copy-out,kill,stop
";

/// The error for [`GOOD`] after `from` was replaced, once, by `to`.
fn refused(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "nothing to replace: {from:?}");
    let text = GOOD.replacen(from, to, 1);
    Environment::parse(&text).unwrap_err().to_string()
}
