"""The public JSON of statements."""

from records.documents.serializers import RecordSerializer
from records.models import Statement


class StatementSerializer(RecordSerializer):
    """A press statement, briefing, article or official notice: who said what, and where."""

    class Meta:
        model = Statement
        fields = [
            *RecordSerializer.HEAD,
            "publisher",
            "speaker",
            "speaker_role",
            "organisation",
            "event",
            "language",
            "url",
            "archived_url",
            "published_on",
            "published_on_precision",
            "said_on",
            "said_on_precision",
            "accessed_on",
            "summary",
            "topics",
            "text_sha256",
            "links",
        ]
