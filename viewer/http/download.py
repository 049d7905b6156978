"""Original bytes of one instance, as an attachment."""

import asyncio
from collections.abc import AsyncIterator

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from archive.services.retrieve import StoredImage, read_instance
from governance.services.access import authenticate_request
from governance.services.database import run_in_database
from viewer.services.download import instance_for_download


@require_safe
async def download(request: HttpRequest, sop_instance_uid: str) -> StreamingHttpResponse:
    """GET /download/<uid>: the file as it was stored; audited before the first byte."""
    image = await run_in_database(_image, request, sop_instance_uid)
    response = StreamingHttpResponse(_pieces(image), content_type="application/dicom")
    response["Content-Length"] = str(image.size_bytes)
    response["Content-Disposition"] = f'attachment; filename="{image.sop_instance_uid}.dcm"'
    return response


def _image(request: HttpRequest, sop_instance_uid: str) -> StoredImage:
    return instance_for_download(actor=authenticate_request(request), sop_instance_uid=sop_instance_uid)


async def _pieces(image: StoredImage) -> AsyncIterator[bytes]:
    """Read a piece at a time on a thread: a large file never lies in memory whole, nor holds the loop."""
    pieces = read_instance(image)
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
