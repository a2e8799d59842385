"""Converts units."""

from unit_converter.rates import load_rates


class Convert:
    """Converts an amount of money."""

    def run(self, message):
        amount, source, target = message.split()
        rates = load_rates()
        return float(amount) * rates[target] / rates[source]
