"""The pages for people, from the same stored documents that the API sends."""
