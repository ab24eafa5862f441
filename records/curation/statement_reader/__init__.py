"""The statement reader: texts beside the form, and suggested figures."""
