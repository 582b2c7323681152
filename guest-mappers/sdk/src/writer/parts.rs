use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::{Error, Value};

use super::{Written, write};

/// `RawValue` serializes as a struct with this name and one field with this name, to be written unchanged.
pub(super) const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A list or an object under construction.
pub(super) struct Parts<'o> {
    output: &'o mut Vec<u8>,
    is_empty: bool,
    end: &'static str,
}

impl<'o> Parts<'o> {
    pub(super) fn open(output: &'o mut Vec<u8>, start: &str, end: &'static str) -> Self {
        output.extend_from_slice(start.as_bytes());
        Self {
            output,
            is_empty: true,
            end,
        }
    }

    #[inline]
    fn separate(&mut self) {
        if !self.is_empty {
            self.output.push(b',');
        }
        self.is_empty = false;
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.separate();
        write(self.output, value)
    }

    /// Writes the name unescaped, because it comes from the source code of a type or a table, not from a page.
    pub(super) fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Written {
        if name == RAW_VALUE {
            if let Value::String(json) = serde_json::to_value(value)? {
                self.output.extend_from_slice(json.as_bytes());
            }
            return Ok(());
        }
        let start: &[u8] = if self.is_empty { b"\"" } else { b",\"" };
        self.is_empty = false;
        self.output.reserve(name.len() + 4);
        self.output.extend_from_slice(start);
        self.output.extend_from_slice(name.as_bytes());
        self.output.extend_from_slice(b"\":");
        write(self.output, value)
    }

    pub(super) fn close(self) -> Written {
        self.output.extend_from_slice(self.end.as_bytes());
        Ok(())
    }
}

impl SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.separate();
        let start = self.output.len();
        write(self.output, key)?;
        if self.output.get(start) != Some(&b'"') {
            // `serde_json` turns some keys that are not texts into texts, and rejects the others.
            self.output.truncate(start);
            let map = serde_json::to_string(&Single(key))?;
            let key = map.trim_start_matches('{').trim_end_matches(":null}");
            self.output.extend_from_slice(key.as_bytes());
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.output.push(b':');
        write(self.output, value)
    }

    fn end(self) -> Written {
        self.close()
    }
}

/// A map of one key to null.
struct Single<'k, T: ?Sized>(&'k T);

impl<T: Serialize + ?Sized> Serialize for Single<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, ())])
    }
}

/// Serde has one trait for each kind of list and object.
macro_rules! parts {
    ($($part:ident: $($trait:ident.$method:ident($($name:ident)?)),*;)*) => {
        $($(impl $trait for Parts<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Written {
                self.$part($($name,)? value)
            }

            fn end(self) -> Written {
                self.close()
            }
        })*)*
    };
}

parts! {
    element:
        SerializeSeq.serialize_element(),
        SerializeTuple.serialize_element(),
        SerializeTupleStruct.serialize_field(),
        SerializeTupleVariant.serialize_field();
    field:
        SerializeStruct.serialize_field(name),
        SerializeStructVariant.serialize_field(name);
}
