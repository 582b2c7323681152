//! The memory and processor time of a process, as Linux reports them.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// Linux counts processor time in hundredths of a second on every machine.
const TICKS_PER_SECOND: u64 = 100;

/// The resources that a process has used by its end.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Time from the call of [`watch`] to the end of the process.
    pub time: Duration,
    /// Largest resident size in KiB.
    pub peak_kibibytes: u64,
    /// Time on processors, of all threads together.
    pub processor: Duration,
    /// Exit status of the process.
    pub status: ExitStatus,
}

/// Waits for a process, and returns the last figures that Linux reported.
///
/// # Errors
/// If the process cannot be waited for.
pub fn watch(mut child: Child) -> std::io::Result<Usage> {
    let start = Instant::now();
    let folder = format!("/proc/{}", child.id());
    let (mut peak_kibibytes, mut processor) = (0, Duration::ZERO);
    loop {
        let read = |name| std::fs::read_to_string(format!("{folder}/{name}")).unwrap_or_default();
        peak_kibibytes = peak_kibibytes.max(peak(&read("status")).unwrap_or(0));
        processor = processor.max(processor_time(&read("stat")).unwrap_or_default());
        if let Some(status) = child.try_wait()? {
            return Ok(Usage {
                time: start.elapsed(),
                peak_kibibytes,
                processor,
                status,
            });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn peak(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

fn processor_time(stat: &str) -> Option<Duration> {
    // The program's name stands in brackets and may hold any characters; user and system time are the 12th
    // and 13th field after it.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut ticks = fields.split(' ').skip(11).map(str::parse::<u64>);
    let ticks = ticks.next()?.ok()? + ticks.next()?.ok()?;
    Some(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_shows_is_read() {
        assert_eq!(peak("VmPeak:\t 9 kB\nVmHWM:\t    2048 kB\n"), Some(2_048));
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0";
        assert_eq!(processor_time(stat), Some(Duration::from_millis(1_750)));
    }
}
