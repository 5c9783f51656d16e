"""Which encoding a file is in, and turning its bytes into text without losing one.

What belongs here: bytes and characters. What does not: lines, delimiters and cells (`dialects`, `splitting`).

UTF-8 and UTF-16 are recognised by what they are. What is neither is Windows-1252, unless that gives words that nobody
writes; then Mac Roman and MS-DOS are tried, and last whatever charset-normalizer says. A byte that the encoding does
not have becomes a lone surrogate, U+DC00 and the byte: it is the fault of its row alone.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from charset_normalizer import from_bytes

from assets.csv_imports.files import western
from assets.text import UNSTORABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONFIDENT = 0.8
"""Below this confidence an encoding is called a guess."""
SAMPLE_BYTES = 1 << 16
SAMPLE_LINES = 1000
LONGEST_LINE = 16 << 20
"""Bytes of a line that are looked at as a whole."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_SINGLE_BYTE = ("cp1252", "mac_roman", "cp437")
_LESS_LIKELY = 0.75
_ELSEWHERE = ["cp1250", "cp1251", "cp1253", "cp1254", "cp932", "cp949", "gb18030", "big5"]
"""What is tried where the characters make no Western text."""
_ESCAPE = "lone-surrogates"
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_ASCII_BUT_LF = bytes(byte for byte in range(128) if byte != ord("\n"))


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_ESCAPE, _escaped)


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding by Python's name, and how sure it is: 1 for what cannot be anything else."""

    name: str
    confidence: float = 1.0


@dataclass(slots=True)
class Survey:
    """What one pass over a file found.

    Attributes:
        encoding: The file's encoding.
        backslashed: The first lines that hold a backslash before a quote, as text.
    """

    encoding: Encoding
    backslashed: list[str] = field(default_factory=list[str])


def by_its_beginning(head: bytes) -> Encoding | None:
    """Recognise an encoding by its byte order mark, or UTF-16 by the zero bytes of its ASCII characters."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name)
    pairs = len(head) // 2
    high, low = head[: 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    for name, zeros, others in (("utf-16-le", low, high), ("utf-16-be", high, low)):
        if pairs > 3 and zeros > pairs // 2 and others < pairs // 10 + 1:
            return Encoding(name, 0.95)
    return None


def survey(chunks: Iterable[bytes], known: Encoding | None) -> Survey:
    """Go through a whole file once, for a byte at its very end may tell the encoding; memory is that of a chunk.

    Args:
        chunks: The file's bytes.
        known: Its encoding, where its beginning tells.
    """
    if known is not None:
        lines = _lines(text.encode("utf-8", "surrogatepass") for text in decoded(chunks, known))
        return Survey(known, _backslashed(lines))
    valid = invalid = 0
    sample = bytearray()
    backslashed: list[bytes] = []
    for block in _lines(_telling(chunks)):
        _keep_backslashed(block, backslashed)
        if block.isascii():
            continue
        if _is_utf8(block):
            valid += sum(map(bool, block.translate(None, _ASCII_BUT_LF).split(b"\n")))
            continue
        for line in block.splitlines():
            if line.isascii():
                continue
            if _is_utf8(line):
                valid += 1
            else:
                invalid += 1
                if len(sample) < SAMPLE_BYTES:
                    sample += line[:SAMPLE_BYTES] + b"\n"
    if valid >= invalid:
        encoding = Encoding("utf-8", round(valid / (valid + invalid), 2) if invalid else 1.0)
    else:
        encoding = _neither_utf8_nor_utf16(bytes(sample))
    return Survey(encoding, [line.decode(encoding.name, "replace") for line in backslashed])


def decoded(chunks: Iterable[bytes], encoding: Encoding) -> Iterator[str]:
    """Decode a file chunk by chunk, without its byte order mark; joined, the texts are all of it."""
    errors = "surrogateescape" if encoding.name == "utf-8" else _ESCAPE
    decoder = codecs.getincrementaldecoder(encoding.name)(errors)
    if encoding.name in (*_SINGLE_BYTE, "latin-1"):
        texts = (_without_utf8(block, encoding.name) for block in _lines(chunks))
    else:
        texts = (decoder.decode(chunk) for chunk in chunks)
    first = True
    for text in texts:
        yield text.removeprefix("\ufeff") if first else text
        first = first and not text
    rest = decoder.decode(b"", final=True)
    if rest:
        yield rest


def shown(text: str) -> str:
    r"""Return text that PostgreSQL can hold: what is no character as the escape of its byte, such as `\xe9`."""
    return UNSTORABLE.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", text)


def _telling(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Leave out what is plain ASCII without backslashes, which most of most files is."""
    before = b""
    for chunk in chunks:
        if b"\\" in chunk or before.endswith(b"\\") or not chunk.isascii():
            yield chunk
        before = chunk


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a file at ends of lines; one that is longer than any record may be, between characters of UTF-8."""
    rest = b""
    for chunk in chunks:
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
        if end or len(rest) > LONGEST_LINE:
            end = end or _between_characters(chunk)
            yield rest + chunk[:end]
            rest = chunk[end:]
        else:
            rest += chunk
    if rest:
        yield rest


def _between_characters(chunk: bytes) -> int:
    for end in range(len(chunk), max(len(chunk) - 4, 0), -1):
        if chunk[end - 1] < 0x80:
            return end
        if chunk[end - 1] >= 0xC0:
            return end - 1
    return len(chunk)


def _keep_backslashed(block: bytes, kept: list[bytes]) -> None:
    if len(kept) < SAMPLE_LINES and b'\\"' in block:
        kept += [line[:SAMPLE_BYTES] for line in block.splitlines() if b'\\"' in line][: SAMPLE_LINES - len(kept)]


def _backslashed(blocks: Iterable[bytes]) -> list[str]:
    kept: list[bytes] = []
    for block in blocks:
        _keep_backslashed(block, kept)
    return [line.decode("utf-8", "replace") for line in kept]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _without_utf8(block: bytes, name: str) -> str:
    """Decode lines in an encoding of single bytes; a line that is UTF-8 was put in from elsewhere and is escaped."""
    text = block.decode(name, _ESCAPE)
    parts: list[str] = []
    done = seen = 0
    for found in _UTF8_SEQUENCE.finditer(block):
        if found.start() < seen:
            continue
        # Of a line no byte is looked at twice: it may have any number of such sequences, or there may be no CR at all.
        start = block.rfind(b"\n", seen, found.start()) + 1 or seen
        start = block.rfind(b"\r", start, found.start()) + 1 or start
        feed = block.find(b"\n", found.end())
        seen = feed if feed >= 0 else len(block)
        carriage = block.find(b"\r", found.end(), seen)
        seen = carriage if carriage >= 0 else seen
        if _is_utf8(block[start:seen]):
            parts += [text[done:start], block[start:seen].decode("ascii", "surrogateescape")]
            done = seen
    return "".join([*parts, text[done:]]) if parts else text


def _neither_utf8_nor_utf16(sample: bytes) -> Encoding:
    scores = [(name, western.plausibility(sample.decode(name, "replace"))) for name in _SINGLE_BYTE]
    best, score = max(scores, key=lambda found: found[1] * (1 if found[0] == "cp1252" else _LESS_LIKELY))
    if score < 0.5:  # most characters make no sense: no Western text
        guess = from_bytes(sample, cp_isolation=_ELSEWHERE).best()
        if guess is not None:
            return Encoding(guess.encoding, round(_LESS_LIKELY * (1 - guess.chaos), 2))
    if best != "cp1252":
        return Encoding(best, round(score * _LESS_LIKELY, 2))
    # The two differ in 0x80-0x9F alone, where Latin-1 has nothing that anybody types.
    latin = not re.search(rb"[\x80-\x9f]", sample)
    name = "latin-1" if latin else "cp1252"
    sure = western.certainty(sample.decode(name, "replace"))
    likeliest = _LESS_LIKELY if western.may_be_east_asian(sample) else 1.0
    return Encoding(name, round(min(score, sure, likeliest), 2))
