//! Readable listing of a program.
