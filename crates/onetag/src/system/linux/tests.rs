use super::*;

#[test]
fn whoever_listens_on_a_port_is_found() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(listeners(port), [std::process::id()]);
    drop(listener);
    assert_eq!(listeners(port), [0; 0]);
}

#[test]
fn a_process_is_found_by_its_owner() {
    let owner = format!("test-{}", std::process::id());
    let mut child = std::process::Command::new("sleep")
        .arg("60")
        .env("ONETAG_TEST_OWNER", &owner)
        .spawn()
        .unwrap();
    // Between fork and exec the child still shows the environment of this process.
    let found = crate::system::wait::until(
        "finding the process",
        std::time::Duration::from_secs(10),
        &crate::system::signals::Interrupt::default(),
        || {
            let found = owned_by("ONETAG_TEST_OWNER", &owner)?;
            Ok(match found.is_empty() {
                true => crate::system::wait::Poll::Pending("nothing".to_owned()),
                false => crate::system::wait::Poll::Ready(found),
            })
        },
    );
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(found.unwrap(), [(child.id(), "sleep 60".to_owned())]);
}

#[test]
fn memory_that_is_available_is_known() {
    assert!(available_memory().unwrap() > 1 << 20);
}
