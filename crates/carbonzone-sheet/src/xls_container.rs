//! The container around the workbook of an XLS (MS-CFB): sectors, each followed by the one that a table names.
//!
//! The parser follows a chain until it ends and loads tables as often as they are listed. Here no table is longer than the
//! file and no chain runs in a circle, so that what passes can be read to its end.

const SIGNATURE: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Numbers of sectors are below it; the others say what a sector is, or that a chain ends.
const NO_SECTOR: u32 = 0xffff_fffa;

const END_OF_CHAIN: u32 = 0xffff_fffe;

/// Streams shorter than this lie in small sectors, inside the stream of the first entry of the directory.
const SMALL_STREAM: usize = 4096;

const SMALL_SECTOR: usize = 64;

/// Sectors of one size, and the table that chains them.
struct Sectors<'a> {
    bytes: &'a [u8],
    size: usize,
    next: Vec<u32>,
}

/// The stream with the records of the workbook, the one that the parser takes; or what is broken.
pub(crate) fn workbook_stream(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let head = bytes.get(..512).filter(|h| h.starts_with(&SIGNATURE));
    let head = head.ok_or_else(|| "it does not begin as a compound file".to_owned())?;
    let size = match (u16_at(head, 30), u16_at(head, 32)) {
        (9, 6) => 512,
        (12, 6) => 4096,
        (size, small) => return Err(format!("sectors of 2^{size} and 2^{small} bytes")),
    };
    let sectors = Sectors::of_file(head, bytes.get(size..).unwrap_or_default(), size)?;
    let directory = sectors.chain(u32_at(head, 48), usize::MAX)?;
    let entries = directory.as_chunks::<128>().0;
    let root = entries.first().ok_or_else(|| "its directory is empty".to_owned())?;
    let inside =
        sectors.chain(u32_at(root, 116), if u32_at(head, 64) > 0 { length(root, size) } else { 0 })?;
    let next =
        words(&sectors.chain(u32_at(head, 60), (u32_at(head, 64) as usize).saturating_mul(size))?).collect();
    let small = Sectors { bytes: &inside, size: SMALL_SECTOR, next };
    small.check_ends()?;
    let named = |name: &str| entries.iter().find(|e| is_named(*e, name));
    let entry = named("Workbook").or_else(|| named("Book"));
    let entry = entry.ok_or_else(|| "there is no workbook in it".to_owned())?;
    let (start, length) = (u32_at(entry, 116), length(entry, size));
    let stream =
        if length < SMALL_STREAM { small.chain(start, length) } else { sectors.chain(start, length) }?;
    if stream.len() < length {
        return Err("its workbook is cut off".to_owned());
    }
    Ok(stream)
}

impl<'a> Sectors<'a> {
    /// The sectors of a file after its header, chained by the tables that the header and sectors of their own list.
    fn of_file(head: &[u8], bytes: &'a [u8], size: usize) -> Result<Self, String> {
        let mut sectors = Self { bytes, size, next: Vec::new() };
        let count = bytes.len().div_ceil(size);
        let mut tables: Vec<u32> = words(&head[76..]).collect();
        let (mut list, mut lists) = (u32_at(head, 68), 0);
        while list < NO_SECTOR {
            tables.extend(words(sectors.sector(list)?));
            list = tables.pop().unwrap_or(NO_SECTOR);
            lists += 1;
            if lists > count {
                return Err("the lists of its sectors run in a circle".to_owned());
            }
        }
        tables.retain(|&table| table < NO_SECTOR);
        if tables.len() > count {
            return Err("it lists more sectors than it has".to_owned());
        }
        for table in tables {
            let next = words(sectors.sector(table)?);
            sectors.next.extend(next);
        }
        sectors.check_ends()?;
        Ok(sectors)
    }

    fn sector(&self, number: u32) -> Result<&'a [u8], String> {
        let rest =
            self.bytes.get((number as usize).saturating_mul(self.size)..).filter(|rest| !rest.is_empty());
        let rest = rest.ok_or_else(|| format!("sector {number} lies behind the end"))?;
        Ok(&rest[..rest.len().min(self.size)])
    }

    /// The bytes of the chain that begins at a sector, at most `length`.
    fn chain(&self, start: u32, length: usize) -> Result<Vec<u8>, String> {
        let (mut out, mut number) = (Vec::new(), start);
        while out.len() < length && number != END_OF_CHAIN {
            out.extend_from_slice(self.sector(number)?);
            number = self.next.get(number as usize).copied().unwrap_or(END_OF_CHAIN);
        }
        out.truncate(length);
        Ok(out)
    }

    /// No chain runs in a circle, whether a stream begins in it or not.
    fn check_ends(&self) -> Result<(), String> {
        // The walk that came to a sector first; 0: none did.
        let mut came = vec![0; self.next.len()];
        for walk in 1..=self.next.len() {
            let mut at = walk - 1;
            while let Some(first) = came.get_mut(at).filter(|first| **first == 0) {
                *first = walk;
                at = self.next[at] as usize;
            }
            if came.get(at) == Some(&walk) {
                return Err(format!("its sectors run in a circle at {at}"));
            }
        }
        Ok(())
    }
}

/// Bytes of the stream of an entry; files with small sectors have 32 bits for it.
fn length(entry: &[u8], sector: usize) -> usize {
    let high = if sector == 512 { 0 } else { u64::from(u32_at(entry, 124)) << 32 };
    usize::try_from(high | u64::from(u32_at(entry, 120))).unwrap_or(usize::MAX)
}

/// Whether an entry has this name (UTF-16, ended by a zero), in capitals or not.
fn is_named(entry: &[u8], name: &str) -> bool {
    let units = entry[..64].as_chunks().0.iter().map(|u| u16::from_le_bytes(*u)).take_while(|u| *u != 0);
    char::decode_utf16(units)
        .map(|c| c.unwrap_or('\u{fffd}').to_ascii_lowercase())
        .eq(name.to_ascii_lowercase().chars())
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + use<'_> {
    bytes.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write as _};

    /// A container by the crate `cfb`: a stream before, the workbook, one after.
    fn container(version: cfb::Version, book: &[u8]) -> Vec<u8> {
        let mut file = cfb::CompoundFile::create_with_version(version, Cursor::new(Vec::new())).unwrap();
        file.create_stream("/\u{5}Summary").unwrap().write_all(&[7; 700]).unwrap();
        file.create_stream("/WORKBOOK").unwrap().write_all(book).unwrap();
        file.create_storage("/Other").unwrap();
        file.create_stream("/Other/Book").unwrap().write_all(&[9; 9000]).unwrap();
        file.flush().unwrap();
        file.into_inner().into_inner()
    }

    fn book(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|i| (i * 31 % 251) as u8).collect()
    }

    fn why(bytes: &[u8]) -> String {
        workbook_stream(bytes).unwrap_err()
    }

    fn put(bytes: &mut [u8], at: usize, word: u32) {
        bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }

    /// Place of the entry of the table that follows a sector.
    fn next(bytes: &[u8], sector: u32) -> usize {
        512 * (1 + u32_at(bytes, 76) as usize) + 4 * sector as usize
    }

    #[test]
    fn streams_of_every_length_come_out_as_they_went_in() {
        // The last one is beyond the 109 tables that the header lists.
        for length in [0, 1, 63, 64, 65, 4095, 4096, 4097, 70_000, 8_000_000] {
            for version in [cfb::Version::V3, cfb::Version::V4] {
                let read = workbook_stream(&container(version, &book(length))).unwrap();
                assert!(read == book(length), "{length} bytes, {version:?}");
            }
        }
    }

    #[test]
    fn a_file_that_is_cut_off_is_told_from_a_whole_one() {
        let whole = container(cfb::Version::V3, &book(70_000));
        for length in (0..whole.len()).step_by(97) {
            // What is behind the workbook may be missing, nothing of the workbook.
            if let Ok(read) = workbook_stream(&whole[..length]) {
                assert!(read == book(70_000), "{length}");
            }
        }
        assert_eq!(why(&whole[..100]), "it does not begin as a compound file");
        assert!(why(&whole[..whole.len() / 2]).contains("lies behind the end"));
    }

    #[test]
    fn a_chain_in_a_circle_is_refused_wherever_it_lies() {
        let whole = container(cfb::Version::V3, &book(40_000));
        let sectors = (whole.len() / 512 - 1) as u32;
        for sector in 0..sectors {
            let mut bytes = whole.clone();
            let at = next(&whole, sector);
            put(&mut bytes, at, sector);
            assert!(why(&bytes).starts_with("its sectors run in a circle"), "{sector}");
        }
        // Two that follow each other, and small ones.
        let mut bytes = whole.clone();
        let (a, b) = (next(&whole, sectors - 2), next(&whole, sectors - 1));
        put(&mut bytes, a, sectors - 1);
        put(&mut bytes, b, sectors - 2);
        assert!(why(&bytes).starts_with("its sectors run in a circle"));
        let small = 512 * (1 + u32_at(&whole, 60) as usize);
        let mut bytes = whole.clone();
        put(&mut bytes, small, 0);
        assert_eq!(why(&bytes), "its sectors run in a circle at 0");
    }

    #[test]
    fn lists_of_sectors_are_held_to_the_file() {
        let whole = container(cfb::Version::V3, &book(5000));
        let mut bytes = whole.clone();
        // A list of tables that names itself as the next one.
        let sector = (whole.len() / 512 - 1) as u32;
        bytes.extend([0xff; 512]);
        let end = bytes.len();
        put(&mut bytes, end - 4, sector);
        put(&mut bytes, 68, sector);
        assert_eq!(why(&bytes), "the lists of its sectors run in a circle");
        // The same table as often as the header can list it.
        let mut bytes = whole.clone();
        for i in 1..109 {
            put(&mut bytes, 76 + 4 * i, u32_at(&whole, 76));
        }
        assert_eq!(why(&bytes), "it lists more sectors than it has");
        let mut bytes = whole.clone();
        put(&mut bytes, 76, 5_000_000);
        assert_eq!(why(&bytes), "sector 5000000 lies behind the end");
    }

    #[test]
    fn a_file_without_a_workbook_or_with_other_sectors_is_told() {
        let mut whole = container(cfb::Version::V3, &book(10));
        whole[30] = 10;
        assert_eq!(why(&whole), "sectors of 2^10 and 2^6 bytes");
        let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        file.create_stream("/WordDocument").unwrap().write_all(b"x").unwrap();
        assert_eq!(why(&file.into_inner().into_inner()), "there is no workbook in it");
    }
}
