//! The functions of JMESPath.
//!
//! An absent value stays absent: a function that gets null where it does not accept null returns null. The
//! specification makes that an error, which would reject every object without the member.

use std::cmp::Ordering;

use crate::beyond::identifier;
use crate::evaluate::{Evaluator, Fault, size};
use crate::function::Function;
use crate::value::{Value, text};

impl<'b> Evaluator<'b> {
    /// Calls a function.
    pub(crate) fn call(
        &self,
        function: Function,
        given: &'b [Value<'b>],
    ) -> Result<Value<'b>, Fault> {
        self.spend(given.iter().copied().map(size).sum())?;
        match self.apply(function, given)? {
            Some(value) => Ok(value),
            None if given.iter().any(|value| value.is_null()) => Ok(Value::Null),
            None => {
                let types: Vec<_> = given.iter().copied().map(described).collect();
                Err(Fault::Function(format!(
                    "the function {} cannot take ({})",
                    function.name(),
                    types.join(", ")
                )))
            }
        }
    }

    /// The value; `None` if the function does not accept its arguments. Long, because every function has an
    /// arm for each type that it accepts.
    fn apply(
        &self,
        function: Function,
        given: &'b [Value<'b>],
    ) -> Result<Option<Value<'b>>, Fault> {
        use Value::{Boolean, Float, Integer, List, Object, Reference, Text, Time};
        let one = given.first().copied().unwrap_or(Value::Null);
        let other = given.get(1).copied().unwrap_or(Value::Null);
        Ok(match (function, one, other) {
            (Function::Abs, Integer(value), _) if value > i64::MIN => Some(Integer(value.abs())),
            (Function::Abs, ..) => one.number().map(|value| Value::computed(value.abs())),
            (Function::Ceil, ..) => one.number().map(|value| whole(one, value.ceil())),
            (Function::Floor, ..) => one.number().map(|value| whole(one, value.floor())),
            (Function::Avg, ..) => numbers(one).map(average),
            (Function::Sum, ..) => numbers(one).map(|numbers| sum(one, &numbers)),
            (Function::Contains, Text(text), Text(part)) => Some(Boolean(holds(text, part))),
            (Function::Contains, Text(_), _) if !other.is_null() => Some(Boolean(false)),
            (Function::Contains, List(list), _) => Some(Boolean(list.contains(&other))),
            (Function::StartsWith, Text(text), Text(part)) => Some(Boolean(text.starts_with(part))),
            (Function::EndsWith, Text(text), Text(part)) => Some(Boolean(text.ends_with(part))),
            (Function::Join, Text(glue), List(list)) => self.join(glue, list)?,
            (Function::Keys, Object(object), _) => {
                let names = object.members().into_iter();
                let mut values = self.list(names.len())?;
                values.extend(names.map(|(name, _)| Text(name)));
                Some(self.kept(&values))
            }
            (Function::Values, Object(object), _) => Some(self.values(object.members())?),
            (Function::Length, Text(text), _) => Some(count(text.chars().count())),
            (Function::Length, List(list), _) => Some(count(list.len())),
            (Function::Length, Object(object), _) => Some(count(object.members().len())),
            (Function::Map, Reference(expression), List(list)) => {
                Some(List(self.mapped(expression, list)?))
            }
            (Function::Max | Function::Min, List(list), _) => self.extreme(function, list, list)?,
            (Function::MaxBy | Function::MinBy, List(list), Reference(expression)) => {
                self.extreme(function, list, self.mapped(expression, list)?)?
            }
            (Function::Sort, List(list), _) => self.sorted(function, list, list)?,
            (Function::SortBy, List(list), Reference(expression)) => {
                self.sorted(function, list, self.mapped(expression, list)?)?
            }
            (Function::Merge, ..) => self.merge(given)?,
            (Function::NotNull, ..) => {
                let found = given.iter().find(|value| !value.is_null());
                Some(found.copied().unwrap_or(Value::Null))
            }
            (Function::Reverse, Text(text), _) => {
                Some(Text(self.keep(&text.chars().rev().collect::<String>())?))
            }
            (Function::Reverse, List(list), _) => {
                let mut values = self.list(list.len())?;
                values.extend(list.iter().rev().copied());
                Some(self.kept(&values))
            }
            (Function::Lower, Text(text), _) => Some(Text(self.keep(&text.to_lowercase())?)),
            (Function::Upper, Text(text), _) => Some(Text(self.keep(&text.to_uppercase())?)),
            (Function::Identifier, Text(text), _) => Some(Text(self.keep(&identifier(text))?)),
            (Function::Identifier | Function::Lower | Function::Upper, Value::Null, _) => {
                Some(Value::Null)
            }
            (Function::Without, List(list), List(others)) => Some(self.without(list, others)?),
            (Function::Without, List(_), Value::Null) => Some(one),
            (Function::Untrusted, List(list), Reference(image)) => match given.get(2) {
                Some(List(registries)) => Some(self.untrusted(list, image, registries)?),
                _ => None,
            },
            (Function::ToArray, List(_), _) => Some(one),
            (Function::ToArray, ..) => Some(List(given)),
            (Function::ToNumber, Integer(_) | Float(_) | Time(_), _) => Some(one),
            (Function::ToNumber, Text(text), _) => Some(number(text)),
            (Function::ToNumber, ..) => Some(Value::Null),
            (Function::ToString, Text(_), _) => Some(one),
            (Function::ToString, Reference(_), _) => None,
            (Function::ToString, ..) => match serde_json::to_string(&one) {
                Ok(json) => Some(Text(self.keep(&json)?)),
                Err(_) => None,
            },
            (Function::Type, ..) => Some(Text(one.type_name())),
            (
                Function::Contains
                | Function::StartsWith
                | Function::EndsWith
                | Function::Identifier
                | Function::Join
                | Function::Keys
                | Function::Values
                | Function::Length
                | Function::Lower
                | Function::Map
                | Function::Upper
                | Function::Max
                | Function::Min
                | Function::MaxBy
                | Function::MinBy
                | Function::Sort
                | Function::SortBy
                | Function::Reverse
                | Function::Untrusted
                | Function::Without,
                ..,
            ) => None,
        })
    }

    /// Copies a text into the arena; its length is charged as steps.
    fn keep(&self, text: &str) -> Result<&'b str, Fault> {
        self.spend(text.len() / 64)?;
        Ok(self.arena.alloc_str(text))
    }

    pub(crate) fn mapped(
        &self,
        expression: &'b crate::plan::Expression<'b>,
        list: &'b [Value<'b>],
    ) -> Result<&'b [Value<'b>], Fault> {
        let mut values = self.list(list.len())?;
        for element in list {
            values.push(self.evaluate(expression, *element)?);
        }
        Ok(self.arena.alloc_slice_copy(&values))
    }

    /// Joins texts with glue between them and skips nulls; `None` if the list holds another type.
    fn join(&self, glue: &str, list: &[Value<'b>]) -> Result<Option<Value<'b>>, Fault> {
        let mut texts = Vec::with_capacity(list.len());
        for value in list {
            match value {
                Value::Text(text) => texts.push(*text),
                other if other.is_null() => {}
                _ => return Ok(None),
            }
        }
        let length = texts.iter().map(|text| text.len()).sum::<usize>();
        let glued = texts.len().saturating_sub(1).saturating_mul(glue.len());
        // Charged before the text is made, because a long glue makes a long text of a short list.
        self.spend(length.saturating_add(glued) / 64)?;
        let joined = self.arena.alloc_str(&texts.join(glue));
        Ok(Some(Value::Text(joined)))
    }

    /// The element with the largest or smallest key. Of equal keys the first counts; elements without a key
    /// are skipped.
    fn extreme(
        &self,
        function: Function,
        list: &'b [Value<'b>],
        by: &'b [Value<'b>],
    ) -> Result<Option<Value<'b>>, Fault> {
        let order = order(function, by)?;
        let is_max = matches!(function, Function::Max | Function::MaxBy);
        let mut best = None;
        for (place, _) in by.iter().enumerate().filter(|each| !each.1.is_null()) {
            let is_better = best.is_none_or(|best| match is_max {
                true => order(place, best).is_gt(),
                false => order(place, best).is_lt(),
            });
            if is_better {
                best = Some(place);
            }
        }
        Ok(Some(best.map_or(Value::Null, |best| list[best])))
    }

    fn sorted(
        &self,
        function: Function,
        list: &'b [Value<'b>],
        by: &'b [Value<'b>],
    ) -> Result<Option<Value<'b>>, Fault> {
        let order = order(function, by)?;
        // A sort compares each element about log2 of the length times.
        self.spend(list.len() * (usize::BITS - list.len().leading_zeros()) as usize)?;
        let mut places: Vec<usize> = (0..list.len()).collect();
        places.sort_by(|left, right| order(*left, *right));
        let mut values = self.list(list.len())?;
        values.extend(places.into_iter().map(|place| list[place]));
        Ok(Some(self.kept(&values)))
    }

    /// The members of all objects; if a name is repeated, the last counts.
    fn merge(&self, given: &'b [Value<'b>]) -> Result<Option<Value<'b>>, Fault> {
        let mut members = Vec::new();
        for value in given {
            let Value::Object(object) = value else {
                return Ok(None);
            };
            let more = object.members();
            self.spend(more.len())?;
            members.extend(more);
        }
        let members = self.arena.alloc_slice_copy(&members);
        Ok(Some(Value::object(members, self.arena)))
    }
}

/// Whether a text holds another one. In a short text a plain search is done before the standard library's has
/// prepared itself.
fn holds(text: &str, part: &str) -> bool {
    /// The longest text that is searched so.
    const SHORT: usize = 64;
    let (text_bytes, part_bytes) = (text.as_bytes(), part.as_bytes());
    match part_bytes.first() {
        Some(first) if text.len() <= SHORT => {
            let mut places = text_bytes.windows(part.len());
            places.any(|place| place.first() == Some(first) && place == part_bytes)
        }
        _ => text.contains(part),
    }
}

/// Compares two positions of a list.
type Order<'b> = Box<dyn Fn(usize, usize) -> Ordering + 'b>;

/// Compares positions in a list of texts or numbers; nulls come last.
fn order<'b>(function: Function, by: &'b [Value<'b>]) -> Result<Order<'b>, Fault> {
    if let Some(keys) = keys(by, text) {
        return Ok(Box::new(move |left, right| {
            nulls_last(keys[left], keys[right], Ord::cmp)
        }));
    }
    if let Some(keys) = keys(by, |value| value.number()) {
        return Ok(Box::new(move |left, right| {
            nulls_last(keys[left], keys[right], f64::total_cmp)
        }));
    }
    Err(Fault::Function(format!(
        "the function {} cannot compare keys that are {}",
        function.name(),
        types(by)
    )))
}

/// Reads all keys with `read`; `None` if it fails on one of them. A null key is absent.
fn keys<'b, K>(by: &[Value<'b>], read: impl Fn(Value<'b>) -> Option<K>) -> Option<Vec<Option<K>>> {
    let keys = by.iter().map(|value| match value.is_null() {
        true => Some(None),
        false => read(*value).map(Some),
    });
    keys.collect()
}

fn nulls_last<K>(
    left: Option<K>,
    right: Option<K>,
    order: impl Fn(&K, &K) -> Ordering,
) -> Ordering {
    match (&left, &right) {
        (Some(left), Some(right)) => order(left, right),
        _ => left.is_none().cmp(&right.is_none()),
    }
}

/// The numbers of a list, without nulls.
fn numbers(value: Value<'_>) -> Option<Vec<f64>> {
    match value {
        Value::List(list) => {
            let list = list.iter().filter(|value| !value.is_null());
            list.map(|value| value.number()).collect()
        }
        _ => None,
    }
}

fn average<'b>(numbers: Vec<f64>) -> Value<'b> {
    let average = numbers.iter().sum::<f64>() / numbers.len() as f64;
    match average.is_finite() {
        true => Value::Float(average),
        false => Value::Null,
    }
}

/// The sum of a list. It is exact for integers, as long as it fits one.
fn sum<'b>(list: Value<'b>, numbers: &[f64]) -> Value<'b> {
    let integers = match list {
        Value::List(list) => list.iter().try_fold(0, |sum: i64, value| match value {
            Value::Integer(value) => sum.checked_add(*value),
            other => other.is_null().then_some(sum),
        }),
        _ => None,
    };
    match integers {
        Some(sum) => Value::Integer(sum),
        None => Value::computed(numbers.iter().sum()),
    }
}

/// The type of an argument; for a list, the types of its elements.
fn described(value: Value<'_>) -> String {
    match value {
        Value::List(list) if list.iter().any(|element| !element.is_null()) => {
            format!("array of {}", types(list))
        }
        other => other.type_name().to_owned(),
    }
}

/// The types of values, each once, in order of appearance; null last.
fn types(values: &[Value<'_>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in values.iter().map(|value| value.type_name()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort_by_key(|name| *name == "null");
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A rounded number; an integer stays as it is.
fn whole(given: Value<'_>, rounded: f64) -> Value<'_> {
    match given {
        Value::Integer(_) => given,
        _ => Value::computed(rounded),
    }
}

fn count<'b>(number: usize) -> Value<'b> {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The number that a text represents in JSON; null if it is not a number.
fn number(text: &str) -> Value<'_> {
    match serde_json::from_str::<serde_json::Number>(text) {
        Ok(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => Value::Integer(value),
            (None, Some(value)) => Value::Float(value),
            (None, None) => Value::Null,
        },
        Err(_) => Value::Null,
    }
}
