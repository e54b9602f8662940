//! Tables as people keep them: CSV in any encoding and XLSX, read as cells, written for Excel.
