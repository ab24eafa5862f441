"""One edit of many drafts: chosen fields are set alike, each draft saved as by its form."""
