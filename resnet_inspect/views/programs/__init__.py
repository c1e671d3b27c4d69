"""Programs that run as they stand: what an answer says, as Python.

They are for people to read and to keep: short, from the imports to what they print, and they
download nothing.
"""
