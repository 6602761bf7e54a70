use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// A receiver that speaks TLS with a certificate for 127.0.0.1, answers one
/// request, and hands out the authority that its certificate is signed by.
async fn secure_receiver() -> (Url, RootCertStore) {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let authority = params.self_signed(&key).expect("a certificate");
    let issuer = Issuer::from_params(&params, &key);

    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a server's configuration");

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        // A client that does not trust the certificate disconnects.
        let Ok(mut stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await else {
            return;
        };
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await.expect("a request");
        let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
        stream.write_all(answer).await.expect("the client listens");
    });
    let mut trusted = RootCertStore::empty();
    trusted.add(authority.der().clone()).expect("an authority");
    (Url::parse(&format!("https://{address}/hook")).expect("a URL"), trusted)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    rustls::crypto::ring::default_provider().into()
}

#[tokio::test]
async fn a_receiver_whose_authority_is_trusted_is_spoken_to() {
    let (url, trusted) = secure_receiver().await;
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let answer = Http::trusting(config).post(&url, &[], b"{}".to_vec()).await.expect("an answer");
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_receiver_that_the_system_does_not_trust_is_refused_for_good() {
    let (url, _) = secure_receiver().await;
    let error = Http::new().post(&url, &[], b"{}".to_vec()).await.expect_err("not trusted");
    let HttpError::Refused(reason) = error else { panic!("it may not be tried again: {error:?}") };
    assert!(reason.contains("UnknownIssuer"), "{reason}");
}

#[tokio::test]
async fn an_unreachable_receiver_may_be_reachable_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url =
        Url::parse(&format!("http://{}/", listener.local_addr().expect("bound"))).expect("a URL");
    drop(listener);
    let error = Http::new().post(&url, &[], Vec::new()).await.expect_err("nobody listens");
    let HttpError::Network(reason) = error else { panic!("it may be tried again: {error:?}") };
    assert!(reason.contains("Connection refused"), "{reason}");
}

#[test]
fn user_and_password_become_a_header_and_leave_the_address() {
    let url = Url::parse("http://ann:p%40ss@host/hook?x=1#part").expect("a URL");
    let request = request(&url, &[("x-test", "1")], Vec::new()).expect("a request");
    assert_eq!(request.uri(), "http://host/hook?x=1");
    // "ann:p@ss" in base64.
    assert_eq!(request.headers()[header::AUTHORIZATION], "Basic YW5uOnBAc3M=");
    assert_eq!(request.headers()["x-test"], "1");
}

#[test]
fn a_secret_at_the_end_of_an_excerpt_is_gone_too() {
    let said = format!("{} ghp_abcdefghijklmnopqrst0123456789", "x".repeat(EXCERPT - 10));
    let excerpt = excerpt(&said);
    assert_eq!(excerpt.chars().count(), EXCERPT);
    assert!(excerpt.ends_with("x [REDACTED"), "{excerpt}");
}

#[test]
fn a_secret_behind_control_characters_is_gone_too() {
    assert_eq!(excerpt("password\0=\nhunter2"), "password = [REDACTED]");
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    let wait = |text: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, text.parse().expect("a value"));
        retry_after(&headers, now)
    };
    assert_eq!(wait("120"), Some(Duration::from_secs(120)));
    assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT"), Some(Duration::from_secs(60)));
    assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
    assert_eq!(wait("soon"), None);
    assert_eq!(retry_after(&HeaderMap::new(), now), None);
}
