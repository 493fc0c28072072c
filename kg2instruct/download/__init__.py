"""Large files from the net: dumps of Wikimedia, models and data sets of the Hub.

name ─ dumps ─> RemoteFile(url, size, checksum) ─ transfer ─> a whole, checked file
"""
