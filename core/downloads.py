"""An archive as the answer to a request, sent in pieces by any kind of server."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

from core.archive import Archive

PIECE = 64 * 1024


class ArchiveDownload(StreamingHttpResponse):
    """Send an archive to be saved under a name with its day, let nobody keep it, and close it.

    Django's own response of this kind reads the whole file into memory under ASGI.
    """

    def __init__(self, archive: Archive, *, name: str) -> None:
        file, saved_as = archive.file, f"{name}-{archive.made_at:%Y-%m-%d}.zip"
        super().__init__(
            iter(lambda: file.read(PIECE), b""),
            content_type="application/zip",
            headers={
                "Content-Disposition": f'attachment; filename="{saved_as}"',
                "Cache-Control": "no-store",
            },
        )
        self._file = file
        file.seek(0, 2)
        self.headers["Content-Length"] = str(file.tell())
        file.seek(0)
        self._throw_away = weakref.finalize(self, file.close)  # where the visitor is gone before it is sent

    def close(self) -> None:
        """Throw the file away."""
        super().close()
        self._throw_away()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = sync_to_async(self._file.read, thread_sensitive=False)
        while piece := await read(PIECE):
            yield piece
