"""Who the demo patients are, and the UIDs of everything drawn: synthetic names, the same UIDs at every drawing."""

import hashlib
from dataclasses import dataclass

from pydicom.uid import UID

ISSUER = "VIEWBOX-DEMO"
INSTITUTION = "Viewbox Demo Hospital"


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up patient, in DICOM's text forms (PN, LO, DA, CS)."""

    name: str
    patient_id: str
    birth_date: str
    sex: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One study of a person: what its General Study module says.

    key: short word from which all UIDs of the study are derived.
    """

    person: Person
    key: str
    date: str
    time: str
    description: str
    accession_number: str
    referring_physician: str = "Sample^Referrer^^Dr"


ADA = Person("Demo^Ada", "DEMO-0001", "19580412", "F")
BRUNO = Person("Sample^Bruno", "DEMO-0002", "19710930", "M")
CLEO = Person("Example^Cleo", "DEMO-0003", "19830117", "F")
DMITRI = Person("Testcase^Dmitri", "DEMO-0004", "19490708", "M")
ELIF = Person("Specimen^Elif", "DEMO-0005", "19921123", "F")
FARID = Person("Phantom^Farid", "DEMO-0006", "19660201", "M")
GRETA = Person("Mockup^Greta", "DEMO-0007", "20010616", "F")
HUGO = Person("Placeholder^Hugo", "DEMO-0008", "19541229", "M")


def demo_uid(*words: str | int) -> UID:
    """Return the UID that these words always have: 2.25 and 120 bits of their SHA-256 (PS3.5 B.2)."""
    digest = hashlib.sha256("/".join(str(word) for word in ("viewbox-demo", *words)).encode()).digest()
    return UID(f"2.25.{int.from_bytes(digest[:15], 'big')}")
