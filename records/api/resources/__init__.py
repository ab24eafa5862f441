"""Resources of the API, one module per noun: its parameters and its documents."""
