"""An encoder of .Z files, plain and slow, for tests of the decoder."""

__all__ = ["compress"]

CLEAR, FIRST, INITIAL_BITS, BLOCK_MODE, GROUP = 256, 257, 9, 0x80, 8


def compress(data: bytes, max_bits: int = 16, clear_every: int = 0) -> bytes:
    """Compress as the Unix program does; ``clear_every`` codes the table is thrown away."""
    encoder = _Encoder(max_bits)
    current, since_clear = b"", 0
    for byte in data:
        longer = current + bytes([byte])
        if longer in encoder.table:
            current = longer
            continue
        encoder.put(encoder.table[current])
        encoder.learn(longer)
        current = bytes([byte])
        since_clear += 1
        if since_clear == clear_every:
            encoder.clear()
            since_clear = 0
    if current:
        encoder.put(encoder.table[current])
    return encoder.finish()


class _Encoder:
    """The codes and the table of strings."""

    def __init__(self, max_bits: int) -> None:
        self.out = bytearray([0x1F, 0x9D, BLOCK_MODE | max_bits])
        self.max_bits = max_bits
        self.group: list[int] = []
        self._start()

    def _start(self) -> None:
        self.table = {bytes([k]): k for k in range(256)}
        self.free, self.bits = FIRST, INITIAL_BITS

    def put(self, code: int) -> None:
        self.group.append(code)
        if len(self.group) == GROUP:
            self._flush(self.bits)

    def learn(self, text: bytes) -> None:
        if self.free < 1 << self.max_bits:
            # The decoder is one entry behind: it widens its codes when it makes this one.
            if self.free > (1 << self.bits) - 1 and self.bits < self.max_bits:
                self._flush(self.bits)
                self.bits += 1
            self.table[text] = self.free
            self.free += 1

    def clear(self) -> None:
        self.put(CLEAR)
        self._flush(self.bits)
        self._start()

    def finish(self) -> bytes:
        self._flush(-(-len(self.group) * self.bits // 8))
        return bytes(self.out)

    def _flush(self, size: int) -> None:
        if self.group:
            number = sum(code << (self.bits * k) for k, code in enumerate(self.group))
            self.out += number.to_bytes(size, "little")
            self.group.clear()
