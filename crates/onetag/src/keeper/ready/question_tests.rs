use std::net::TcpListener;
use std::thread;

use super::*;

/// Asks a server that answers so, and then waits until the other end goes away.
fn asked(answer: &'static [u8]) -> Probe {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 1024];
        let length = stream.read(&mut head).unwrap();
        stream.write_all(answer).unwrap();
        let _ = stream.read(&mut [0]);
        String::from_utf8(head[..length].to_vec()).unwrap()
    });
    let came = ask(address, &Ready::Http("/ready".to_owned()), Duration::from_secs(20));
    let head = server.join().unwrap();
    assert!(head.starts_with("GET /ready HTTP/1.1\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    came
}

#[test]
fn the_status_line_decides_whatever_follows() {
    assert_eq!(asked(b"HTTP/1.1 200 OK\r\n"), Probe::Ready);
    assert_eq!(asked(b"HTTP/1.0 299\r\nContent-Length: \xff\r\n"), Probe::Ready);
    assert!(
        matches!(asked(b"HTTP/1.1 302 Found\r\n\r\n"), Probe::Refused(seen) if seen.ends_with("answers 302"))
    );
    assert!(
        matches!(asked(b"HTTP/1.1 503\r\n\r\n"), Probe::Pending(seen) if seen.ends_with("answers 503"))
    );
    assert!(
        matches!(asked(b"220 smtp\n"), Probe::Pending(seen) if seen.ends_with("it is not HTTP/1"))
    );
}

#[test]
fn a_server_of_http_2_is_known_by_its_first_frame() {
    assert!(is_http2(b"\0\0\x06\x04\0\0\0\0\0\0\x03"));
    assert!(!is_http2(b"HTTP/1.1 400 Bad"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"\0\0\0\x04\0\0\0\0\0").unwrap();
        let _ = stream.read(&mut [0; 100]);
        // The second one closes at once.
        drop(listener.accept());
    });
    assert!(greets_http2(address, Duration::from_secs(20)));
    assert!(!greets_http2(address, Duration::from_secs(20)));
}

#[test]
fn nobody_listens() {
    let (_lease, port) = crate::system::bind_lease(0).unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let answer = ask(address, &Ready::Tcp, Duration::from_secs(5));
    assert_eq!(answer, Probe::Pending(format!("nothing listens at {address}")));
}
