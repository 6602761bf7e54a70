//! What differs between podman and docker.

/// An engine, and its own ways.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// The name of its program, and of the backend.
    pub(super) program: &'static str,
    /// What `run` needs beyond what both understand.
    pub(super) run: &'static [&'static str],
    /// How `run` makes the root of a container read-only.
    pub(super) read_only: &'static [&'static str],
    /// What `run` needs where the engine is rootless, so that what a service writes to
    /// its volume is the caller's.
    pub(super) rootless: &'static [&'static str],
    /// How `rm` kills without asking first.
    pub(super) remove: &'static [&'static str],
    /// Whether the id of an image is always the digest of its configuration.
    pub(super) ids_are_of_configs: bool,
    /// Whether `pull` reads an archive where it lies, if the engine is on this machine:
    /// `load` unpacks it first, which takes half as long again.
    pub(super) pulls_archives: bool,
    /// Whether a load goes on whose caller has ended.
    pub(super) loads_go_on: bool,
    /// Whether containers find each other by `/etc/hosts`, see [`super::network`].
    pub(super) names_in_hosts: bool,
    /// Whether a build that is ended leaves containers.
    pub(super) leaves_builds: bool,
    /// The variables that say which engine of this kind is meant.
    pub(super) variables: &'static [&'static str],
    /// The oldest version that it is tried with.
    pub(super) oldest: &'static str,
    /// How to get it.
    pub(super) install: &'static str,
    /// How to get it to answer.
    pub(super) start: &'static str,
}

/// podman: no daemon, rootless or not.
pub(super) static PODMAN: Dialect = Dialect {
    program: "podman",
    run: &["--log-driver", "k8s-file"],
    // It would give a read-only container three more folders to write to.
    read_only: &["--read-only", "--read-only-tmpfs=false"],
    rootless: &["--userns", "keep-id"],
    remove: &["--time", "0"],
    ids_are_of_configs: true,
    pulls_archives: true,
    loads_go_on: false,
    names_in_hosts: true,
    leaves_builds: true,
    variables: &[
        "CONTAINERS_CONF",
        "CONTAINERS_REGISTRIES_CONF",
        "CONTAINERS_STORAGE_CONF",
        "CONTAINER_CONNECTION",
        "CONTAINER_HOST",
        "CONTAINER_SSHKEY",
        "HOME",
        "STORAGE_DRIVER",
        "STORAGE_OPTS",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR",
    ],
    oldest: "4.3",
    install: "apt-get install podman, or your system's package",
    start: "see what `podman info` says",
};

/// docker: a daemon that outlives everything.
pub(super) static DOCKER: Dialect = Dialect {
    program: "docker",
    run: &["--log-driver", "json-file"],
    read_only: &["--read-only"],
    rootless: &[],
    remove: &[],
    // Its containerd store reports that of the manifest.
    ids_are_of_configs: false,
    pulls_archives: false,
    loads_go_on: true,
    // It may give no address of a network whose addresses it chose itself.
    names_in_hosts: false,
    leaves_builds: false,
    variables: &[
        "DOCKER_API_VERSION",
        "DOCKER_CERT_PATH",
        "DOCKER_CONFIG",
        "DOCKER_CONTEXT",
        "DOCKER_HOST",
        "DOCKER_TLS",
        "DOCKER_TLS_VERIFY",
        "HOME",
    ],
    oldest: "20.10",
    install: "apt-get install docker.io, or your system's package",
    start: "start its daemon, for example by `systemctl start docker`",
};
