use super::*;
use insta::assert_snapshot;
use proptest::prelude::*;

/// FIPS 180-2, appendix B.1.
const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn the_standard_s_example() {
    assert_eq!(Digest::of(b"abc").to_string(), ABC);
    assert_eq!(ABC.parse::<Digest>().unwrap(), Digest::of(b"abc"));
}

#[test]
fn a_file_is_hashed_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(dir.path()).unwrap().join("abc");
    let bytes = b"abc".repeat(CHUNK);
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(hash_file(&path).unwrap(), Digest::of(&bytes));
}

#[test]
fn only_the_canonical_spelling_is_a_digest() {
    let refused = |text: &str| text.parse::<Digest>().unwrap_err().to_string();
    assert_snapshot!(refused("sha256:abc"), @"`sha256:abc` is not `sha256:` and 64 lower-case hexadecimal digits");
    for text in [
        ABC.to_uppercase(),
        ABC.replace("sha256", "sha512"),
        format!("{ABC} "),
        ABC.replace("15ad", "15+d"),
    ] {
        refused(&text);
    }
}

proptest! {
    #[test]
    fn however_it_is_written_the_digest_is_of_the_whole(bytes: Vec<u8>, cut in any::<prop::sample::Index>()) {
        let (head, tail) = bytes.split_at(cut.index(bytes.len() + 1));
        let mut writer = Sha256Writer::new(Vec::new());
        writer.write_all(head).unwrap();
        writer.write_all(tail).unwrap();
        let (copy, digest, size) = writer.finish();
        prop_assert_eq!(digest, Digest::of(&bytes));
        prop_assert_eq!(size, bytes.len() as u64);
        prop_assert_eq!(copy, bytes);
    }

    #[test]
    fn a_digest_survives_text_and_json(bytes: [u8; 32]) {
        let digest = Digest(bytes);
        prop_assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        let json = serde_json::to_string(&digest).unwrap();
        prop_assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
    }
}
