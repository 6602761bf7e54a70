//! Calling an engine by hand; nothing that is made in it outlives the bench.

use std::time::Duration;

use anyhow::ensure;
use xshell::{Cmd, Shell, cmd};

use crate::processes::Group;
use crate::{Engine, Host};

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// How long it may take to remove all that is left.
const REMOVAL: Duration = Duration::from_secs(5 * 60);

/// The label of all that can carry one.
pub(crate) const LABEL: &str = "onetag.bench";

/// Waits until the bench has ended, and then for the calls of the engine in the group
/// `$1`: to end those would leave half of something. `REMOVE` follows.
const WAIT: &str = r#"
read -r _
left=1200
while [ $left -gt 0 ] && kill -s 0 -- "-$1"; do
    sleep 0.1
    left=$((left - 1))
done
shift
"#;

/// Removes from the engine `$engine` whatever has the id `$id`, and fails if that, or
/// something before it, is not possible. podman cannot list images while another one is
/// being removed.
const REMOVE: &str = r#"
containers=$("$engine" ps --all --quiet --filter "label=onetag.bench=$id") || failed=1
[ -z "$containers" ] || "$engine" rm --force --volumes $containers || failed=1
networks=$("$engine" network ls --quiet --filter "label=onetag.bench=$id") || failed=1
[ -z "$networks" ] || "$engine" network rm $networks || failed=1
left=50
until names=$("$engine" images --format '{{.Repository}}:{{.Tag}}'); do
    [ $left -gt 0 ] || exit 1
    sleep 0.1
    left=$((left - 1))
done
images=$(printf '%s\n' "$names" | grep -e "-$id\$")
[ -z "$images" ] || "$engine" rmi $images || failed=1
exit $failed
"#;

/// An engine that is called by hand.
pub(crate) struct EngineCalls<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) host: &'a dyn Host,
    group: Group,
    /// Removes all that is there.
    remove: String,
}

impl<'a> EngineCalls<'a> {
    /// Starts the guard, which removes what is left in the engine, whatever ends the
    /// bench.
    ///
    /// `others` is a script that removes what is elsewhere, and sets `failed` if it cannot;
    /// the id of the bench is its variable `id`.
    pub(crate) fn start(
        engine: &'a Engine,
        others: &str,
        host: &'a dyn Host,
    ) -> anyhow::Result<Self> {
        let remove = format!("engine=$1 id=$2 failed=0\n{others}\n{REMOVE}");
        let arguments = [engine.program.as_str(), &engine.id];
        let group = Group::start(&format!("{WAIT}{remove}"), &arguments, host)?;
        Ok(EngineCalls { engine, host, group, remove })
    }

    /// Calls it, side by side; gives what the calls wrote to stdout.
    ///
    /// Calls are never interrupted, and so leave nothing that has no name.
    pub(crate) fn run(&self, calls: Vec<Cmd<'_>>) -> anyhow::Result<Vec<Vec<u8>>> {
        let written = self.group.run(calls, self.host, LIMIT, || Ok(()));
        self.host.check()?;
        written
    }

    /// Removes whatever is there, when a lap has failed.
    pub(crate) fn clear(&self, shell: &Shell) -> anyhow::Result<()> {
        let Engine { program, id, .. } = self.engine;
        let script = &self.remove;
        let remove = cmd!(shell, "/bin/sh -c {script} remove {program} {id}").quiet();
        self.group.run(vec![remove], self.host, REMOVAL, || Ok(())).map(drop)
    }

    /// Removes whatever is there, at the end of the bench.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        let Engine { program, id, .. } = self.engine;
        let what = format!("removing from `{program}` what the bench has made");
        let status = self.group.end(&what, REMOVAL)?;
        ensure!(status.success(), "something is left of the bench with the id {id}");
        Ok(())
    }
}
