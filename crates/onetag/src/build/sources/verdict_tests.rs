use super::*;

#[test]
fn cargo_is_believed_where_contents_agree() {
    let [now, then] = [Digest::of(b"now"), Digest::of(b"then")];
    let fresh = Evidence {
        built: false,
        remembered: Some(Some(now)),
        sources: Some(now),
        is_younger: false,
        has_others: true,
        is_of_elsewhere: false,
        ran_for_us: false,
    };
    let unknown = Evidence { remembered: None, has_others: false, ..fresh };
    for (evidence, expected) in [
        (fresh, Verdict::Believe),
        (Evidence { remembered: Some(Some(then)), ..fresh }, Verdict::Stale),
        (Evidence { remembered: Some(Some(then)), is_younger: true, ..fresh }, Verdict::Stale),
        (Evidence { remembered: Some(None), ..fresh }, Verdict::Stale),
        (Evidence { remembered: Some(None), sources: None, ..fresh }, Verdict::Stale),
        (Evidence { is_of_elsewhere: true, ..fresh }, Verdict::Stale),
        (Evidence { ran_for_us: true, ..fresh }, Verdict::Remember),
        (Evidence { ran_for_us: true, remembered: Some(Some(then)), ..fresh }, Verdict::Remember),
        (Evidence { ran_for_us: true, is_of_elsewhere: true, ..fresh }, Verdict::Stale),
        (unknown, Verdict::Stale),
        (Evidence { is_younger: true, ..unknown }, Verdict::Remember),
        (Evidence { is_younger: true, has_others: true, ..unknown }, Verdict::Stale),
        (Evidence { is_younger: true, sources: None, ..unknown }, Verdict::Stale),
        (Evidence { built: true, sources: None, ..unknown }, Verdict::Remember),
        (Evidence { built: true, remembered: Some(Some(then)), ..fresh }, Verdict::Remember),
    ] {
        assert_eq!(evidence.verdict(), expected, "{evidence:?}");
    }
}
