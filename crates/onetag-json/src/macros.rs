//! One line for each type: what its JSON looks like.

/// The JSON of a struct: an object with its fields, in the order in which they
/// are listed. All have to be listed.
///
/// - `record!(Name { one, two })` reads and writes; fields that are not known
///   are passed over.
/// - `record!(strict Name { … })` refuses them.
/// - `record!(read Name { … })`, `record!(read strict Name { … })` and
///   `record!(write Name { … })` do one of both.
/// - `one as "first"` is a field with another name in JSON.
/// - `one or default` is a field that may be missing. An `Option` always may.
///
/// What is none is written as null.
#[macro_export]
macro_rules! record {
    (write $name:ident { $($field:ident $(as $text:literal)? $(or $default:ident)?),* $(,)? }) => {
        impl $crate::Serialize for $name {
            fn serialize<S: $crate::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                use $crate::serde_core::ser::SerializeMap as _;
                let $name { $($field),* } = self;
                let mut object = serializer.serialize_map(None)?;
                $(object.serialize_entry($crate::name!($field $($text)?), $field)?;)*
                object.end()
            }
        }
    };
    (read $name:ident { $($field:ident $(as $text:literal)? $(or $default:ident)?),* $(,)? }) => {
        impl $crate::FromJson for $name {
            fn from_json(value: $crate::Value) -> ::std::result::Result<Self, $crate::Error> {
                let mut fields = $crate::Fields::of(value)?;
                Ok($name {
                    $($field: $crate::take!(fields, $crate::name!($field $($text)?) $(, $default)?),)*
                })
            }
        }
    };
    (read strict $name:ident { $($field:ident $(as $text:literal)? $(or $default:ident)?),* $(,)? }) => {
        impl $crate::FromJson for $name {
            fn from_json(value: $crate::Value) -> ::std::result::Result<Self, $crate::Error> {
                let mut fields = $crate::Fields::of(value)?;
                fields.only(&[$($crate::name!($field $($text)?)),*])?;
                Ok($name {
                    $($field: $crate::take!(fields, $crate::name!($field $($text)?) $(, $default)?),)*
                })
            }
        }
    };
    (strict $name:ident { $($fields:tt)* }) => {
        $crate::record!(read strict $name { $($fields)* });
        $crate::record!(write $name { $($fields)* });
    };
    ($name:ident { $($fields:tt)* }) => {
        $crate::record!(read $name { $($fields)* });
        $crate::record!(write $name { $($fields)* });
    };
}

/// The JSON of an enum without fields: a string for each variant, as in
/// `words!(Colour { Red as "red", DarkRed as "dark-red" })`.
#[macro_export]
macro_rules! words {
    ($name:ident { $($variant:ident as $text:literal),* $(,)? }) => {
        impl $crate::Serialize for $name {
            fn serialize<S: $crate::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(match self {
                    $($name::$variant => $text,)*
                })
            }
        }

        impl $crate::FromJson for $name {
            fn from_json(value: $crate::Value) -> ::std::result::Result<Self, $crate::Error> {
                let word = <::std::string::String as $crate::FromJson>::from_json(value)?;
                match word.as_str() {
                    $($text => Ok($name::$variant),)*
                    _ => Err($crate::Error::new($crate::Problem::UnknownWord {
                        word,
                        known: &[$($text),*],
                    })),
                }
            }
        }
    };
}

/// The JSON of an enum whose variants have named fields: an object with a field
/// that tells the variant, and its fields behind it.
///
/// `tagged!(Shape by "shape" { Point as "point" {}, Circle as "circle" { radius } })`;
/// `tagged!(strict Shape …)` refuses fields that are not known, and
/// `tagged!(read Shape …)` only reads. Fields are listed as in [`record!`](crate::record!).
#[macro_export]
macro_rules! tagged {
    (@write $name:ident $tag:literal { $(
        $variant:ident as $text:literal {
            $($field:ident $(as $key:literal)? $(or $default:ident)?),* $(,)?
        }
    ),* $(,)? }) => {
        impl $crate::Serialize for $name {
            fn serialize<S: $crate::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                use $crate::serde_core::ser::SerializeMap as _;
                let mut object = serializer.serialize_map(None)?;
                match self {
                    $($name::$variant { $($field),* } => {
                        object.serialize_entry($tag, $text)?;
                        $(object.serialize_entry($crate::name!($field $($key)?), $field)?;)*
                    })*
                }
                object.end()
            }
        }
    };
    (@read $strict:tt $name:ident $tag:literal { $(
        $variant:ident as $text:literal {
            $($field:ident $(as $key:literal)? $(or $default:ident)?),* $(,)?
        }
    ),* $(,)? }) => {
        impl $crate::FromJson for $name {
            fn from_json(value: $crate::Value) -> ::std::result::Result<Self, $crate::Error> {
                let mut fields = $crate::Fields::of(value)?;
                let kind: ::std::string::String = fields.take($tag)?;
                match kind.as_str() {
                    $($text => {
                        $crate::tagged!(@only $strict fields [$($crate::name!($field $($key)?)),*]);
                        Ok($name::$variant {
                            $($field: $crate::take!(
                                fields,
                                $crate::name!($field $($key)?) $(, $default)?
                            ),)*
                        })
                    })*
                    _ => Err($crate::Error::new($crate::Problem::UnknownWord {
                        word: kind,
                        known: &[$($text),*],
                    })
                    .below($tag)),
                }
            }
        }
    };
    (@only [strict] $fields:ident $known:tt) => {
        $fields.only(&$known)?;
    };
    (@only [] $fields:ident $known:tt) => {};
    (read $name:ident by $tag:literal $variants:tt) => {
        $crate::tagged!(@read [] $name $tag $variants);
    };
    (strict $name:ident by $tag:literal $variants:tt) => {
        $crate::tagged!(@read [strict] $name $tag $variants);
        $crate::tagged!(@write $name $tag $variants);
    };
    ($name:ident by $tag:literal $variants:tt) => {
        $crate::tagged!(@read [] $name $tag $variants);
        $crate::tagged!(@write $name $tag $variants);
    };
}

/// The name of a field in JSON.
#[doc(hidden)]
#[macro_export]
macro_rules! name {
    ($field:ident) => {
        ::std::stringify!($field)
    };
    ($field:ident $text:literal) => {
        $text
    };
}

/// A field of an object that is being read.
#[doc(hidden)]
#[macro_export]
macro_rules! take {
    ($fields:ident, $name:expr) => {
        $fields.take($name)?
    };
    ($fields:ident, $name:expr, default) => {
        $fields.take_or_default($name)?
    };
}
