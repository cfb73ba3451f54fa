//! What is wrong with a record, where, and what to do: one type for every file that is read.
//!
//! An [`Error`] holds every problem found at once. Its `Display` is one line per problem, `source:line:column: message`;
//! [`Error::render`] draws the same with the source lines. Neither prints anything.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

/// Who has to act, which is what an exit code tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An argument is wrong: a name that nothing has, a `--set` that does not hold.
    Usage,
    /// A file was read and what it says is wrong.
    Input,
    /// Everything is well formed, but one does not fit the other.
    Fit,
    /// A file could not be read or written.
    Io,
}

/// One thing that is wrong: what was found, the limit with its reason, the place, the remedy.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Lowercase fragment: value, limit, reason.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// Where it is; none for a file that is not there.
    pub place: Option<Place>,
}

/// A range of bytes in a named text.
#[derive(Clone, Debug)]
pub struct Place {
    source: NamedSource<Arc<str>>,
    text: Arc<str>,
    span: Range<usize>,
}

/// Everything that is wrong with one input.
#[derive(Clone, Debug)]
pub struct Error {
    /// Who has to act.
    pub kind: Kind,
    /// What the problems are about, e.g. "design x.toml".
    pub subject: String,
    /// At least one.
    pub problems: Vec<Problem>,
}

impl Place {
    /// The bytes `span` of `text`, which the reader knows as `source`. A span outside the text is cut to it.
    pub fn new(source: &str, text: &Arc<str>, span: Range<usize>) -> Self {
        let boundary = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = boundary(span.start.min(text.len()));
        let end = boundary(span.end.clamp(start, text.len()));
        Self { source: NamedSource::new(source, Arc::clone(text)), text: Arc::clone(text), span: start..end }
    }

    /// The file, preset or argument.
    pub fn source(&self) -> &str {
        self.source.name()
    }

    /// Line, from 1.
    pub fn line(&self) -> usize {
        self.text[..self.span.start].matches('\n').count() + 1
    }

    /// Column in characters, from 1.
    pub fn column(&self) -> usize {
        let line = self.text[..self.span.start].rfind('\n').map_or(0, |newline| newline + 1);
        self.text[line..self.span.start].chars().count() + 1
    }

    /// The text at the place.
    pub fn found(&self) -> &str {
        &self.text[self.span.clone()]
    }
}

impl Error {
    /// One problem that has no place in a text.
    pub fn new(
        kind: Kind,
        subject: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let problem = Problem { message: message.into(), remedy: Some(remedy.into()), place: None };
        Self { kind, subject: subject.into(), problems: vec![problem] }
    }

    /// One problem at a place.
    pub fn at(kind: Kind, place: Place, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        let subject = format!("`{}`", place.source());
        let problem = Problem { message: message.into(), remedy: Some(remedy.into()), place: Some(place) };
        Self { kind, subject, problems: vec![problem] }
    }

    /// The error drawn for people: every problem with its source lines, wrapped at `width` columns.
    pub fn render(&self, width: usize, color: bool) -> String {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_break_words(false);
        let mut text = match self.problems.len() {
            1 => String::new(),
            count => format!("{}: {count} problems\n", self.subject),
        };
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            let (message, remedy) = (unbroken(&problem.message), problem.remedy.as_deref().map(unbroken));
            let drawn =
                handler.render_report(&mut text, &Problem { message, remedy, place: problem.place.clone() });
            // Drawing into a String fails only if a source cannot be sliced; the plain form says the same.
            if drawn.is_err() {
                text.push_str(&problem.message);
            }
        }
        text.replace(NO_BREAK_HYPHEN, "-")
    }
}

/// A hyphen at which no line is broken: a name that is cut in two cannot be copied.
const NO_BREAK_HYPHEN: &str = "\u{2011}";

fn unbroken(text: &str) -> String {
    text.replace('-', NO_BREAK_HYPHEN)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            match &problem.place {
                Some(place) => {
                    write!(f, "{}:{}:{}: {problem}", place.source(), place.line(), place.column())?
                }
                None => write!(f, "{}: {problem}", self.subject)?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
impl std::error::Error for Error {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.remedy.as_ref().map(|remedy| Box::new(remedy) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let span = LabeledSpan::underline(place.span.clone());
        Some(Box::new(std::iter::once(span)))
    }
}
