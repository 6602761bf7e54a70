//! The services of a suite, started by hand.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::ops::ControlFlow::{Break, Continue};
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use socket2::{Domain, Socket, Type};

use crate::processes::{Processes, end};
use crate::wait::until;
use crate::{Host, Ports, Ready, Service};

/// How long a service may take to become ready.
const READY: Duration = Duration::from_secs(60);

/// How long one probe may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Programs that run; killed when this is dropped.
pub(crate) struct Services<'a> {
    running: Vec<Running<'a>>,
    pub(crate) ports: Ports,
    /// They keep the system from giving the ports to others.
    _sockets: Vec<Socket>,
}

struct Running<'a> {
    service: &'a Service,
    log: Utf8PathBuf,
    child: Child,
}

impl<'a> Services<'a> {
    /// Starts services, each with its executable, in this order.
    ///
    /// Their logs lie in `folder`.
    pub(crate) fn start(
        processes: &Processes<'_>,
        services: &[(&'a Service, Utf8PathBuf)],
        folder: &Utf8Path,
    ) -> anyhow::Result<Services<'a>> {
        let (mut ports, mut sockets) = (Ports::new(), Vec::new());
        for name in services.iter().flat_map(|(service, _)| &service.ports) {
            let (socket, port) = free_port().context("cannot get a port of 127.0.0.1")?;
            ports.insert(name.clone(), port);
            sockets.push(socket);
        }
        let mut started = Services { running: Vec::new(), ports, _sockets: sockets };
        for (service, executable) in services {
            let log = folder.join(format!("{}.log", service.name));
            let output = File::create(&log).with_context(|| format!("cannot create {log}"))?;
            let settings = processes.host.settings(&service.name, &started.ports)?;
            let mut command = Command::new(executable);
            command.args(settings.args).env_clear().envs(settings.variables);
            command.current_dir(&service.folder).stdout(output.try_clone()?).stderr(output);
            let child = processes.spawn(&mut command)?;
            started.running.push(Running { service, log, child });
        }
        Ok(started)
    }

    /// Waits until all of them are ready.
    pub(crate) fn wait_until_ready(&mut self, host: &dyn Host) -> anyhow::Result<()> {
        for Running { service, log, child } in &mut self.running {
            let name = &service.name;
            let what = format!("waiting until service `{name}` is ready, started by hand");
            until(
                &what,
                READY,
                || host.check(),
                || {
                    let probed = probe(&service.ready, &self.ports)?;
                    ensure!(
                        child.try_wait()?.is_none(),
                        "service `{name}` ended before it was ready, started by hand; its log is {log}"
                    );
                    Ok(probed.map_or_else(Continue, Break))
                },
            )?;
        }
        Ok(())
    }

    /// Asks one after the other to end, and waits for that: those first that talk
    /// to others, which may have something to hand over.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        while let Some(mut running) = self.running.pop() {
            end(&mut running.child, &running.service.name)?;
        }
        Ok(())
    }
}

impl Drop for Services<'_> {
    fn drop(&mut self) {
        for running in &mut self.running {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }
}

/// Whether a service is ready; else what was seen.
fn probe(ready: &Ready, ports: &Ports) -> anyhow::Result<Result<(), String>> {
    let address = |name: &String| {
        let port = ports.get(name).with_context(|| format!("`{name}` is no port"))?;
        anyhow::Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, *port)))
    };
    Ok(match ready {
        Ready::Http { port, path } => {
            let url = format!("http://{}{path}", address(port)?);
            let request = minreq::get(&url).with_timeout(PROBE_TIMEOUT.as_secs());
            match request.with_follow_redirects(false).send_lazy() {
                Ok(answer) if (200..=299).contains(&answer.status_code) => Ok(()),
                Ok(answer) => Err(format!("{url} answers {}", answer.status_code)),
                Err(error) => Err(format!("{url} does not answer: {error}")),
            }
        }
        Ready::Tcp(port) => {
            let address = address(port)?;
            let connected = TcpStream::connect_timeout(&address, PROBE_TIMEOUT);
            connected.map(drop).map_err(|error| format!("{address} does not accept: {error}"))
        }
        Ready::Started => Ok(()),
    })
}

/// A port of 127.0.0.1 that is bound, but not listened on: a service that sets
/// SO_REUSEADDR can bind it as well.
fn free_port() -> anyhow::Result<(Socket, u16)> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    let address = socket.local_addr()?.as_socket().context("no address of the internet")?;
    Ok((socket, address.port()))
}

/// Empties the folder in which services are run by hand.
pub(crate) fn clear(folder: &Utf8Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {folder}"))
        }
        _ => fs::create_dir_all(folder).with_context(|| format!("cannot make {folder}")),
    }
}
