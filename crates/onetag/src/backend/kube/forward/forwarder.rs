//! One port of 127.0.0.1, and the pods that it leads to.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use super::super::kubectl::Kubectl;
use super::super::pod::Pod;
use super::target::Target;
use crate::backend::lock;
use crate::report::Ui;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// How long to wait when no connection can be accepted, for want of descriptors.
const PAUSE: Duration = Duration::from_millis(20);

/// A way to one port of a service.
#[derive(Debug)]
pub(super) struct Forwarder {
    kubectl: Kubectl,
    service: String,
    inside: u16,
    outside: u16,
    state: Mutex<ForwarderState>,
}

#[derive(Debug, Default)]
struct ForwarderState {
    /// By the ids of their pods.
    targets: BTreeMap<String, Arc<Target>>,
    /// The number of the next connection.
    next: usize,
    /// None as long as there is nobody to ask: then connections are refused.
    listener: Option<Arc<TcpListener>>,
}

impl Forwarder {
    pub(super) fn new(kubectl: &Kubectl, service: &str, inside: u16, outside: u16) -> Forwarder {
        let (kubectl, service) = (kubectl.clone(), service.to_owned());
        Forwarder { kubectl, service, inside, outside, state: Mutex::default() }
    }

    /// Leads to those of these pods that run: one that says that it is not ready has an
    /// answer all the same.
    pub(super) fn update(self: &Arc<Forwarder>, pods: &[Pod]) {
        let pods = || pods.iter().filter(|pod| pod.service() == self.service);
        let mut state = lock(&self.state);
        state.targets.retain(|id, target| {
            let is_there = pods().any(|pod| pod.metadata.uid == *id);
            if !is_there {
                // Nobody may tell the other end any more.
                target.close();
            }
            is_there
        });
        for pod in pods() {
            match state.targets.get(&pod.metadata.uid) {
                Some(target) => target.set_usable(pod.runs()),
                None if pod.runs() => {
                    let target = Arc::new(Target::new(&self.kubectl, pod, self.inside));
                    state.targets.insert(pod.metadata.uid.clone(), target);
                }
                None => {}
            }
        }
        match (state.usable().is_empty(), state.listener.take()) {
            (true, Some(listener)) => {
                // From here on connections are refused, and the thread that accepts ends.
                let _ = SockRef::from(&*listener).shutdown(Shutdown::Both);
            }
            (false, None) => match self.listen() {
                Ok(listener) => state.listener = Some(listener),
                Err(error) => {
                    let (service, port) = (&self.service, self.outside);
                    Ui::stderr().line(format!("no way to `{service}` at port {port}: {error}"));
                }
            },
            (_, listener) => state.listener = listener,
        }
    }

    /// Listens beside the lease of the port, which never does.
    fn listen(self: &Arc<Forwarder>) -> io::Result<Arc<TcpListener>> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, self.outside)).into())?;
        socket.listen(BACKLOG)?;
        let listener = Arc::new(TcpListener::from(socket));
        let (forwarder, accepting) = (Arc::clone(self), Arc::clone(&listener));
        thread::Builder::new()
            .name("forwarder".to_owned())
            .spawn(move || forwarder.accept(&accepting))?;
        Ok(listener)
    }

    fn accept(self: Arc<Forwarder>, listener: &Arc<TcpListener>) {
        loop {
            match listener.accept() {
                Ok((client, _)) => {
                    let forwarder = Arc::clone(&self);
                    // Without a thread the connection is closed, as by a server that is full.
                    let _ = thread::Builder::new().spawn(move || forwarder.pass_on(client));
                }
                Err(_) if !self.listens_with(listener) => return,
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    fn listens_with(&self, listener: &Arc<TcpListener>) -> bool {
        lock(&self.state).listener.as_ref().is_some_and(|present| Arc::ptr_eq(present, listener))
    }

    /// Passes a connection on to the first pod, of those that are there in turn, to which
    /// one can be made.
    fn pass_on(&self, client: TcpStream) {
        let targets = {
            let mut state = lock(&self.state);
            let mut targets = state.usable();
            if !targets.is_empty() {
                let first = state.next % targets.len();
                targets.rotate_left(first);
            }
            state.next = state.next.wrapping_add(1);
            targets
        };
        for target in targets {
            match target.connect() {
                Ok(connection) => return target.join(client, connection),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) => Ui::stderr().line(format!("no way to {}: {error}", target.name())),
            }
        }
    }
}

impl ForwarderState {
    fn usable(&self) -> Vec<Arc<Target>> {
        self.targets.values().filter(|target| target.is_usable()).cloned().collect()
    }
}
