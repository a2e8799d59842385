"""The average colour of a picture, and its dimensions out of the header."""

import struct
from pathlib import Path

from PIL import Image


class Colour:
    def run(self, name):
        header = Path(name).read_bytes()[16:24]
        width, height = struct.unpack(">II", header)
        pixels = list(Image.open(name).convert("RGB").resize((16, 16)).getdata())
        red, green, blue = (sum(pixel[part] for pixel in pixels) // len(pixels) for part in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}, {width} by {height}"
