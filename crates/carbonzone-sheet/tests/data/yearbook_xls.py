"""Writes yearbook.xls, an Excel 97 workbook with a merged header and Chinese labels. All numbers are made up.

pip install xlwt==1.3.0 && python yearbook_xls.py
"""
import pathlib

import xlwt

book = xlwt.Workbook(encoding="utf-8")
sheet = book.add_sheet("5-12 能源")
sheet.write_merge(0, 0, 0, 3, "5-12 能源消费量（合成数据）")
sheet.write_merge(1, 2, 0, 0, "指　标")
sheet.write_merge(1, 2, 1, 1, "计量单位")
sheet.write_merge(1, 1, 2, 3, "消费量")
sheet.write(2, 2, "２０１９年")
sheet.write(2, 3, "２０２０年")
for row, cells in enumerate([("原煤", "万吨", 5001.5, "５，１２０．４"), ("电力", "亿千瓦时", 1400, 1523.25)], start=3):
    for column, value in enumerate(cells):
        sheet.write(row, column, value)
book.save(pathlib.Path(__file__).with_name("yearbook.xls"))
