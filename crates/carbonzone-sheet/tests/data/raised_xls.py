"""Writes raised.xls, an Excel 97 workbook with raised footnote marks; its texts go on over several records. All numbers are
made up.

pip install xlwt==1.3.0 && python raised_xls.py
"""
import pathlib

import xlwt

ROWS = 700

book = xlwt.Workbook(encoding="utf-8")
sheet = book.add_sheet("2020")
raised = xlwt.easyfont("escapement superscript")
lowered = xlwt.easyfont("escapement subscript")
for column, text in enumerate(["指标", "2020年", "注"]):
    sheet.write(0, column, text)
for row in range(1, ROWS + 1):
    # Narrow and wide texts in turn, of many lengths.
    name = ("coal" if row % 2 else "煤") * (row % 7 + 1) + f" {row}"
    sheet.write(row, 0, name)
    sheet.write_rich_text(row, 1, (str(2000 + row), ("1", raised)))
    sheet.write_rich_text(row, 2, ("CO", ("2", lowered), f" 甲{row}"))
book.save(pathlib.Path(__file__).with_name("raised.xls"))
