//! Port leases.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;

use socket2::{Domain, Socket, Type};

/// Binds a TCP port of 127.0.0.1 without ever listening on it.
///
/// As long as the socket is open nobody is given this port by the system, while
/// a service that sets SO_REUSEADDR can bind it, listen, end, and bind it again.
/// Port 0 lets the system choose.
pub(crate) fn bind_lease(port: u16) -> io::Result<(OwnedFd, u16)> {
    // Closed on exec: a service that had it would hold the lease as well.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    let bound = socket
        .local_addr()?
        .as_socket()
        .ok_or_else(|| io::Error::other("the system bound something that is no TCP port"))?;
    Ok((socket.into(), bound.port()))
}

/// Whether some process listens on this TCP port of 127.0.0.1.
///
/// A port can be bound beside sockets that are bound or were closed just now, but
/// not beside one that listens. To ask that costs nothing; reading the table of
/// all sockets takes the kernel ten milliseconds on a larger machine.
pub(crate) fn listening(port: u16) -> bool {
    bind_lease(port).is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
