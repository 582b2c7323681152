//! Evaluates JMESPath expressions, with a limit on the number of steps.

use std::cell::Cell;

use bumpalo::Bump;

use crate::plan::{Comparator, Expression};
use crate::value::Value;

/// The reason that an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It took too many steps.
    TooCostly,
    /// A function does not accept its arguments; the sentence lists what it accepts.
    Function(String),
}

/// The arena and the remaining steps of an evaluation.
pub(crate) struct Evaluator<'b> {
    /// Holds new values until the page is done.
    pub(crate) arena: &'b Bump,
    steps_left: Cell<u64>,
}

impl<'b> Evaluator<'b> {
    /// Returns an evaluator without steps; [`Evaluator::allow`] gives it some.
    pub(crate) const fn new(arena: &'b Bump) -> Self {
        Self {
            arena,
            steps_left: Cell::new(0),
        }
    }

    /// Sets the number of steps that may follow.
    pub(crate) fn allow(&self, steps: u64) {
        self.steps_left.set(steps);
    }

    /// The number of steps that may follow.
    pub(crate) fn steps_left(&self) -> u64 {
        self.steps_left.get()
    }

    /// Counts steps: one for each node that is evaluated, and one for each element that is written.
    #[inline]
    pub(crate) fn spend(&self, steps: usize) -> Result<(), Fault> {
        let left = self.steps_left.get().checked_sub(steps as u64);
        self.steps_left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or(Fault::TooCostly)
    }

    /// The value of an expression on a value. Long, because every kind of expression has its arm.
    pub(crate) fn evaluate(
        &self,
        expression: &'b Expression<'b>,
        on: Value<'b>,
    ) -> Result<Value<'b>, Fault> {
        self.spend(1)?;
        Ok(match expression {
            Expression::Current => on,
            Expression::Field(name, place) => match on {
                Value::Object(object) => {
                    self.spend(object.others.len() / 8)?;
                    object.get(name, *place)
                }
                _ => Value::Null,
            },
            Expression::Path(places) => path(on, places),
            Expression::Then(both) => self.evaluate(&both[1], self.evaluate(&both[0], on)?)?,
            Expression::Each(both) => match self.evaluate(&both[0], on)? {
                Value::List(elements) => self.each(&both[1], elements)?,
                _ => Value::Null,
            },
            Expression::Where(both) => {
                if self.evaluate(&both[0], on)?.is_true() {
                    self.evaluate(&both[1], on)?
                } else {
                    Value::Null
                }
            }
            Expression::Compare(comparator, both) => {
                let left = self.evaluate(&both[0], on)?;
                self.compare(*comparator, left, self.evaluate(&both[1], on)?)?
            }
            Expression::Literal(literal) => {
                self.spend(literal.size() - 1)?;
                Value::literal(literal, self.arena)
            }
            Expression::Index(index) => index_of(on, *index),
            Expression::Slice(start, stop, step) => self.slice(on, *start, *stop, *step)?,
            Expression::Flatten(inner) => self.flatten(self.evaluate(inner, on)?)?,
            Expression::Values(inner) => match self.evaluate(inner, on)? {
                Value::Object(object) => self.values(object.members())?,
                _ => Value::Null,
            },
            Expression::Or(both) => {
                let left = self.evaluate(&both[0], on)?;
                if left.is_true() {
                    left
                } else {
                    self.evaluate(&both[1], on)?
                }
            }
            Expression::And(both) => {
                let left = self.evaluate(&both[0], on)?;
                if left.is_true() {
                    self.evaluate(&both[1], on)?
                } else {
                    left
                }
            }
            Expression::Not(inner) => Value::Boolean(!self.evaluate(inner, on)?.is_true()),
            Expression::List(elements) if !on.is_null() => {
                let mut values = self.list(elements.len())?;
                for element in elements {
                    values.push(self.evaluate(element, on)?);
                }
                self.kept(&values)
            }
            Expression::Object(members) if !on.is_null() => {
                self.spend(members.len())?;
                let mut values = Vec::with_capacity(members.len());
                for (name, member) in members {
                    values.push((*name, self.evaluate(member, on)?));
                }
                Value::object(self.arena.alloc_slice_copy(&values), self.arena)
            }
            Expression::List(_) | Expression::Object(_) => Value::Null,
            Expression::Call(function, arguments) => {
                self.spend(arguments.len())?;
                // Right into the arena: functions are called more often than anything else.
                let evaluated = arguments.iter().map(|argument| self.evaluate(argument, on));
                let given = self.arena.alloc_slice_try_fill_iter(evaluated)?;
                self.call(*function, given)?
            }
            Expression::Reference(inner) => Value::Reference(inner),
        })
    }

    /// Copies a list into the arena of the page.
    pub(crate) fn kept(&self, values: &[Value<'b>]) -> Value<'b> {
        Value::List(self.arena.alloc_slice_copy(values))
    }

    /// An empty list; its capacity is charged as steps.
    pub(crate) fn list(&self, capacity: usize) -> Result<Vec<Value<'b>>, Fault> {
        self.spend(capacity)?;
        Ok(Vec::with_capacity(capacity))
    }

    fn each(
        &self,
        expression: &'b Expression<'b>,
        elements: &'b [Value<'b>],
    ) -> Result<Value<'b>, Fault> {
        let mut values = self.list(elements.len())?;
        for element in elements {
            let value = self.evaluate(expression, *element)?;
            if !value.is_null() {
                values.push(value);
            }
        }
        Ok(self.kept(&values))
    }

    /// The values of members, as a list.
    pub(crate) fn values(&self, members: Vec<(&'b str, Value<'b>)>) -> Result<Value<'b>, Fault> {
        let mut values = self.list(members.len())?;
        values.extend(members.into_iter().map(|member| member.1));
        Ok(self.kept(&values))
    }

    fn flatten(&self, value: Value<'b>) -> Result<Value<'b>, Fault> {
        let Value::List(elements) = value else {
            return Ok(Value::Null);
        };
        let mut values = self.list(elements.len())?;
        for element in elements {
            match element {
                Value::List(inner) => {
                    self.spend(inner.len())?;
                    values.extend_from_slice(inner);
                }
                other => values.push(*other),
            }
        }
        Ok(self.kept(&values))
    }

    fn slice(
        &self,
        value: Value<'b>,
        start: Option<i32>,
        stop: Option<i32>,
        step: i32,
    ) -> Result<Value<'b>, Fault> {
        let Value::List(elements) = value else {
            return Ok(Value::Null);
        };
        let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
        let step = i64::from(step);
        let (lowest, highest) = if step < 0 {
            (-1, length - 1)
        } else {
            (0, length)
        };
        let place = |end: Option<i32>, otherwise: i64| match end.map(i64::from) {
            None => otherwise,
            Some(end) if end < 0 => (end + length).max(lowest),
            Some(end) => end.min(highest),
        };
        let (mut at, end) = match step < 0 {
            true => (place(start, length - 1), place(stop, -1)),
            false => (place(start, 0), place(stop, length)),
        };
        let mut values = self.list(0)?;
        while step != 0 && if step < 0 { at > end } else { at < end } {
            self.spend(1)?;
            values.extend(usize::try_from(at).ok().and_then(|at| elements.get(at)));
            at += step;
        }
        Ok(self.kept(&values))
    }

    fn compare(
        &self,
        comparator: Comparator,
        left: Value<'b>,
        right: Value<'b>,
    ) -> Result<Value<'b>, Fault> {
        if let (Comparator::Equal | Comparator::NotEqual, Value::List(_) | Value::Object(_)) =
            (comparator, left)
        {
            self.spend(size(left))?;
        }
        let order = || match (left, right) {
            (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(&right)),
            _ => left.number()?.partial_cmp(&right.number()?),
        };
        let outcome = match comparator {
            Comparator::Equal => Some(left == right),
            Comparator::NotEqual => Some(left != right),
            Comparator::Less => order().map(|order| order.is_lt()),
            Comparator::LessOrEqual => order().map(|order| order.is_le()),
            Comparator::Greater => order().map(|order| order.is_gt()),
            Comparator::GreaterOrEqual => order().map(|order| order.is_ge()),
        };
        Ok(outcome.map_or(Value::Null, Value::Boolean))
    }
}

/// A member of a member, where all of them are in places of objects that were read.
#[inline]
pub(crate) fn path<'b>(on: Value<'b>, places: &[u16]) -> Value<'b> {
    let mut value = on;
    for place in places {
        value = match value {
            Value::Object(object) => match object.places.get(usize::from(*place)) {
                None | Some(Value::Absent) => Value::Null,
                Some(member) => *member,
            },
            _ => return Value::Null,
        };
    }
    value
}

/// The number of values in a value, itself included.
pub(crate) fn size(value: Value<'_>) -> usize {
    match value {
        Value::List(elements) => 1 + elements.iter().copied().map(size).sum::<usize>(),
        Value::Object(object) => {
            let others = object.others.iter().map(|member| member.1);
            let members = object.places.iter().copied().chain(others);
            1 + members.map(size).sum::<usize>()
        }
        Value::Text(text) => 1 + text.len() / 64,
        _ => 1,
    }
}

/// An element of a list; a negative index counts from its end.
fn index_of(value: Value<'_>, index: i32) -> Value<'_> {
    let Value::List(elements) = value else {
        return Value::Null;
    };
    let index = match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => elements.len().checked_sub(index.unsigned_abs() as usize),
    };
    let element = index.and_then(|index| elements.get(index));
    element.copied().unwrap_or(Value::Null)
}
