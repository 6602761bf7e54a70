use std::net::TcpListener;

use super::*;

#[test]
fn a_service_binds_a_leased_port_again_and_again() {
    let (_lease, port) = bind_lease(0).unwrap();
    for _ in 0..3 {
        // The standard library sets SO_REUSEADDR on listeners.
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        drop(listener);
    }
}

#[test]
fn a_listening_port_is_seen_and_a_leased_or_closed_one_is_not() {
    let (_lease, port) = bind_lease(0).unwrap();
    assert!(!listening(port));
    for address in ["127.0.0.1", "0.0.0.0"] {
        let listener = TcpListener::bind((address, port)).unwrap();
        assert!(listening(port), "{address}");
        // A connection that lingers does not count.
        drop(std::net::TcpStream::connect(("127.0.0.1", port)).unwrap());
        drop(listener.accept().unwrap());
        drop(listener);
        assert!(!listening(port), "{address}");
    }
}

#[test]
fn a_leased_port_is_given_to_nobody_else() {
    let (_lease, port) = bind_lease(0).unwrap();
    let others: Vec<TcpListener> =
        (0..500).map(|_| TcpListener::bind(("127.0.0.1", 0)).unwrap()).collect();
    assert!(others.iter().all(|other| other.local_addr().unwrap().port() != port));
}
