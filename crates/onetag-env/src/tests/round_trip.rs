//! Whatever can be rendered reads back the same, in any order of lines.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;

use crate::{Address, Environment, External, Service};

fn label() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?"
}

fn tag(consumer: &str, run_id: &str, generation: u32) -> String {
    match generation {
        1 => format!("{consumer}-{run_id}"),
        n => format!("{consumer}-{run_id}.{n}"),
    }
}

prop_compose! {
    fn environment()(
        run_id in "[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}",
        generation in 1_u32..40,
        consumer in label(),
        backend in label(),
        run_dir in "/[A-Za-z0-9_./:@,%+=-]{0,40}",
        services in btree_map(label(), ("[a-f0-9]{64}", 1_u32..40, "https?://[a-z0-9.:]{1,20}"), 0..5),
        externals in btree_map(label(), ("[a-f0-9]{64}", 0..2_u32, "[a-z]{1,5}:[a-z0-9.:]{1,20}"), 0..4),
        capabilities in btree_set(label(), 0..5),
        databases in btree_set(label(), 0..3),
    ) -> Environment {
        let service = |(name, (hex, of_image, url)): (String, (String, u32, String))| {
            let tag = tag(&consumer, &run_id, of_image.min(generation));
            let image = format!("localhost/{name}:{tag}");
            // A further port, and a service without a port of its own.
            let ports = BTreeMap::from([("q0-q0".to_owned(), Address::shared(url.clone()))]);
            let has_port = hex.starts_with(|digit: char| digit.is_ascii_digit());
            let address =
                has_port.then(|| Address { internal_url: format!("http://{name}:80"), url });
            (name, Service { image, digest: format!("sha256:{hex}"), address, ports })
        };
        let external = |(name, (hex, is_image, url)): (String, (String, u32, String))| {
            let digest = format!("sha256:{hex}");
            let image = (is_image > 0).then(|| (format!("quay.io/{name}@{digest}"), digest));
            (name, External { image, address: Some(Address::shared(url)) })
        };
        let mut externals: BTreeMap<_, _> = externals.into_iter().map(external).collect();
        externals.retain(|name, _| !services.contains_key(name));
        Environment {
            externals,
            tag: tag(&consumer, &run_id, generation),
            services: services.into_iter().map(service).collect(),
            run_id, consumer, backend, run_dir, capabilities, databases,
        }
    }
}

proptest! {
    #[test]
    fn what_is_rendered_reads_back(environment in environment(), rotation in 0_usize..30) {
        let text = environment.render().unwrap();
        prop_assert_eq!(&Environment::parse(&text).unwrap(), &environment);

        let mut lines = Vec::from_iter(text.split_inclusive('\n'));
        let middle = rotation % lines.len();
        lines.rotate_left(middle);
        prop_assert_eq!(&Environment::parse(&lines.concat()).unwrap(), &environment);
    }

    #[test]
    fn a_file_cut_short_is_refused(environment in environment(), cut in any::<prop::sample::Index>()) {
        let text = environment.render().unwrap();
        prop_assert!(Environment::parse(&text[..cut.index(text.len())]).is_err());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(ONETAG_[A-Z_]{0,12}=?[ -~]{0,20}\n?|\\PC{0,8}){0,8}") {
        let _ = Environment::parse(&text);
    }
}
