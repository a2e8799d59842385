"""Runs a macro of the owner's when its short cut is pressed."""

from pynput import keyboard


class Hotkeys:
    def __init__(self, macros):
        self.macros = macros

    def run(self):
        bindings = {combination: macro for combination, macro in self.macros.items()}
        with keyboard.GlobalHotKeys(bindings) as hotkeys:
            hotkeys.join()

    def type_text(self, text):
        keyboard.Controller().type(text)
