"""Greets in many languages, of which two are written from right to left."""

GREETINGS = {
    "ar": "مرحبا بالعالم",
    "el": "Γειά σου κόσμε",
    "he": "שלום עולם",
    "hi": "नमस्ते दुनिया",
    "ja": "こんにちは世界",
    "ru": "Привет, мир",
    "uk": "Привіт, світе",
    "emoji": "👋🏽 🌍 👩‍💻 ❤️",
}


class Greet:
    """A greeting in the language asked for."""

    def run(self, language):
        return GREETINGS.get(language, "Hello, world")
