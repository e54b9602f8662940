"""Cuts the faces of the figures out of Noto Sans CJK SC and Noto Sans, byte for byte the same each time.

usage: python scripts/make_fonts.py FOLDER

FOLDER holds the unpacked Debian packages fonts-noto-cjk (1:20220127+repack1-1), fonts-noto-core (20201225-1) and
unicode-data (15.0.0):
    apt-get download fonts-noto-cjk fonts-noto-core unicode-data && for p in *.deb; do dpkg-deb -x $p FOLDER; done
Needs fonttools 4.68.0. What is kept and why: crates/carbonzone-report/assets/fonts/README.md.
"""
import bz2
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

OUT = Path(__file__).parent.parent / "crates/carbonzone-report/assets/fonts"
SIMPLIFIED = 2  # Noto Sans CJK SC in the collection
# Latin with its accents, Greek, Cyrillic, punctuation, super- and subscripts, arrows, signs, full-width forms.
BLOCKS = [(0x20, 0x17F), (0x391, 0x3C9), (0x401, 0x451), (0x2000, 0x22FF), (0x25A0, 0x25FF), (0x3000, 0x303F),
          (0xFF01, 0xFF5E)]
# Circled numbers, signs, squared units.
RARE = [(0x2460, 0x249B), (0x2600, 0x266F), (0x3380, 0x33DF)]
# Latin with every accent (Noto Sans CJK has some), all of Greek and Cyrillic.
LETTERS = [(0x20, 0x24F), (0x2B0, 0x36F), (0x370, 0x52F), (0x1E00, 0x1EFF), (0x2010, 0x2030)]


def gb2312(rows):
    """Characters of rows of GB 2312 (1 to 94)."""
    for row in rows:
        for cell in range(0xA1, 0xFF):
            try:
                yield ord(bytes([row + 0xA0, cell]).decode("gb2312"))
            except UnicodeDecodeError:
                pass


def general_standard(folder):
    """Tongyong guifan hanzi biao (2013): 8,105 characters, with the rare ones of place names."""
    path = folder / "usr/share/unicode/Unihan_OtherMappings.txt.bz2"
    for line in bz2.open(path, "rt", encoding="utf-8"):
        if "\tkTGH\t" in line:
            yield int(line.split("\t")[0][2:], 16)


def characters(blocks):
    return {c for first, last in blocks for c in range(first, last + 1)}


def cut(source, wanted, target):
    options = subset.Options()
    options.hinting = False
    options.layout_features = ["kern", "mark", "ccmp"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    font = TTFont(source, fontNumber=SIMPLIFIED, recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    font.save(target)
    print(f"{target.name}: {len(font.getBestCmap())} characters, {target.stat().st_size} bytes")


def main():
    folder = Path(sys.argv[1])
    fonts = folder / "usr/share/fonts"
    every = characters(BLOCKS + RARE) | set(gb2312(range(1, 95))) | set(general_standard(folder))
    cut(fonts / "opentype/noto/NotoSansCJK-Regular.ttc", every, OUT / "NotoSansCJKsc-Regular.otf")
    # Headings: the 3,755 frequent characters. A heading with any other stands in Regular.
    often = characters(BLOCKS) | set(gb2312(range(16, 56)))
    cut(fonts / "opentype/noto/NotoSansCJK-Bold.ttc", often, OUT / "NotoSansCJKsc-Bold.otf")
    cut(fonts / "truetype/noto/NotoSans-Regular.ttf", characters(LETTERS), OUT / "NotoSans-Regular.ttf")


main()
