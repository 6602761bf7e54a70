//! The addresses that services have on the network of a run.
//!
//! podman has one name server for all networks. Version 1.4 of it is away for a moment
//! whenever a container of anybody's starts or ends, and what it is asked then is lost:
//! <https://github.com/containers/aardvark-dns/issues/389>. So each service gets an address
//! that is known before it starts, and each container a line for every other service of the
//! run in its `/etc/hosts`. The name server only has to know what joins a kept run later.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use anyhow::Context as _;
use ipnet::IpNet;
use serde::Deserialize;

use super::NETWORK;
use super::client::Client;
use crate::backend::ServicePorts;

/// Addresses on the network of a run, by service.
pub(super) type Hosts = BTreeMap<String, Ipv4Addr>;

/// What podman tells of a network.
#[derive(Debug, Deserialize)]
pub(super) struct NetworkInfo {
    #[serde(default)]
    subnets: Vec<Subnet>,
}

#[derive(Debug, Deserialize)]
struct Subnet {
    subnet: IpNet,
}

/// The addresses of services on a network: those that they had `before`, and one for each
/// that is new. None where the engine's own name server is enough.
///
/// # Errors
///
/// When the engine does not tell of the network.
pub(super) fn hosts(
    client: &Client,
    network: &str,
    services: &[ServicePorts],
    before: Hosts,
) -> anyhow::Result<Hosts> {
    if !client.dialect.names_in_hosts {
        return Ok(Hosts::new());
    }
    let found: Option<Vec<NetworkInfo>> = client.inspect(NETWORK, &[network])?;
    let found = found.and_then(|mut found| found.pop());
    let info = found.with_context(|| format!("the network {network} is gone"))?;
    Ok(info.allot(services.iter().map(|service| &*service.service), before))
}

impl NetworkInfo {
    /// From the last address on: the engine gives its own from the first on, and has that one
    /// itself. Who finds none has one of those.
    fn allot<'a>(&self, services: impl IntoIterator<Item = &'a str>, mut hosts: Hosts) -> Hosts {
        let mut subnets = self.subnets.iter().filter_map(|subnet| match subnet.subnet {
            IpNet::V4(net) => Some(net),
            IpNet::V6(_) => None,
        });
        let Some(net) = subnets.next() else { return Hosts::new() };
        // Somebody may have removed the network, and it was made anew.
        hosts.retain(|_, address| net.contains(&*address));
        let engine = net.hosts().next();
        let mut free = net.hosts().rev().filter(|address| Some(*address) != engine);
        for service in services {
            if hosts.contains_key(service) {
                continue;
            }
            let is_taken = |address: &Ipv4Addr| hosts.values().any(|taken| taken == address);
            let Some(address) = free.find(|address| !is_taken(address)) else { break };
            hosts.insert(service.to_owned(), address);
        }
        hosts
    }
}

/// The options of `run` by which a service has its address and finds the others.
pub(super) fn options(hosts: &Hosts, service: &str) -> Vec<String> {
    let own = hosts.get(service).map(|own| {
        // Others remember for seconds which card an address had.
        let [a, b, c, d] = own.octets();
        let card = format!("02:42:{a:02x}:{b:02x}:{c:02x}:{d:02x}");
        ["--ip".to_owned(), own.to_string(), "--mac-address".to_owned(), card]
    });
    // Its own name leads to itself by its hostname.
    let others = hosts.iter().filter(|(name, _)| *name != service);
    let others =
        others.flat_map(|(name, address)| ["--add-host".to_owned(), format!("{name}:{address}")]);
    own.into_iter().flatten().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(subnet: &str) -> NetworkInfo {
        NetworkInfo { subnets: vec![Subnet { subnet: subnet.parse().unwrap() }] }
    }

    fn told(hosts: &Hosts) -> Vec<String> {
        hosts.iter().map(|(name, address)| format!("{name} {address}")).collect()
    }

    #[test]
    fn a_service_keeps_its_address_and_new_ones_get_the_last_that_are_free() {
        let network = network("10.89.3.0/24");
        let first = network.allot(["beta", "alpha"], Hosts::new());
        assert_eq!(told(&first), ["alpha 10.89.3.253", "beta 10.89.3.254"]);
        // What is gone keeps its address, which somebody may still look for.
        let then = network.allot(["alpha", "gamma"], first);
        assert_eq!(told(&then), ["alpha 10.89.3.253", "beta 10.89.3.254", "gamma 10.89.3.252"]);
    }

    #[test]
    fn addresses_of_another_network_are_given_up() {
        let before = network("10.89.3.0/24").allot(["a"], Hosts::new());
        let after = network("10.89.4.0/24").allot(["a"], before);
        assert_eq!(told(&after), ["a 10.89.4.254"]);
    }

    #[test]
    fn who_finds_no_address_gets_one_from_the_engine() {
        let small = network("10.89.3.0/30").allot(["a", "b"], Hosts::new());
        assert_eq!(told(&small), ["a 10.89.3.2"]);
        assert!(network("fd00::/64").allot(["a"], Hosts::new()).is_empty());
    }

    #[test]
    fn a_service_has_its_address_and_a_line_for_each_of_the_others() {
        let network = network("10.89.3.0/24");
        let hosts = network.allot(["a", "b"], Hosts::new());
        let own = ["--ip", "10.89.3.254", "--mac-address", "02:42:0a:59:03:fe"];
        let others = ["--add-host", "b:10.89.3.253"];
        assert_eq!(options(&hosts, "a"), [&own[..], &others].concat());
        assert_eq!(options(&Hosts::new(), "a"), [""; 0]);
    }
}
