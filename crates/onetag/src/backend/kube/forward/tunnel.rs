//! A port of a pod through `kubectl port-forward`.
//!
//! One of them answers nothing for half a minute after some two thousand connections
//! within seconds, and hangs for good when its pod is gone. So each gets a few hundred and
//! is replaced then, and ends with its pod.

use std::io::{self, BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ChildStdout;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;

use super::super::kubectl::Kubectl;
use super::super::stream::KubectlStream;
use crate::backend::lock;

/// How many connections go through one of them.
const CONNECTIONS: usize = 300;

/// How long kubectl may take until it listens.
const START: Duration = Duration::from_secs(10);

/// The tunnels to one port of a pod, one after the other.
#[derive(Debug)]
pub(super) struct Tunnels {
    kubectl: Kubectl,
    pod: String,
    port: u16,
    present: Mutex<Option<Arc<Tunnel>>>,
}

/// One tunnel. It stays until nothing goes through it any more.
#[derive(Debug)]
pub(super) struct Tunnel {
    /// Where it listens on this machine.
    local: u16,
    opened: AtomicUsize,
    has_ended: Arc<AtomicBool>,
    _process: KubectlStream,
}

impl Tunnels {
    pub(super) fn new(kubectl: &Kubectl, pod: &str, port: u16) -> Tunnels {
        Tunnels { kubectl: kubectl.clone(), pod: pod.to_owned(), port, present: Mutex::default() }
    }

    /// The one through which the next connection goes.
    pub(super) fn next(&self) -> anyhow::Result<Arc<Tunnel>> {
        let mut present = lock(&self.present);
        let fresh = present.as_ref().filter(|tunnel| {
            !tunnel.has_ended.load(Ordering::Relaxed)
                && tunnel.opened.fetch_add(1, Ordering::Relaxed) < CONNECTIONS
        });
        if let Some(tunnel) = fresh {
            return Ok(Arc::clone(tunnel));
        }
        let tunnel = Arc::new(self.start()?);
        *present = Some(Arc::clone(&tunnel));
        Ok(tunnel)
    }

    fn start(&self) -> anyhow::Result<Tunnel> {
        let (pod, ports) = (format!("pod/{}", self.pod), format!(":{}", self.port));
        let arguments = ["port-forward", "--address", "127.0.0.1", &pod, &ports];
        let (sender, listens) = mpsc::channel();
        let has_ended = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&has_ended);
        let read = move |stdout| {
            read(stdout, &sender);
            ended.store(true, Ordering::Relaxed);
        };
        let process = self.kubectl.stream(arguments, read)?;
        let local = listens.recv_timeout(START);
        let local =
            local.with_context(|| format!("`kubectl port-forward {pod}` does not listen"))?;
        Ok(Tunnel { local, opened: AtomicUsize::new(1), has_ended, _process: process })
    }
}

impl Tunnel {
    pub(super) fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.local))
    }
}

/// Reads what kubectl prints to its end, and tells where it listens.
fn read(stdout: ChildStdout, listens: &Sender<u16>) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        if let Some(port) = listening(&line) {
            let _ = listens.send(port);
        }
    }
}

/// The port in `Forwarding from 127.0.0.1:43211 -> 8080`.
fn listening(line: &str) -> Option<u16> {
    let (address, _) = line.strip_prefix("Forwarding from ")?.split_once(" -> ")?;
    address.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
#[path = "tunnel_tests.rs"]
mod tests;
