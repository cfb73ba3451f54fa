//! How far a sweep is, on the error stream: a bar on a terminal, a line now and then elsewhere.

use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Characters of the bar.
const WIDTH: usize = 30;
/// Between two drawings of the bar.
const REDRAW: Duration = Duration::from_millis(100);
/// Between two lines.
const LINE: Duration = Duration::from_secs(10);

/// The progress of a sweep.
pub(super) struct Progress<'a> {
    err: &'a mut dyn Write,
    terminal: bool,
    begun: Instant,
    shown: Instant,
    earlier: usize,
    done: usize,
    all: usize,
}

impl<'a> Progress<'a> {
    pub(super) fn new(err: &'a mut dyn Write, terminal: bool) -> Self {
        let now = Instant::now();
        Progress { err, terminal, begun: now, shown: now, earlier: 0, done: 0, all: 0 }
    }

    /// Starts with `done` of `all` points done earlier.
    pub(super) fn begin(&mut self, done: usize, all: usize) {
        (self.earlier, self.done, self.all) = (done, done, all);
        self.begun = Instant::now();
        self.shown = self.begun;
        if done > 0 {
            self.say(&format!("going on: {done} of {all} points are there"));
        }
    }

    /// Counts points, and shows them when it is time.
    pub(super) fn add(&mut self, points: usize) {
        self.done += points;
        let now = Instant::now();
        if now - self.shown >= if self.terminal { REDRAW } else { LINE } {
            self.shown = now;
            self.show(now);
        }
    }

    fn show(&mut self, now: Instant) {
        let seconds = (now - self.begun).as_secs_f64().max(1e-3);
        let rate = (self.done - self.earlier) as f64 / seconds;
        let left = self.all.saturating_sub(self.done) as f64 / rate.max(1e-9);
        let text = format!("{} of {} points, {rate:.0} a second, {} left", self.done, self.all, clock(left));
        if self.terminal {
            let filled = WIDTH * self.done.min(self.all) / self.all.max(1);
            let bar = format!("{}{}", "=".repeat(filled), " ".repeat(WIDTH - filled));
            self.write(&format!("\r[{bar}] {text}\x1b[K"));
        } else {
            self.say(&text);
        }
    }

    fn say(&mut self, line: &str) {
        self.write(&format!("{line}\n"));
    }

    /// Who closed the error stream does not want to know.
    fn write(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
    }

    /// Removes the bar.
    pub(super) fn end(&mut self) -> io::Result<()> {
        if self.terminal {
            self.write("\r\x1b[K");
        }
        Ok(())
    }
}

/// Minutes and seconds, or hours.
fn clock(seconds: f64) -> String {
    let whole = seconds.min(1e9).round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}
