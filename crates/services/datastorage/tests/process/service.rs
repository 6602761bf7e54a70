//! Running DataStorage as a process.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use kit::Peer;
use tokio::net::TcpSocket;

/// How long a start or a stop may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// A port reserved over a restart: a bound socket that never listens. The
/// service binds the same port.
pub(crate) struct Lease {
    address: SocketAddr,
    _socket: TcpSocket,
}

/// A running service, killed when dropped.
pub(crate) struct TestService {
    child: Child,
    log: Receiver<String>,
}

impl Lease {
    pub(crate) fn take() -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        Ok(Self { address: socket.local_addr()?, _socket: socket })
    }

    /// A new client of the service, without connections to an old process.
    pub(crate) fn client(&self) -> Peer {
        Peer::new("datastorage", &format!("http://{}", self.address)).expect("an address")
    }
}

impl TestService {
    /// Starts the service and waits until it says that it is ready.
    pub(crate) fn start(lease: &Lease, folder: &tempfile::TempDir) -> anyhow::Result<Self> {
        let service = Self::launch(lease, folder, &[])?;
        service.until_logged("ready")?;
        Ok(service)
    }

    /// Starts the service with more arguments, and does not wait until it is
    /// ready.
    pub(crate) fn launch(
        lease: &Lease,
        folder: &tempfile::TempDir,
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let database = format!("sqlite://{}", folder.path().join("trail.db").display());
        let spool = folder.path().join("spool").display().to_string();
        let mut child = Command::new(env!("CARGO_BIN_EXE_datastorage"))
            .args(["--listen", &lease.address.to_string(), "--database-url", &database])
            .args(["--log", "info", "--spool-dir", &spool])
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start datastorage")?;
        let stderr = child.stderr.take().context("stderr is piped")?;
        let (send, log) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // The receiver is gone once the service is dropped.
                let _ = send.send(line);
            }
        });
        Ok(Self { child, log })
    }

    /// Waits until the service logs a message; fails if it ends before.
    pub(crate) fn until_logged(&self, message: &str) -> anyhow::Result<()> {
        let message = format!(r#""message":"{message}""#);
        let deadline = Instant::now() + DEADLINE;
        let mut log = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) if line.contains(&message) => return Ok(()),
                Ok(line) => log.push(line),
                Err(RecvTimeoutError::Timeout) => {
                    bail!("no {message} within {DEADLINE:?}: {log:#?}")
                }
                Err(RecvTimeoutError::Disconnected) => bail!("ended before {message}: {log:#?}"),
            }
        }
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) -> anyhow::Result<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)
            .context("cannot signal datastorage")
    }

    /// Waits until the process has ended; returns its exit code and the unread
    /// part of its log.
    pub(crate) fn ended(mut self) -> anyhow::Result<(Option<i32>, String)> {
        let deadline = Instant::now() + DEADLINE;
        let mut log = String::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) => log += &format!("{line}\n"),
                Err(RecvTimeoutError::Timeout) => bail!("still there after {DEADLINE:?}: {log}"),
                // It has closed its log, so it is about to end.
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = self.child.wait().context("cannot wait for datastorage")?;
        Ok((status.code(), log))
    }

    /// Sends SIGKILL.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().context("cannot kill datastorage")?;
        self.child.wait().context("cannot wait for datastorage")?;
        Ok(())
    }
}

impl Drop for TestService {
    fn drop(&mut self) {
        // Fails if the process has ended already, which is fine.
        let _ = self.kill();
    }
}
