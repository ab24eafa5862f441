"""One module per noun: its parameters and its view set."""
