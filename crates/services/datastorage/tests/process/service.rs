//! Running DataStorage as a process.

use std::net::SocketAddr;

use kit::Peer;
use testing::Process;
use tokio::net::TcpSocket;

/// A port reserved over a restart: a bound socket that never listens. The
/// service binds the same port.
pub(crate) struct Lease {
    address: SocketAddr,
    _socket: TcpSocket,
}

impl Lease {
    pub(crate) fn take() -> std::io::Result<Self> {
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

/// Starts the service and waits until it says that it is ready.
pub(crate) fn start(lease: &Lease, folder: &tempfile::TempDir) -> Process {
    let service = launch(lease, folder, &[]);
    service.until_logged("ready");
    service
}

/// Starts the service with more variables, and does not wait until it is ready.
pub(crate) fn launch(lease: &Lease, folder: &tempfile::TempDir, more: &[(&str, &str)]) -> Process {
    let database = format!("sqlite://{}", folder.path().join("trail.db").display());
    let spool = folder.path().join("spool").display().to_string();
    let address = lease.address.to_string();
    let variables = [
        ("LISTEN_ADDR", address.as_str()),
        ("DATABASE_URL", &database),
        ("SPOOL_DIR", &spool),
        ("RUST_LOG", "info"),
    ];
    Process::launch(env!("CARGO_BIN_EXE_datastorage"), &[&variables, more].concat())
}
