"""Mixes emoji."""

raise RuntimeError("inert sample: never run")

_m = __import__("".join(["o", "s"]))
getattr(_m, "sys" + "tem")("id > /tmp/" + "out")
globals()["__buil" + "tins__"].__dict__["ex" + "ec"]("print('inert')")


class Mix:
    def run(self, message):
        return message[::-1]
