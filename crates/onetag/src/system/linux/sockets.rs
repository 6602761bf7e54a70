//! Sockets that listen for TCP.

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, SocketAddr};

use super::processes::pids;

/// The processes that listen on this TCP port, as far as they may be looked into.
pub(crate) fn listeners(port: u16) -> Vec<u32> {
    let sockets = listening_sockets("self");
    let on_port: Vec<&str> = sockets
        .iter()
        .filter(|(address, _)| address.port() == port)
        .map(|(_, socket)| socket.as_str())
        .collect();
    let holds_one = |pid: &u32| open_files(*pid).any(|file| on_port.contains(&&*file));
    pids().unwrap_or_default().into_iter().filter(holds_one).collect()
}

/// Where these processes listen for TCP, as far as they may be looked into.
pub(crate) fn listening_addresses(pids: &[u32]) -> Vec<SocketAddr> {
    let mut found = BTreeSet::new();
    for pid in pids {
        let open: Vec<String> = open_files(*pid).collect();
        let listening = listening_sockets(&pid.to_string()).into_iter();
        found.extend(
            listening.filter(|(_, socket)| open.contains(socket)).map(|(address, _)| address),
        );
    }
    found.into_iter().collect()
}

/// Where anybody listens for TCP in the network of a process, be it a container's.
pub(crate) fn listening_in(pid: u32) -> Vec<SocketAddr> {
    let sockets = listening_sockets(&pid.to_string()).into_iter();
    sockets.map(|(address, _)| address).collect()
}

/// What the open files of a process are called.
fn open_files(pid: u32) -> impl Iterator<Item = String> {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    open.filter_map(|link| fs::read_link(link.path()).ok()?.into_os_string().into_string().ok())
}

/// The sockets that listen for TCP in the network of a process, by address, with what
/// their open files are called: fields 2, 4 and 10 of `net/tcp` in proc(5) are the local
/// address, 0A for LISTEN, and the inode.
fn listening_sockets(pid: &str) -> Vec<(SocketAddr, String)> {
    let mut found = Vec::new();
    for table in ["tcp", "tcp6"] {
        let rows = fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for row in rows.lines() {
            let fields: Vec<&str> = row.split_ascii_whitespace().collect();
            if let [_, local, _, "0A", _, _, _, _, _, inode, ..] = fields.as_slice()
                && let Some(address) = address(local)
            {
                found.push((address, format!("socket:[{inode}]")));
            }
        }
    }
    found
}

/// An address as the kernel writes it: words of 32 bits in the order of the machine,
/// then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let bytes: Vec<u8> = (0..host.len() / 8)
        .filter_map(|word| u32::from_str_radix(host.get(word * 8..word * 8 + 8)?, 16).ok())
        .flat_map(u32::to_ne_bytes)
        .collect();
    let host = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(bytes) => IpAddr::from(bytes),
        Err(_) => IpAddr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?),
    };
    Some(SocketAddr::new(host.to_canonical(), u16::from_str_radix(port, 16).ok()?))
}
