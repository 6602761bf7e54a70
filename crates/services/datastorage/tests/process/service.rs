//! DataStorage as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpSocket;

/// How long a start may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// An address that stays ours over a restart: a socket that is bound and never
/// listens, beside which the service binds.
pub(crate) struct Lease {
    address: SocketAddr,
    _socket: TcpSocket,
}

/// A running service, killed when dropped.
pub(crate) struct Service(Child);

impl Lease {
    pub(crate) fn take() -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        Ok(Self { address: socket.local_addr()?, _socket: socket })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Service {
    /// Starts the service and waits until it says that it is ready.
    pub(crate) fn start(lease: &Lease, folder: &tempfile::TempDir) -> anyhow::Result<Self> {
        let database = database_url(folder);
        let mut child = Command::new(env!("CARGO_BIN_EXE_datastorage"))
            .args(["--listen", &lease.address.to_string(), "--database-url", &database])
            .args(["--log", "info"])
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start datastorage")?;
        let stderr = child.stderr.take().context("stderr is piped")?;
        let service = Self(child);
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // Nobody listens any more once the service is ready.
                let _ = send.send(line);
            }
        });
        let deadline = Instant::now() + DEADLINE;
        let mut log = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match lines.recv_timeout(left) {
                Ok(line) if line.contains(r#""message":"ready""#) => return Ok(service),
                Ok(line) => log.push(line),
                Err(RecvTimeoutError::Timeout) => bail!("not ready within {DEADLINE:?}: {log:#?}"),
                Err(RecvTimeoutError::Disconnected) => bail!("ended before it was ready: {log:#?}"),
            }
        }
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.0), Signal::TERM).context("cannot stop datastorage")
    }

    /// Waits for its end, and returns whether it was a clean one.
    pub(crate) fn wait(&mut self) -> anyhow::Result<bool> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.0.try_wait().context("cannot wait for datastorage")? {
                return Ok(status.success());
            }
            ensure!(Instant::now() < deadline, "it did not end within {DEADLINE:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills it: no handler runs and nothing is flushed.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.0.kill().context("cannot kill datastorage")?;
        self.0.wait().context("cannot wait for datastorage")?;
        Ok(())
    }
}

/// The URL of the service's database.
pub(crate) fn database_url(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}", folder.path().join("trail.db").display())
}

impl Drop for Service {
    fn drop(&mut self) {
        // Fails if it is dead already, which is what we want.
        let _ = self.kill();
    }
}
