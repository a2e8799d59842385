"""What a file is, is decided by its content."""

import pytest

from scanners import limits
from scanners.inventory import has_zip_end, recognise_head
from scanners.report import Kind
from tests.samples import archives


@pytest.mark.parametrize(
    ("head", "suffix", "kind"),
    [
        (b"x = 1\n", ".py", Kind.PYTHON),
        (b"x = 1\n", ".pth", Kind.PYTHON),
        (b"#!/usr/bin/python3\n", "", Kind.PYTHON),
        (b"\xef\xbb\xbf#!/usr/bin/env python\n", ".txt", Kind.PYTHON),
        (b"let x;\n", ".mjs", Kind.JAVASCRIPT),
        (b"#!/usr/bin/env node\n", "", Kind.JAVASCRIPT),
        (b"#!/usr/bin/env python3.12 -u\n", "", Kind.PYTHON),
        (b"#!/bin/bash\n", "", Kind.SCRIPT),
        (b"#! /usr/bin/awk -f\n", "", Kind.FOREIGN),
        (b"#!/usr/bin/env ruby\n", ".txt", Kind.FOREIGN),
        (b"<?php\n", ".php", Kind.FOREIGN),
        (b"e\0c\0h\0o\0", ".bat", Kind.FOREIGN),
        (b"\x80\x04\x95\x0b\0\0\0\0\0\0\0", ".dat", Kind.PICKLE),
        (b"(lp0\n.", ".pkl", Kind.PICKLE),
        (b"#![allow(unused)]\n", ".txt", Kind.TEXT),
        (b"echo\r\n", ".bat", Kind.SCRIPT),
        (b"\x7fELF\x02\x01\x01\0", ".py", Kind.NATIVE),
        (b"MZ\x90\0\x03", ".txt", Kind.NATIVE),
        (b"MZ is a prefix\n", ".txt", Kind.TEXT),
        (b"\xa7\r\r\n\0\0\0\0", ".py", Kind.BYTECODE),
        (b"PK\x03\x04", ".py", Kind.ARCHIVE),
        (b"\x1f\x8b\x08", ".png", Kind.ARCHIVE),
        (b"\x89PNG\r\n\x1a\n\0\0", ".png", Kind.DATA),
        (b"\xff\xd8\xff\xe0", ".py", Kind.PYTHON),
        (b"{}", ".json", Kind.TEXT),
        (b"\xff\xfea\0", ".txt", Kind.TEXT),
        (b"", "", Kind.TEXT),
    ],
)
def test_kind_follows_content(head: bytes, suffix: str, kind: Kind) -> None:
    assert recognise_head(head, suffix=suffix) is kind


def test_letter_cut_by_the_sample_is_still_text() -> None:
    head = (b"a" * (limits.CHUNK_BYTES - 1) + "\u00e9".encode())[: limits.CHUNK_BYTES]
    assert recognise_head(head, suffix=".txt") is Kind.TEXT


def test_zip_behind_a_picture_is_seen_and_its_mark_in_text_is_not() -> None:
    packed = archives.pack_zip({"a.py": "x = 1\n"})
    assert has_zip_end(b"picture" * 100 + packed)
    assert not has_zip_end(b"the mark PK\x05\x06 in a text that goes on for more than an end record is long")
