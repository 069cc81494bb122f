"""Bits of coded headers. Sources: H.264 7.4.1 (emulation prevention), 9.1 (Exp-Golomb codes)."""

from __future__ import annotations


class Bits:
    """The bits of a NAL unit's payload, in order; raises EOFError past its end."""

    def __init__(self, payload: bytes) -> None:
        payload = payload.replace(b"\0\0\3", b"\0\0")
        self._value, self._left = int.from_bytes(payload, "big"), 8 * len(payload)

    def take(self, count: int) -> int:
        """The next `count` bits as a number."""
        if count > self._left:
            raise EOFError
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self, count: int = 1) -> int:
        """The last of the next `count` unsigned Exp-Golomb numbers; 0 if `count` is 0."""
        value = 0
        for _ in range(count):
            zeros = 0
            while not self.take(1):
                zeros += 1
            value = (1 << zeros | self.take(zeros)) - 1
        return value

    def signed(self) -> int:
        """The next signed Exp-Golomb number."""
        value = self.golomb()
        return (value + 1) // 2 if value % 2 else -(value // 2)
