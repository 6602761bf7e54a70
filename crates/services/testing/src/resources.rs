//! The resources of a service, as its peers reach them.

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use contract::resource::{Create, Get, Kind, Resource};
use kit::{Peer, PeerError};

/// Longer than any step of a working test takes.
const DEADLINE: Duration = Duration::from_secs(20);

/// The resources of one kind at a service.
#[derive(Clone, Debug)]
pub struct Resources<K> {
    /// The service.
    pub peer: Peer,
    kind: PhantomData<K>,
}

impl<K: Kind> Resources<K> {
    /// Those of the service at this address.
    ///
    /// # Panics
    ///
    /// When it is no address.
    #[must_use]
    pub fn at(url: &str) -> Self {
        let peer = Peer::new("the service under test", url).expect("an address");
        Self { peer, kind: PhantomData }
    }

    /// Creates one.
    ///
    /// # Panics
    ///
    /// When it is refused.
    pub async fn create(&self, spec: &K::Spec) -> Resource<K> {
        self.peer.call::<Create<K>>().body(spec).send().await.expect("accepted")
    }

    /// Reads one.
    ///
    /// # Errors
    ///
    /// When it is not there.
    pub async fn get(&self, name: &str) -> Result<Resource<K>, PeerError> {
        self.peer.call::<Get<K>>().path(&[name]).send().await
    }

    /// Waits until one is as it should be.
    ///
    /// # Panics
    ///
    /// When it does not become so, or is not there.
    pub async fn until(&self, name: &str, is_so: impl Fn(&Resource<K>) -> bool) -> Resource<K> {
        let start = Instant::now();
        loop {
            let found = self.get(name).await.expect("an answer");
            if is_so(&found) {
                return found;
            }
            assert!(start.elapsed() < DEADLINE, "{found:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until one is in this phase.
    ///
    /// # Panics
    ///
    /// When it does not come there.
    pub async fn reach(&self, name: &str, phase: K::Phase) -> Resource<K> {
        self.until(name, |found| found.status.phase == phase).await
    }

    /// Waits until one has ended.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub async fn ended(&self, name: &str) -> Resource<K> {
        self.until(name, |found| found.status.completed_at.is_some()).await
    }
}
