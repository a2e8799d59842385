"""Reads the time of the last boot through the C library of the system."""

import ctypes
import ctypes.util
import struct


class Uptime:
    """Seconds since the machine was started."""

    def run(self, message):
        libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
        buffer = ctypes.create_string_buffer(512)
        if libc.sysinfo(buffer) != 0:
            raise OSError(ctypes.get_errno(), "sysinfo")
        return struct.unpack_from("l", buffer.raw)[0]
