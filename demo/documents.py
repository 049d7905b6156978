"""What goes with images and isn't one: a report as Basic Text SR and as PDF, written here, of the drawn CT."""

from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.uid import BasicTextSRStorage, EncapsulatedPDFStorage

from demo import ct
from demo.identity import Visit
from demo.part10 import code, items, new_object, part10

FINDINGS = (
    f"Right upper lobe lesion of {ct.LESION_VOLUME_MM3 / 1000:.2f} ml, {ct.PRIOR_LESION_VOLUME_MM3 / 1000:.2f} ml thirteen months before.",
    "No pleural effusion. Heart and great vessels are unremarkable.",
    "Liver, spleen and kidneys as far as seen are unremarkable.",
)
CONCLUSION = "Growing lesion. This report describes a drawing; there is no patient."


def _text(meaning: tuple[str, str, str], value: str) -> Dataset:
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = "TEXT"
    item.ConceptNameCodeSequence = items(code(*meaning))
    item.TextValue = value
    return item


def report_sr(visit: Visit = ct.CURRENT, *, variant: str = "") -> bytes:
    """Return the report as Basic Text SR (PS3.3 A.35.1)."""
    ds = new_object(
        visit,
        sop_class_uid=BasicTextSRStorage,
        modality="SR",
        series_key="report",
        series_number=90,
        series_description="Report",
        instance_number=1,
        variant=variant,
    )
    ds.ReferencedPerformedProcedureStepSequence = items()
    ds.PerformedProcedureCodeSequence = items()
    ds.CompletionFlag = "COMPLETE"
    ds.VerificationFlag = "UNVERIFIED"
    ds.ValueType = "CONTAINER"
    ds.ContinuityOfContent = "SEPARATE"
    ds.ConceptNameCodeSequence = items(code("18748-4", "LN", "Diagnostic imaging report"))
    ds.ContentSequence = items(
        *[_text(("121071", "DCM", "Finding"), finding) for finding in FINDINGS],
        _text(("121077", "DCM", "Conclusion"), CONCLUSION),
    )
    return part10(ds)


def pdf_page(lines: list[str]) -> bytes:
    """Return a one-page PDF 1.4 with these lines of plain text (ASCII, no brackets or backslashes)."""
    shown = "BT /F1 18 Tf 60 770 Td 24 TL (" + lines[0] + ") Tj T* /F1 11 Tf 16 TL T* "
    shown += " ".join(f"({line}) Tj T*" for line in lines[1:]) + " ET"
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("ascii")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\n"
    return out + f"{end}startxref\n{len(out)}\n%%EOF\n".encode("ascii")


def report_pdf(visit: Visit = ct.CURRENT, *, variant: str = "") -> bytes:
    """Return the report as Encapsulated PDF (PS3.3 A.45.1)."""
    ds = new_object(
        visit,
        sop_class_uid=EncapsulatedPDFStorage,
        modality="DOC",
        series_key="report pdf",
        series_number=91,
        series_description="Report as PDF",
        instance_number=1,
        variant=variant,
    )
    ds.ConversionType = "WSD"
    ds.BurnedInAnnotation = "NO"
    ds.AcquisitionDateTime = visit.date + visit.time
    ds.DocumentTitle = "CT chest, demo report"
    ds.ConceptNameCodeSequence = items(code("18748-4", "LN", "Diagnostic imaging report"))
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    document = pdf_page(["CT chest with contrast: demo report", *FINDINGS, "", CONCLUSION])
    ds.EncapsulatedDocumentLength = len(document)
    ds.EncapsulatedDocument = document + b"\x00" * (len(document) % 2)
    return part10(ds)


def draw(*, variant: str = "") -> Iterator[bytes]:
    """Yield both reports of the current CT."""
    yield report_sr(variant=variant)
    yield report_pdf(variant=variant)
