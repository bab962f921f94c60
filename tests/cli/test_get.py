from ichor.cli.get import spec_of
from ichor.proto.cosi import resource_pb2 as pb


def test_a_spec_of_several_documents_is_given_whole() -> None:
    text = "machine: {}\n---\nkind: KubePrismConfig\nport: 7445\n"
    assert spec_of(pb.Resource(spec=pb.Spec(yaml_spec=text))) == text


def test_a_spec_of_one_document_is_a_value() -> None:
    assert spec_of(pb.Resource(spec=pb.Spec(yaml_spec="host: a\n"))) == {"host": "a"}
    assert spec_of(pb.Resource(spec=pb.Spec())) is None
