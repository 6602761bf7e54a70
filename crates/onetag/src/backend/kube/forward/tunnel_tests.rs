use super::*;

#[test]
fn kubectl_tells_where_it_listens() {
    assert_eq!(listening("Forwarding from 127.0.0.1:43211 -> 8080"), Some(43211));
    for other in ["Forwarding from [::1] -> 8080", "Handling connection for 43211", ""] {
        assert_eq!(listening(other), None, "{other}");
    }
}
