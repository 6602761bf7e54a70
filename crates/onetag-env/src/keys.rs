//! The names of all variables that onetag sets.

/// Path of the environment file, set by `e2e` and `test` for the hook.
///
/// It names the file and is therefore not in it.
pub const ENV_FILE: &str = "ONETAG_ENV_FILE";

/// The run's id: a version 7 UUID as 32 lower-case hexadecimal digits.
pub const RUN_ID: &str = "ONETAG_RUN_ID";

/// The run's tag: `<consumer>-<run id>`, from the second generation of a kept
/// run on `<consumer>-<run id>.<generation>`.
pub const TAG: &str = "ONETAG_TAG";

/// The suite that the run is for.
pub const CONSUMER: &str = "ONETAG_CONSUMER";

/// Where the images run, for example `process`.
pub const BACKEND: &str = "ONETAG_BACKEND";

/// Absolute path of the run folder: logs, `witness.json`, control socket.
pub const RUN_DIR: &str = "ONETAG_RUN_DIR";

/// What services of the run keep their state in, sorted, separated by commas: `postgres`,
/// `sqlite`. Absent if none has a database.
pub const DATABASE: &str = "ONETAG_DATABASE";

/// The services of the run, sorted, separated by commas.
pub const SERVICES: &str = "ONETAG_SERVICES";

/// The external services of the run, sorted, separated by commas; may be empty.
pub const EXTERNALS: &str = "ONETAG_EXTERNALS";

/// What the run can do to its services, separated by commas; may be empty.
pub const CAPABILITIES: &str = "ONETAG_CAPABILITIES";

/// Set for a service, never in the environment file: its own reference.
pub const IMAGE: &str = "ONETAG_IMAGE";

/// Set for an owned process by the keeper alone, never in the environment
/// file: the id of the run that owns it.
///
/// What carries it is taken for a leftover of that run, which is why a test
/// process must never have it.
pub const OWNER: &str = "ONETAG_OWNER";

/// Set by the harness for cargo and nextest and all that they start, never in the
/// environment file: the ids of the runs that they work for, separated by commas.
///
/// What carries it and outlives them is found by it. A test has it, since
/// nextest has.
pub const TOOL_OF: &str = "ONETAG_TOOL_OF";

/// Set by `e2e` and `test` for nextest and its tests, never in the environment
/// file: the id of the command whose tests they are.
///
/// Several commands may test the same kept run; a test that skips is counted by its
/// own. Plain nextest has none.
pub const TEST_COMMAND: &str = "ONETAG_TEST_COMMAND";

/// The suffix of the key of a service's image reference.
pub const IMAGE_SUFFIX: &str = "IMAGE";

/// The suffix of the key of a service's manifest digest.
pub const DIGEST_SUFFIX: &str = "DIGEST";

/// The suffix of the key of the address at which tests reach a service.
pub const URL_SUFFIX: &str = "URL";

/// The suffix of the key of the address at which services reach a service.
pub const INTERNAL_URL_SUFFIX: &str = "INTERNAL_URL";

/// The key of one fact about one service: `ONETAG_<SERVICE>_<SUFFIX>`.
///
/// A service is a DNS label, so upper case with `-` as `_` never maps two
/// services to one prefix.
///
/// ```
/// use onetag_env::keys;
/// assert_eq!(keys::service_key("signal-hub", keys::URL_SUFFIX), "ONETAG_SIGNAL_HUB_URL");
/// ```
pub fn service_key(service: &str, suffix: &str) -> String {
    format!("ONETAG_{}_{suffix}", upper(service))
}

/// The key of one fact about a further port of a service:
/// `ONETAG_<SERVICE>_<PORT>_<SUFFIX>`.
///
/// ```
/// use onetag_env::keys;
/// assert_eq!(keys::port_key("orders", "grpc", keys::URL_SUFFIX), "ONETAG_ORDERS_GRPC_URL");
/// ```
pub fn port_key(service: &str, port: &str, suffix: &str) -> String {
    format!("ONETAG_{}_{}_{suffix}", upper(service), upper(port))
}

fn upper(label: &str) -> String {
    label.to_ascii_uppercase().replace('-', "_")
}
