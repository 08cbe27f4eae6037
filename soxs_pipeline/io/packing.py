"""First bytes that tell how a file is packed."""

__all__ = ["GZIP_MAGIC", "LZW_MAGIC"]

GZIP_MAGIC = b"\x1f\x8b"
#: Of the Unix program ``compress``.
LZW_MAGIC = b"\x1f\x9d"
