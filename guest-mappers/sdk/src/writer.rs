//! Writes records as JSON, byte for byte as `serde_json` does.
//!
//! `serde_json` searches for characters to escape byte by byte, and in the sandbox each round of a loop
//! checks whether the module's time is up. This writer searches 32 bytes per round and copies a text without
//! escapes as a whole, which makes the mapping of a page of tasks 6 % faster. It leaves rare values (texts
//! with escapes, unusual keys) to `serde_json`.

mod parts;
mod plain;
#[cfg(test)]
mod tests;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Error;

use parts::{Parts, RAW_VALUE};
use plain::is_plain;

type Written = Result<(), Error>;

/// Appends a value. After an error, a part of it may have been appended.
pub(crate) fn write(output: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> Written {
    value.serialize(Writer(output))
}

/// Appends an object of these members, whose names are written as they are, and of the text of others.
pub(crate) fn write_attributes(
    output: &mut Vec<u8>,
    attributes: &[(&str, impl Serialize)],
    rest: &[u8],
) -> Written {
    let mut parts = Parts::open(output, "{", "");
    for (name, value) in attributes {
        parts.field(name, value)?;
    }
    parts.close()?;
    output.extend_from_slice(rest);
    output.push(b'}');
    Ok(())
}

fn write_text(output: &mut Vec<u8>, text: &str) -> Written {
    if !is_plain(text.as_bytes()) {
        return serde_json::to_writer(output, text);
    }
    output.reserve(text.len() + 2);
    output.push(b'"');
    output.extend_from_slice(text.as_bytes());
    output.push(b'"');
    Ok(())
}

struct Writer<'o>(&'o mut Vec<u8>);

/// Values that `serde_json` writes just as fast.
macro_rules! leave {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Written {
            serde_json::to_writer(self.0, &value)
        })*
    };
}

impl<'o> Serializer for Writer<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'o>;
    type SerializeTuple = Parts<'o>;
    type SerializeTupleStruct = Parts<'o>;
    type SerializeTupleVariant = Parts<'o>;
    type SerializeMap = Parts<'o>;
    type SerializeStruct = Parts<'o>;
    type SerializeStructVariant = Parts<'o>;

    leave! {
        serialize_bool: bool, serialize_char: char,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_i128: i128, serialize_u128: u128, serialize_f32: f32, serialize_f64: f64,
    }

    fn serialize_str(self, value: &str) -> Written {
        write_text(self.0, value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Written {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Written {
        let mut map = Parts::open(self.0, "{", "}");
        map.serialize_entry(name, value)?;
        SerializeMap::end(map)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'o>, Error> {
        Ok(Parts::open(self.0, "[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'o>, Error> {
        Ok(Parts::open(self.0, "[", "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts<'o>, Error> {
        Ok(Parts::open(self.0, "[", "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Parts<'o>, Error> {
        self.0.push(b'{');
        write_text(self.0, name)?;
        Ok(Parts::open(self.0, ":[", "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'o>, Error> {
        Ok(Parts::open(self.0, "{", "}"))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'o>, Error> {
        Ok(match name {
            RAW_VALUE => Parts::open(self.0, "", ""),
            _ => Parts::open(self.0, "{", "}"),
        })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Parts<'o>, Error> {
        self.0.push(b'{');
        write_text(self.0, name)?;
        Ok(Parts::open(self.0, ":{", "}}"))
    }
}
