//! A function for everything that can be asked.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use onetag_env::{Environment, keys};

use crate::connection::Connection;
use crate::protocol::{Reply, Request};
use crate::{Capability, Error, OutageGuard, Target};

/// How long the keeper may take for what it can do at once.
const AT_ONCE: Duration = Duration::from_secs(10);

/// How long it may take to stop a service: 25 s until it insists, and a little
/// more for the end itself.
const STOPPING: Duration = Duration::from_secs(40);

/// How long it may take to start a service: it gives up waiting after 60 s.
const STARTING: Duration = Duration::from_secs(70);

/// The connection of a test to its run.
///
/// It can be shared by the threads of a test; their requests are answered one
/// after the other.
#[derive(Debug)]
pub struct Control {
    connection: Mutex<Connection>,
    capabilities: BTreeSet<String>,
}

impl Control {
    /// Connects to the run.
    ///
    /// # Errors
    /// When its keeper does not answer.
    pub fn connect(environment: &Environment) -> Result<Control, Error> {
        let run = &environment.run_dir;
        let connection = Connection::open(Path::new(run)).map_err(|error| {
            Error::new(format!("the keeper of the run in {run} does not answer: {error}"))
                .with_hints(vec!["`cargo xtask status` shows the runs that there are".to_owned()])
        })?;
        let capabilities = environment.capabilities.clone();
        Ok(Control { connection: Mutex::new(connection), capabilities })
    }

    /// Connects to the run if it has all these capabilities. Otherwise there is
    /// nothing to be tested: the keeper is told which one is missing, for the harness
    /// to count the test as skipped, and the test returns.
    ///
    /// # Errors
    /// When the keeper does not answer.
    pub fn unless_skipped(
        environment: &Environment,
        needed: &[Capability],
    ) -> Result<Option<Control>, Error> {
        let control = Self::connect(environment)?;
        let missing = needed.iter().find(|capability| !environment.has(capability.as_str()));
        match missing {
            Some(missing) => control.skip(*missing).map(|()| None),
            None => Ok(Some(control)),
        }
    }

    fn skip(&self, missing: Capability) -> Result<(), Error> {
        let request = Request::Skip {
            command: std::env::var(keys::TEST_COMMAND).ok(),
            test: test_id(),
            capability: missing.to_string(),
        };
        self.ask_done(&request, AT_ONCE)
    }

    /// Stops a service in good order, or the database, and returns once
    /// that is so. [`Control::stopped`] brings it back by itself.
    ///
    /// # Errors
    /// When it is stopped already, or does not stop in time.
    pub fn stop(&self, target: &Target) -> Result<(), Error> {
        let request = Request::Stop { target: target.clone() };
        self.done(target.capability(), &request, STOPPING, format_args!("cannot stop {target}"))
    }

    /// Starts what was stopped or killed, and returns once it is ready. A service
    /// has the address that it had before.
    ///
    /// # Errors
    /// When it runs already, or is not ready within a minute; then with its last
    /// words.
    pub fn start(&self, target: &Target) -> Result<(), Error> {
        self.start_and(target, true)
    }

    /// Starts what was stopped or killed, and returns once its process runs: for
    /// a service that cannot be ready yet.
    ///
    /// # Errors
    /// When it runs already or cannot be started.
    pub fn start_without_waiting(&self, target: &Target) -> Result<(), Error> {
        self.start_and(target, false)
    }

    /// Ends a service without asking it, as `kill -9` does.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&self, target: &Target) -> Result<(), Error> {
        let request = Request::Kill { target: target.clone() };
        self.done(Capability::Kill, &request, AT_ONCE, format_args!("cannot kill {target}"))
    }

    /// Stops a service in good order, starts it again, and returns once it is
    /// ready.
    ///
    /// # Errors
    /// When it does not run, does not stop in time, or is not ready in time.
    pub fn restart(&self, target: &Target) -> Result<(), Error> {
        let request = Request::Restart { target: target.clone() };
        let within = STOPPING + STARTING;
        self.done(Capability::Stop, &request, within, format_args!("cannot restart {target}"))
    }

    /// Halts a service in the middle of what it does. It keeps its connections
    /// and answers nobody.
    ///
    /// # Errors
    /// When it does not run or is halted already.
    pub fn pause(&self, target: &Target) -> Result<(), Error> {
        let request = Request::Pause { target: target.clone() };
        self.done(Capability::Pause, &request, AT_ONCE, format_args!("cannot pause {target}"))
    }

    /// Lets a service go on that was halted.
    ///
    /// # Errors
    /// When it is not halted.
    pub fn resume(&self, target: &Target) -> Result<(), Error> {
        let request = Request::Resume { target: target.clone() };
        self.done(Capability::Pause, &request, AT_ONCE, format_args!("cannot resume {target}"))
    }

    /// What a service has written to its standard output and error so far, over
    /// all its starts: the last 4 MiB of it.
    ///
    /// # Errors
    /// When the run has no such service.
    pub fn logs(&self, service: &str) -> Result<String, Error> {
        let reply = self.ask(&Request::Logs { service: service.to_owned() }, AT_ONCE);
        let text = reply.and_then(|reply| match reply {
            Reply::Logs { text } => Ok(text),
            other => Err(unexpected(&other)),
        });
        text.map_err(|error| {
            error.context(format_args!("cannot read the log of service `{service}`"))
        })
    }

    /// Copies a file out of the volume of a service. `path` is what the service
    /// itself calls it, or relative to the volume.
    ///
    /// # Errors
    /// When there is no such file in the volume, `to` cannot be written, or one of the
    /// two is not UTF-8.
    pub fn copy_out(&self, service: &str, path: &Path, to: &Path) -> Result<(), Error> {
        let doing = format!("cannot copy {} of service `{service}`", path.display());
        let text = |path: &Path| match path.to_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(Error::new(format!("{path:?} is not UTF-8")).context(&doing)),
        };
        // The keeper works in another folder.
        let to = std::path::absolute(to)
            .map_err(|error| Error::new(format!("{}: {error}", to.display())).context(&doing))?;
        let (path, to) = (text(path)?, text(&to)?);
        let request = Request::CopyOut { service: service.to_owned(), path, to };
        self.done(Capability::CopyOut, &request, AT_ONCE, doing)
    }

    /// [Stops](Control::stop) something for as long as the guard lives.
    ///
    /// # Errors
    /// As for [`Control::stop`].
    pub fn stopped(&self, target: &Target) -> Result<OutageGuard<'_>, Error> {
        self.stop(target)?;
        Ok(OutageGuard::new(self, target, Control::start))
    }

    /// [Kills](Control::kill) a service, which is started again at the latest
    /// when the guard is dropped.
    ///
    /// # Errors
    /// As for [`Control::kill`].
    pub fn killed(&self, target: &Target) -> Result<OutageGuard<'_>, Error> {
        self.kill(target)?;
        Ok(OutageGuard::new(self, target, Control::start))
    }

    /// [Pauses](Control::pause) a service for as long as the guard lives.
    ///
    /// # Errors
    /// As for [`Control::pause`].
    pub fn paused(&self, target: &Target) -> Result<OutageGuard<'_>, Error> {
        self.pause(target)?;
        Ok(OutageGuard::new(self, target, Control::resume))
    }

    fn start_and(&self, target: &Target, wait: bool) -> Result<(), Error> {
        let request = Request::Start { target: target.clone(), wait };
        self.done(target.capability(), &request, STARTING, format_args!("cannot start {target}"))
    }

    fn done(
        &self,
        needed: Capability,
        request: &Request,
        within: Duration,
        doing: impl std::fmt::Display,
    ) -> Result<(), Error> {
        if !self.capabilities.contains(needed.as_str()) {
            let able = Vec::from_iter(self.capabilities.iter().map(String::as_str)).join(", ");
            let lacks = format!("the run lacks the capability `{needed}`, it has only: {able}");
            let hint = "ask for it with `Control::unless_skipped`".to_owned();
            return Err(Error::new(lacks).with_hints(vec![hint]).context(doing));
        }
        self.ask_done(request, within).map_err(|error| error.context(doing))
    }

    fn ask_done(&self, request: &Request, within: Duration) -> Result<(), Error> {
        match self.ask(request, within)? {
            Reply::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    fn ask(&self, request: &Request, within: Duration) -> Result<Reply, Error> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        match connection.ask(request, within) {
            Ok(Reply::Refused { reason, hints }) => Err(Error::new(reason).with_hints(hints)),
            Ok(reply) => Ok(reply),
            Err(error) => Err(Error::new(error.to_string())),
        }
    }
}

/// The test that this is, as nextest shows it: it tells each test process which
/// one it runs (nextest documentation, environment variables). Elsewhere tests are
/// threads, named after them.
fn test_id() -> String {
    match (std::env::var("NEXTEST_BINARY_ID"), std::env::var("NEXTEST_TEST_NAME")) {
        (Ok(binary), Ok(name)) => format!("{binary} {name}"),
        _ => std::thread::current().name().unwrap_or("unknown").to_owned(),
    }
}

fn unexpected(reply: &Reply) -> Error {
    Error::new(format!("unexpected reply from the keeper: {reply:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_knows_its_name() {
        let name = "client::tests::a_test_knows_its_name";
        let expected = match std::env::var_os("NEXTEST") {
            Some(_) => format!("onetag-control {name}"),
            None => name.to_owned(),
        };
        assert_eq!(test_id(), expected);
    }
}
