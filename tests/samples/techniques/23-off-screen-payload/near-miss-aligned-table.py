"""Codes of countries, aligned so that a person can read them."""

COUNTRIES = (
    ("Austria",                                                      "AT",    "AUT",    "040",    "Wien"),
    ("Bosnia and Herzegovina",                                       "BA",    "BIH",    "070",    "Sarajevo"),
    ("South Georgia and the South Sandwich Islands",                 "GS",    "SGS",    "239",    "King Edward Point"),
    ("United Kingdom of Great Britain and Northern Ireland",         "GB",    "GBR",    "826",    "London"),
)


class Country:
    """The name of a country by its code."""

    def run(self, message):
        return next((row[0] for row in COUNTRIES if message.upper() in row[1:3]), "unknown")
