"""The position in, papers out: words, HTML and workbooks; no mail and no clock."""
