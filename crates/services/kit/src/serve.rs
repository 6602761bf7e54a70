//! Serving connections: `axum::serve`, with a limit on how long the head of a
//! request may take, which that has not.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// How long a client may take to send a request line and headers, counted from
/// the connection's beginning or the answer before. So an idle connection ends
/// after this time too, and clients should close theirs earlier.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves HTTP/1.1 until `close` is done, then answers the requests in flight.
pub(crate) async fn serve(
    mut listener: TcpListener,
    router: Router,
    head_timeout: Duration,
    close: impl Future<Output = ()>,
) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(head_timeout);
    let connections = GracefulShutdown::new();
    let mut close = pin!(close);
    loop {
        let (stream, _) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut close => break,
        };
        // Answers are small, so send them without delay.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("cannot set TCP_NODELAY: {error}");
        }
        let service = TowerToHyperService::new(router.clone());
        let connection = server.serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended: {error}");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    use super::*;

    /// How long anything in these tests may take.
    const DEADLINE: Duration = Duration::from_secs(10);

    /// A server that runs until the sender is dropped.
    async fn server(head_timeout: Duration) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let router = Router::new().route("/", get(async || "answer"));
        let (close, closed) = oneshot::channel();
        let closed = async { closed.await.unwrap_or_default() };
        (address, close, tokio::spawn(serve(listener, router, head_timeout, closed)))
    }

    /// Sends a request and reads its answer.
    async fn ask(stream: &mut TcpStream) {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("sent");
        let mut answer = Vec::new();
        while !answer.ends_with(b"answer") {
            let count = timeout(DEADLINE, stream.read_buf(&mut answer)).await.expect("an answer");
            assert_ne!(count.expect("an answer"), 0, "{answer:?}");
        }
    }

    /// Waits until the server has closed a connection.
    async fn closed(mut stream: TcpStream) {
        let mut rest = Vec::new();
        let end = timeout(DEADLINE, stream.read_to_end(&mut rest)).await;
        end.expect("the server closes the connection").expect("it is not reset");
    }

    #[tokio::test]
    async fn connections_whose_next_head_does_not_come_are_closed() {
        let (address, _close, _server) = server(Duration::from_millis(50)).await;
        for begin in ["", "GET / HTTP/1.1\r\nhost:", "PRI * HTTP/2.0\r\n"] {
            let mut stream = TcpStream::connect(address).await.expect("connected");
            stream.write_all(begin.as_bytes()).await.expect("sent");
            closed(stream).await;
        }
        let mut stream = TcpStream::connect(address).await.expect("connected");
        ask(&mut stream).await;
        closed(stream).await;
    }

    #[tokio::test]
    async fn a_connection_serves_several_requests_and_none_holds_up_the_end() {
        let (address, close, server) = server(DEADLINE * 10).await;
        let mut used = TcpStream::connect(address).await.expect("connected");
        ask(&mut used).await;
        ask(&mut used).await;
        // The server accepts in order, so it has accepted this one too when the
        // third has its answer.
        let unused = TcpStream::connect(address).await.expect("connected");
        ask(&mut TcpStream::connect(address).await.expect("connected")).await;
        drop(close);
        timeout(DEADLINE, server).await.expect("idle connections are closed").expect("no panic");
        closed(used).await;
        closed(unused).await;
    }
}
