//! Answers of a mapping: first valid for the WIT, then as arbitrary memory.

use std::sync::Arc;

use anyhow::ensure;
use portolan_page::Page;
use portolan_page::object::Object;
use portolan_records::from_page;
use portolan_sandbox::{Engine, Limits, Mapped, Mapper, Module, ModuleSource};
use serde_json::Value;

use super::puppet::{self, Answer, is_printable, is_refused, sound};

#[test]
fn nothing_is_believed_of_an_answer() {
    let engine = Engine::new(1, Limits::default()).unwrap();
    let module = Module::load(&engine, None, ModuleSource::Stock, &puppet::mapping()).unwrap();
    let module = Arc::new(module);
    super::run(&["fuzz/answer"], 600, |text| {
        let mapper = Mapper::assemble(Object::EcsTask, Arc::clone(&module), &[]).unwrap();
        is_checked(&engine, &mapper, text)
    });
}

/// The answer that a text of the corpus describes, and other words for its result, if the text has some.
fn told(text: &[u8]) -> Option<(Answer, Option<[u32; 7]>)> {
    let told: Value = serde_json::from_slice(text).ok()?;
    let number = |value: &Value| value.as_i64().unwrap_or(0) as u32;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut answer = Answer::default();
    for row in list(&told["rows"]) {
        match &row[1] {
            Value::String(record) => answer.add(number(&row[0]), record.as_bytes()),
            offset => answer
                .rows
                .push([number(&row[0]), number(offset), number(&row[2])]),
        }
    }
    answer.payload.extend(text(&told["payload"]).into_bytes());
    for issue in list(&told["issues"]) {
        let source_index = issue[0].as_i64().map(|index| index as u32);
        let said = [2, 3, 4].map(|place: usize| text(&issue[place]));
        answer.issues.push((source_index, number(&issue[1]), said));
    }
    let words: Vec<u32> = list(&told["words"]).iter().map(number).collect();
    Some((answer, words.try_into().ok()))
}

/// Whether an answer is accepted. An answer that is valid for the WIT is accepted unchanged if its rows are
/// sound.
fn is_checked(engine: &Engine, mapper: &Mapper, text: &[u8]) -> anyhow::Result<bool> {
    let told = told(text);
    let mut memory = told
        .as_ref()
        .map_or_else(|| text.to_owned(), |(answer, _)| answer.memory());
    if let Some((_, Some(words))) = &told {
        let words = words.iter().flat_map(|word| word.to_le_bytes());
        memory.splice(..28, words);
    }
    let page = puppet::page(&memory, &[]);
    let mapped = mapper.module.map(engine, &page);
    match (&told, &mapped) {
        (Some((answer, None)), Ok(mapped)) => {
            ensure!(mapped.payload == answer.payload, "another payload");
            let rows = mapped
                .rows
                .iter()
                .map(|row| (row.source_index, row.span.clone()));
            let told = answer.rows.iter().map(|row| row.map(|word| word as usize));
            ensure!(
                rows.eq(told.map(|[index, offset, length]| (index, offset..offset + length))),
                "other rows"
            );
        }
        (Some((answer, None)), Err(error)) => ensure!(!is_sound(answer, &page), "{error}"),
        _ => {}
    }
    match &mapped {
        Ok(mapped) => is_bounded(mapped, &page)?,
        Err(error) => is_refused(error)?,
    }
    match from_page(engine, mapper, &page) {
        Ok(records) => drop(sound(mapper, &page, &records)?),
        Err(error) => is_refused(&error)?,
    }
    Ok(mapped.is_ok())
}

/// Whether the rows name objects, each once, and parts of the payload.
fn is_sound(answer: &Answer, page: &Page) -> bool {
    let rows = answer.rows.iter().map(|row| row.map(|word| word as usize));
    let mut objects: Vec<usize> = answer.rows.iter().map(|row| row[0] as usize).collect();
    objects.sort_unstable();
    objects.windows(2).all(|pair| pair[0] != pair[1])
        && rows.into_iter().all(|[index, offset, length]| {
            page.has(index) && offset + length <= answer.payload.len()
        })
        && answer
            .issues
            .iter()
            .all(|(_, severity, _)| severity & 0xff < 2)
}

fn is_bounded(mapped: &Mapped, page: &Page) -> anyhow::Result<()> {
    let mut objects = vec![false; page.len()];
    for row in &mapped.rows {
        ensure!(page.has(row.source_index), "a row of no object");
        ensure!(
            !std::mem::replace(&mut objects[row.source_index], true),
            "two rows"
        );
        ensure!(
            mapped.payload.get(row.span.clone()).is_some(),
            "a row outside of the payload"
        );
    }
    for issue in &mapped.issues {
        ensure!(
            issue.source_index.is_none_or(|index| page.has(index)),
            "an issue of no object"
        );
        let said = [
            (&issue.code, 64),
            (&issue.path, 256),
            (&issue.message, 1_024),
        ];
        for (text, limit) in said {
            ensure!(text.chars().count() <= limit + 1, "an issue is too long");
            is_printable(text)?;
        }
    }
    Ok(())
}
