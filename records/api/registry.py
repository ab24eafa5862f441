"""Kind of record → the serializer of its document."""

from records.api.contracts import ContractSerializer
from records.api.documents import RecordSerializer
from records.api.donations import DonationSerializer
from records.api.exports import ExportSerializer
from records.api.statements import StatementSerializer

SERIALIZERS: dict[str, type[RecordSerializer]] = {
    serializer.Meta.model.KIND: serializer
    for serializer in (
        StatementSerializer,
        DonationSerializer,
        ExportSerializer,
        ContractSerializer,
    )
}
