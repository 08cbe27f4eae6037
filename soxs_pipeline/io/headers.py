"""Write values into FITS headers so that any reader of the standard understands them."""

from __future__ import annotations

import math
import re
import textwrap
import unicodedata
from collections.abc import Mapping
from typing import Any

from soxs_pipeline.domain.header import Header

__all__ = ["inheritable", "put_cards", "to_ascii"]

_CARD = 80
_PLAIN_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}")
#: Columns a number and the shortest string take.
_NUMBER_WIDTH = 20
_SHORTEST_STRING = 10
#: A comment cut to less than this says nothing.
_SHORTEST_COMMENT = 6
_HISTORY_WIDTH = 72

#: Keywords that describe a file's own layout, or what the writer of a product says anew.
_OWN = {
    "SIMPLE", "XTENSION", "BITPIX", "EXTEND", "BZERO", "BSCALE", "BLANK", "BUNIT", "PCOUNT",
    "GCOUNT", "GROUPS", "DATAMIN", "DATAMAX", "CHECKSUM", "DATASUM", "EXTNAME", "EXTVER",
    "EXTLEVEL", "INHERIT", "TFIELDS", "THEAP", "DATE", "DATAMD5", "PIPEFILE", "COMMENT",
    "HISTORY", "CONTINUE", "LONGSTRN", "END", "", "SCIDATA", "ERRDATA", "QUALDATA", "WAVEMED",
    "RADECSYS", "RADESYS", "SPECSYS", "WCSAXES",
}  # fmt: skip
# A raw frame's world coordinates do not hold for what is trimmed or extracted from it.
_OWN_PATTERN = re.compile(
    r"NAXIS\d*|T(TYPE|FORM|UNIT|DIM|NULL|DISP|SCAL|ZERO|UCD|UTYP|COMM)\d+|HDU(CLASS|DOC|VERS|CLAS\d)"
    r"|(CTYPE|CRVAL|CRPIX|CDELT|CUNIT|CROTA)\d[A-Z]?|(CD|PC)\d+_\d+[A-Z]?|Z[A-Z]+\d*"
    r"|ESO (DPR|PRO|QC)( .*)?"
)
_TRANSLITERATION = str.maketrans({
    "µ": "u", "μ": "u", "σ": "sigma", "χ": "chi", "λ": "lambda", "Å": "Angstrom", "–": "-",
    "—": "-", "−": "-", "×": "x", "²": "^2", "³": "^3", "≤": "<=", "≥": ">=", "±": "+/-",
    "°": "deg", "“": '"', "”": '"', "‘": "'", "’": "'", "″": '"', "…": "...",
})  # fmt: skip


def inheritable(header: Mapping[str, object]) -> Header:
    """Return the cards of a raw frame's or product's header that its products take over.

    As the data-flow system of ESO wants it, the DPR keywords go, and so do all that describe
    the layout of the file or the making of a product.
    """
    kept = {
        key: value
        for key, value in header.items()
        if key not in _OWN and not _OWN_PATTERN.fullmatch(key)
    }
    for name in ("RADECSYS", "RADESYS"):
        if name in header:
            kept["RADESYS"] = header[name]
    return Header(kept)


def to_ascii(text: str) -> str:
    """Return the text in the printable ASCII that a FITS header may hold."""
    composed = unicodedata.normalize("NFC", text).translate(_TRANSLITERATION)
    spelt = unicodedata.normalize("NFKD", composed)
    spelt = re.sub(r"\s", " ", spelt.encode("ascii", "ignore").decode("ascii"))
    return "".join(c for c in spelt if " " <= c <= "~").strip()


def put_cards(header: Any, cards: Mapping[str, object]) -> None:
    """Add or replace cards of an astropy header.

    Parameters
    ----------
    header
        An `astropy.io.fits.Header`.
    cards
        Keyword, without ``HIERARCH``, to value or to value and comment. A number that is not
        finite becomes an undefined value. A text that does not fit into its card is cut, and
        stands whole in HISTORY.
    """
    for key, entry in cards.items():
        value, comment = entry if isinstance(entry, tuple) else (entry, "")
        _put_card(header, key, value, to_ascii(str(comment)))


def _put_card(header: Any, key: str, value: object, comment: str) -> None:
    plain = _PLAIN_KEYWORD.fullmatch(key) is not None
    # "KEYWORD = " or "HIERARCH KEYWORD = "
    room = _CARD - (10 if plain else len(f"HIERARCH {key} = "))
    value = _representable(value)
    if isinstance(value, str):
        whole = to_ascii(value)
        value = _cut(whole, room)
        used = max(_quoted(value), _SHORTEST_STRING)
        if value != whole:
            _put_history(header, f"{key} = {whole}")
    else:
        used = _NUMBER_WIDTH if plain else min(len(str(value)), _NUMBER_WIDTH)
    comment = _fitting(comment, room - used - len(" / "))
    header[key if plain else f"HIERARCH {key}"] = (value, comment)


def _fitting(comment: str, room: int) -> str:
    """Shorten a comment by whole words; what then says too little is left out."""
    if len(comment) <= room:
        return comment
    words = comment[: max(room + 1, 0)].rpartition(" ")[0].rstrip(" ,;:")
    return words if len(words) >= _SHORTEST_COMMENT else ""


def _put_history(header: Any, text: str) -> None:
    for line in textwrap.wrap(text, _HISTORY_WIDTH, subsequent_indent="  "):
        header.add_history(line)


def _representable(value: object) -> object:
    """Return what a card can hold: text, logical, integer, finite number or None."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float) and not math.isfinite(plain):
        return None
    if plain is None or isinstance(plain, (bool, int, float)):
        return plain
    return str(plain)


def _quoted(text: str) -> int:
    """Return how many characters a text takes with its quotes."""
    return len(text.replace("'", "''")) + 2


def _cut(text: str, room: int) -> str:
    """Shorten a text so that with its quotes it fits."""
    if _quoted(text) <= room:
        return text
    while _quoted(text) > room - 3:
        text = text[:-1]
    return text + "..."
