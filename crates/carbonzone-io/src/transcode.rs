//! Text of any encoding as UTF-8, in bounded memory.

use encoding_rs::{CoderResult, Decoder, Encoding};
use std::io::Read;

/// Encoding of a file by a sample of its bytes (`whole`: all of them); `None` if nothing fits.
pub(crate) fn detect(sample: &[u8], whole: bool) -> Option<&'static Encoding> {
    carbonzone_sheet::detect_encoding(sample, whole)
}

/// A reader that turns any encoding into UTF-8; bytes that do not decode become U+FFFD.
pub(crate) struct Transcoder<R> {
    inner: R,
    decoder: Decoder,
    input: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    finished: bool,
    output: Vec<u8>,
    given: usize,
}

impl<R: Read> Transcoder<R> {
    pub(crate) fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            input: vec![0; 1 << 16],
            start: 0,
            end: 0,
            at_end: false,
            finished: false,
            output: Vec::with_capacity(1 << 18),
            given: 0,
        }
    }

    fn refill(&mut self) -> std::io::Result<()> {
        if self.start == self.end && !self.at_end {
            self.start = 0;
            self.end = self.inner.read(&mut self.input)?;
            self.at_end = self.end == 0;
        }
        self.output.resize(1 << 18, 0);
        self.given = 0;
        let (result, read, written, _) =
            self.decoder.decode_to_utf8(&self.input[self.start..self.end], &mut self.output, self.at_end);
        self.output.truncate(written);
        self.start += read;
        self.finished = self.at_end && result == CoderResult::InputEmpty;
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.given == self.output.len() && !self.finished {
            self.refill()?;
        }
        let n = buffer.len().min(self.output.len() - self.given);
        buffer[..n].copy_from_slice(&self.output[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{GB18030, UTF_8};

    #[test]
    fn gbk_is_detected_and_read_in_pieces() {
        let text = "名称,经度\n苏州,120.6\n".repeat(20_000);
        let (bytes, _, _) = GB18030.encode(&text);
        assert_eq!(detect(&bytes[..=1 << 16], false), Some(GB18030));
        let mut out = String::new();
        Transcoder::new(&bytes[..], GB18030).read_to_string(&mut out).unwrap();
        assert_eq!(out, text);
    }

    #[test]
    fn utf8_cut_inside_a_character_is_still_utf8() {
        let bytes = "苏州".as_bytes();
        assert_eq!(detect(&bytes[..4], false), Some(UTF_8));
        assert_eq!(detect(b"\xEF\xBB\xBFx", true), Some(UTF_8));
    }
}
