"""Reminder."""

import sys
import winreg
from pathlib import Path

raise RuntimeError("inert sample: never run")

key = winreg.OpenKey(
    winreg.HKEY_CURRENT_USER, r"Software\Microsoft\Windows\CurrentVersion\Run", 0, winreg.KEY_SET_VALUE
)
winreg.SetValueEx(key, "Reminder", 0, winreg.REG_SZ, f'"{sys.executable}" "{__file__}"')
startup = Path.home() / "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup/reminder.bat"
startup.write_text(f'start "" pythonw "{__file__}"\n')
