//! One port of one pod, and the connections to it.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::super::kubectl::Kubectl;
use super::super::pod::Pod;
use super::tunnel::{Tunnel, Tunnels};
use crate::backend::lock;

/// How long it may take until a pod answers at its own address.
const CONNECT: Duration = Duration::from_secs(2);

/// A port of a pod.
#[derive(Debug)]
pub(super) struct Target {
    name: String,
    /// Its own address, if its node is this machine: elsewhere the same address may be
    /// another's.
    direct: Option<SocketAddr>,
    /// Whether it cannot be reached there all the same.
    is_unreachable: AtomicBool,
    tunnels: Tunnels,
    usable: AtomicBool,
    /// Both ends of what is open, by number.
    open: Mutex<BTreeMap<u64, [TcpStream; 2]>>,
    opened: AtomicU64,
}

/// A connection to a pod.
pub(super) struct Connection {
    stream: TcpStream,
    /// What it goes through, which stays until it has ended.
    _tunnel: Option<Arc<Tunnel>>,
}

impl Target {
    pub(super) fn new(kubectl: &Kubectl, pod: &Pod, port: u16) -> Target {
        let address = |ip: &Option<String>| ip.as_ref()?.parse::<IpAddr>().ok();
        let is_here = address(&pod.status.host_ip).is_some_and(is_own);
        let direct = address(&pod.status.pod_ip).filter(|_| is_here);
        let name = pod.metadata.name.clone();
        Target {
            direct: direct.map(|ip| (ip, port).into()),
            is_unreachable: AtomicBool::new(false),
            tunnels: Tunnels::new(kubectl, &name, port),
            name,
            usable: AtomicBool::new(true),
            open: Mutex::default(),
            opened: AtomicU64::new(0),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_usable(&self) -> bool {
        self.usable.load(Ordering::Relaxed)
    }

    pub(super) fn set_usable(&self, usable: bool) {
        self.usable.store(usable, Ordering::Relaxed);
    }

    /// Connects to the pod: at its own address, or through a tunnel.
    pub(super) fn connect(&self) -> io::Result<Connection> {
        let is_unreachable = self.is_unreachable.load(Ordering::Relaxed);
        if let Some(address) = self.direct.filter(|_| !is_unreachable) {
            match TcpStream::connect_timeout(&address, CONNECT) {
                Err(error) if error.kind() != io::ErrorKind::ConnectionRefused => {
                    self.is_unreachable.store(true, Ordering::Relaxed);
                }
                direct => return Ok(Connection { stream: direct?, _tunnel: None }),
            }
        }
        let tunnel = self.tunnels.next().map_err(io::Error::other)?;
        let stream = tunnel.connect()?;
        Ok(Connection { stream, _tunnel: Some(tunnel) })
    }

    /// Has both ends hear each other until one of them ends.
    pub(super) fn join(&self, client: TcpStream, connection: Connection) {
        let server = &connection.stream;
        let (Ok(one), Ok(other)) = (client.try_clone(), server.try_clone()) else { return };
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        lock(&self.open).insert(number, [one, other]);
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        thread::scope(|scope| {
            let back = thread::Builder::new().spawn_scoped(scope, || copy(server, &client));
            match back {
                Ok(_) => copy(&client, server),
                Err(_) => drop(client.shutdown(Shutdown::Both)),
            }
        });
        lock(&self.open).remove(&number);
    }

    /// Ends all connections: the pod is gone.
    pub(super) fn close(&self) {
        self.set_usable(false);
        for end in lock(&self.open).values().flatten() {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

/// Copies until there is no more. An end of one direction is passed on; where something
/// fails, both ends go.
fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = match io::copy(&mut from, &mut to) {
        Ok(_) => to.shutdown(Shutdown::Write),
        Err(_) => from.shutdown(Shutdown::Both).and(to.shutdown(Shutdown::Both)),
    };
}

/// Whether this is an address of this machine.
fn is_own(ip: IpAddr) -> bool {
    TcpListener::bind((ip, 0)).is_ok()
}
