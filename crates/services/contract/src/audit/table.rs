//! The table of events: type, payload, category, outcome.

/// Declares the enum of events from a table.
macro_rules! events {
    (
        $(#[$doc:meta])*
        $vis:vis enum $name:ident {
            $(
                $(#[$variant_doc:meta])*
                $event_type:literal = $variant:ident($payload:ty): $category:ident, $outcome:ident;
            )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[derive(strum::Display, strum::IntoStaticStr, strum::VariantNames)]
        #[serde(tag = "event_type", content = "event_data")]
        $vis enum $name {
            $(
                $(#[$variant_doc])*
                #[serde(rename = $event_type)]
                #[strum(serialize = $event_type)]
                $variant($payload),
            )+
        }

        impl $name {
            /// All types, with the category and the outcome that each has.
            pub const TABLE: &'static [(&'static str, Category, Outcome)] =
                &[$(($event_type, Category::$category, Outcome::$outcome)),+];

            /// The event's type: `notification.message.sent`.
            #[must_use]
            pub fn event_type(&self) -> &'static str {
                self.into()
            }

            /// Which part of the pipeline it is about.
            #[must_use]
            pub fn category(&self) -> Category {
                match self {
                    $(Self::$variant(_) => Category::$category,)+
                }
            }

            /// How the action ended.
            #[must_use]
            pub fn outcome(&self) -> Outcome {
                match self {
                    $(Self::$variant(_) => Outcome::$outcome,)+
                }
            }
        }
    };
}

pub(super) use events;
