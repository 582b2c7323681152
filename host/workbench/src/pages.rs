//! Recorded pages to test modules with.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::WorkbenchError;
use portolan_page::Page;
use portolan_page::object::Object;
use portolan_page::recording::Pages;

/// Every page of a recording, as modules for these objects get it, with the number of its line.
///
/// # Errors
/// If the file cannot be read, or a line is not a page.
pub fn read_all(file: &Path, objects: &[Object]) -> Result<Vec<(u64, Page)>, WorkbenchError> {
    each(file, objects)?.collect()
}

/// Like [`read_all`], but one page at a time, so that a recording may be larger than memory.
///
/// # Errors
/// Like [`read_all`].
pub fn each(
    file: &Path,
    objects: &[Object],
) -> Result<impl Iterator<Item = Result<(u64, Page), WorkbenchError>> + use<>, WorkbenchError> {
    let opened = open(file)?;
    let (file, objects) = (file.to_owned(), objects.to_vec());
    Ok(opened.flat_map(move |read| match page(&file, read) {
        Ok((number, page)) => {
            let pages = of_objects(page, &objects);
            pages.into_iter().map(|page| Ok((number, page))).collect()
        }
        Err(error) => vec![Err(error)],
    }))
}

/// A page as modules for these objects get it: as it is, as its parts, or both. A page that no module is for
/// stays as it is.
fn of_objects(page: Page, objects: &[Object]) -> Vec<Page> {
    let of = |object: &Object| page.of(*object, None).ok().flatten().map(Cow::into_owned);
    let pages: Vec<Page> = objects.iter().filter_map(of).collect();
    match pages.is_empty() {
        true => vec![page],
        false => pages,
    }
}

/// One page of a recording: the page at a line, or the first page of an object that a module is for.
///
/// # Errors
/// If the file cannot be read, the line is missing or not a page, or no page is of these objects.
pub fn choose(
    file: &Path,
    line: Option<u64>,
    objects: &[Object],
) -> Result<(u64, Page), WorkbenchError> {
    let mut others = Vec::new();
    for read in open(file)? {
        if let (Ok((number, _)), Some(line)) = (&read, line)
            && *number != line
        {
            continue;
        }
        let (number, page) = page(file, read)?;
        let page = of_objects(page, objects).swap_remove(0);
        if objects.contains(&page.object) {
            return Ok((number, page));
        }
        if line.is_some() {
            return Err(WorkbenchError::Unfit(format!(
                "line {number} of {} is a page of {}, but the module is for {}; leave out --line to take the first page that it is for",
                file.display(),
                page.object,
                names(objects)
            )));
        }
        if !others.contains(&page.object) {
            others.push(page.object);
        }
    }
    Err(WorkbenchError::Unfit(match line {
        Some(line) => format!("{} has no line {line}", file.display()),
        None => format!(
            "{} has no page of {}, only of {}; record some with `portolan sync --record FILE`",
            file.display(),
            names(objects),
            names(&others)
        ),
    }))
}

fn names(objects: &[Object]) -> String {
    let names: Vec<&str> = objects.iter().map(|object| object.name()).collect();
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

fn open(file: &Path) -> Result<Pages<Box<dyn BufRead>>, WorkbenchError> {
    let input: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let opened = File::open(file).map_err(WorkbenchError::reading(file))?;
        Box::new(BufReader::with_capacity(256 * 1024, opened))
    };
    Ok(Pages::new(input))
}

fn page(
    file: &Path,
    read: std::io::Result<(u64, Result<Page, String>)>,
) -> Result<(u64, Page), WorkbenchError> {
    let (number, page) = read.map_err(WorkbenchError::reading(file))?;
    let page = page.map_err(|reason| {
        WorkbenchError::Unfit(format!(
            "line {number} of {} is not a recorded page: {reason}",
            file.display()
        ))
    })?;
    Ok((number, page))
}
