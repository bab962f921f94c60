from tests.config import samples

from ichor.config.container import Config
from ichor.config.documents.trusted_roots import TrustedRootsConfig
from ichor.controllers.cri.service import cri_service
from ichor.controllers.secrets.trusted_roots import FILE, trusted_roots
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.files.etc import EtcFileSpec, EtcFileStatus
from ichor.resources.runtime.service_spec import ServiceSpec
from ichor.resources.secrets.roots import ID as ROOTS_ID
from ichor.resources.secrets.roots import ImageRoots
from ichor.testing.engine import World

CERTIFICATE = samples.secrets().certs.os.crt


def world(*documents: TrustedRootsConfig) -> World:
    made = World((trusted_roots, cri_service))
    made.put(ImageRoots(certificates="of the image\n"), ROOTS_ID)
    made.put(ActiveConfig(value=Config(documents=documents)), ID)
    made.settle()
    return made


def test_certificates_are_trusted_beside_those_of_the_image() -> None:
    made = world(TrustedRootsConfig(name="mine", certificates=CERTIFICATE))
    spec = made.spec(EtcFileSpec, FILE)
    assert spec is not None
    assert spec.contents == "of the image\n" + CERTIFICATE.rstrip("\n") + "\n"


def test_without_a_document_the_images_own_file_stays() -> None:
    assert world().spec(EtcFileSpec, FILE) is None


def test_containerd_starts_again_to_read_other_roots() -> None:
    made = world()
    made.put(EtcFileStatus(spec_version="1"), "cri/containerd.toml")
    made.settle()
    before = made.spec(ServiceSpec, "containerd")
    made.put(EtcFileStatus(spec_version="1"), FILE)
    made.settle()
    assert made.spec(ServiceSpec, "containerd") != before
