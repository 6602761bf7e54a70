//! Which rule applies, and until when.

use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);
const MINUTE: Duration = Duration::from_secs(60);

const LIMITS: RoutingLimits = RoutingLimits {
    failure_limit: 3,
    failure_cool_down: Duration::from_secs(60 * 60),
    remedied_interval: Duration::from_secs(5 * 60),
    backoff: MINUTE,
    max_backoff: Duration::from_secs(10 * 60),
};

/// A request that has ended so many minutes ago.
fn ended(phase: Phase, minutes: u32) -> Earlier {
    Earlier {
        name: format!("rr-{minutes}"),
        phase,
        outcome: (phase == Phase::Completed).then_some(RemediationOutcome::Remediated),
        message: None,
        ended_at: NOW - MINUTE * minutes,
        executed: Some(Uuid::nil()),
    }
}

/// Requests with these ends, the newest first; the last one has ended a minute ago.
fn requests(phases: &[Phase]) -> Vec<Earlier> {
    (1..).zip(phases).map(|(minutes, phase)| ended(*phase, minutes)).collect()
}

fn until(blocked: Option<Blocked>) -> Option<(BlockReason, time::Duration, String)> {
    let blocked = blocked?;
    Some((blocked.reason, blocked.until? - NOW, blocked.by?))
}

#[test]
fn failures_count_since_the_last_success() {
    use Phase::{Cancelled, Completed, Failed, Skipped, TimedOut};
    for (phases, count) in [
        (&[][..], 0),
        (&[Failed, TimedOut, Failed], 3),
        (&[Skipped, Failed, Cancelled, Failed], 2),
        (&[Failed, Completed, Failed, Failed], 1),
        (&[Completed, Failed, Failed, Failed], 0),
    ] {
        assert_eq!(failures(&requests(phases)).count(), count, "{phases:?}");
    }
}

#[test]
fn three_failures_hold_a_signal_up_for_an_hour() {
    let failed = requests(&[Phase::Failed; 3]);
    assert_eq!(until(too_many_failures(&failed[..2], &LIMITS, NOW)), None);
    let expected = (BlockReason::ConsecutiveFailures, time::Duration::minutes(59), "rr-1".into());
    assert_eq!(until(too_many_failures(&failed, &LIMITS, NOW)), Some(expected));
    let last = NOW + MINUTE * 59;
    assert!(too_many_failures(&failed, &LIMITS, last - Duration::from_nanos(1)).is_some());
    assert!(too_many_failures(&failed, &LIMITS, last).is_none(), "the hour has passed");
}

#[test]
fn the_wait_after_a_failure_doubles_up_to_ten_minutes() {
    for (failures, minutes) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (6, 10), (50, 10)] {
        let failed = requests(&vec![Phase::Failed; failures]);
        let end = NOW - MINUTE + MINUTE * minutes;
        let blocked = backoff(&failed, &LIMITS, end - Duration::from_nanos(1));
        assert_eq!(blocked.and_then(|blocked| blocked.until), Some(end), "{failures} failures");
        assert_eq!(backoff(&failed, &LIMITS, end), None, "{failures} failures");
    }
    assert_eq!(backoff(&requests(&[Phase::Completed, Phase::Failed]), &LIMITS, NOW), None);
}

#[test]
fn the_same_workflow_is_not_executed_again_for_five_minutes() {
    let find = |requests: &[Earlier], workflow| {
        recently_remedied(requests, workflow, &LIMITS, NOW).map(|request| request.name.clone())
    };
    let remedied = [ended(Phase::Completed, 6), ended(Phase::Completed, 4)];
    assert_eq!(find(&remedied, Uuid::nil()).as_deref(), Some("rr-4"));
    assert_eq!(find(&remedied, Uuid::max()), None, "another workflow");
    assert_eq!(find(&[ended(Phase::Completed, 5)], Uuid::nil()), None, "five minutes have passed");
    let not_needed = Earlier { outcome: None, ..ended(Phase::Completed, 1) };
    assert_eq!(find(&[not_needed], Uuid::nil()), None, "nothing was executed");
}
