//! Binding the address to listen on.

use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::net::TcpListener;

/// Listens on `address`; port 0 takes a free one.
///
/// Tokio sets SO_REUSEADDR on Unix. The service depends on it twice: a restart
/// must not wait for old connections to leave TIME_WAIT, and the harness keeps
/// the port reserved with a bound socket that never listens.
///
/// # Errors
///
/// When the address is in use or does not belong to this machine.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address} (LISTEN_ADDR)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpSocket;

    fn loopback() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 0))
    }

    #[tokio::test]
    async fn a_port_held_by_a_socket_that_never_listens_can_be_taken() {
        let lease = TcpSocket::new_v4().expect("sockets can be made");
        lease.set_reuseaddr(true).expect("the option exists");
        lease.bind(loopback()).expect("there is a free port");
        let leased = lease.local_addr().expect("the socket is bound");

        // Twice, because a restarted service binds the port again.
        for _ in 0..2 {
            let listener = bind(leased).await.expect("the lease lets the service in");
            assert_eq!(listener.local_addr().expect("it is bound"), leased);
        }
    }

    #[tokio::test]
    async fn a_port_that_somebody_listens_on_is_refused_by_name() {
        let first = bind(loopback()).await.expect("there is a free port");
        let taken = first.local_addr().expect("it is bound");
        let error = bind(taken).await.expect_err("the port is taken");
        assert_eq!(error.to_string(), format!("cannot listen on {taken} (LISTEN_ADDR)"));
    }
}
