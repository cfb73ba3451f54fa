//! Ctrl-C and SIGTERM: a long command ends in order, with what is finished kept; a second one ends it at once.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Failure;

static STOP: AtomicBool = AtomicBool::new(false);

/// From now on, the first signal is only noted.
pub(super) fn watch() -> Result<(), Failure> {
    STOP.store(false, Ordering::Relaxed);
    let handler = || {
        if STOP.swap(true, Ordering::Relaxed) {
            #[allow(clippy::exit, reason = "asked for twice: now, with the finished lines whole")]
            std::process::exit(super::Exit::Interrupted as i32);
        }
    };
    match ctrlc::set_handler(handler) {
        // Tests run several commands in one process: the handler is there already.
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(error) => Err(Failure::Tool(format!("cannot watch for Ctrl-C: {error}"))),
    }
}

/// Whether there was a signal.
pub(super) fn asked() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// The flag itself, for work that looks at it.
pub(super) fn flag() -> &'static AtomicBool {
    &STOP
}
