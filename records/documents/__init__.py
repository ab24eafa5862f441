"""The public JSON of records: serializers, stored documents, differences."""
