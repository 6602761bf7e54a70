//! What suites took away and did not bring back yet.

use onetag_control::Target;

use super::inbox::ConnectionId;

/// What is away, and over which connection it was taken.
///
/// A test process that is killed cannot bring anything back, but its connection
/// ends.
#[derive(Debug, Default)]
pub(super) struct Outages(Vec<(ConnectionId, Target)>);

impl Outages {
    /// Something was taken away.
    pub(super) fn add(&mut self, connection: ConnectionId, target: Target) {
        self.remove(&target);
        self.0.push((connection, target));
    }

    /// Something is back, whoever took it.
    pub(super) fn remove(&mut self, target: &Target) {
        self.0.retain(|(_, taken)| taken != target);
    }

    /// What has to be brought back now that a connection has ended, the last that
    /// was taken first.
    pub(super) fn left(&mut self, connection: ConnectionId) -> Vec<Target> {
        let (left, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.0).into_iter().partition(|(by, _)| *by == connection);
        self.0 = rest;
        left.into_iter().rev().map(|(_, target)| target).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_still_away_is_left() {
        let [one, two] = ["one", "two"].map(Target::service);
        let mut taken = Outages::default();
        taken.add(1, one.clone());
        taken.add(1, two.clone());
        taken.add(2, Target::Database);
        taken.add(1, Target::Database);
        taken.remove(&one);
        assert_eq!(taken.left(2), []);
        assert_eq!(taken.left(1), [Target::Database, two]);
        assert_eq!(taken.left(1), []);
    }
}
