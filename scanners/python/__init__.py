"""The language pass for Python: sources in, facts, hits, decoded layers and canonical copies out.

It only reads syntax trees. Nothing of a plugin is imported or run, and nothing is judged.
"""
