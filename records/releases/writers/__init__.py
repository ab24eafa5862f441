"""Writers of the formats of a release: each takes rows of tables, or whole documents."""
