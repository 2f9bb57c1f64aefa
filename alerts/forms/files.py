"""A file of alerts: the one that is chosen, and the one that was looked at and is imported."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

MOST_BYTES: Final = 512 * 1024
ALL, GOOD = "all", "good"


class FileForm(forms.Form):
    """The file, as somebody chooses it."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, at most 500 lines. Nothing is made before you have seen what it would be."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is too large to be such a file."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(gettext("A file of alerts has at most 512 KB."))
        return file


class ConfirmForm(forms.Form):
    """What was looked at (in base64, whatever its encoding), and which of its alerts are wanted."""

    content = forms.CharField(max_length=MOST_BYTES * 2, widget=forms.HiddenInput())
    do = forms.ChoiceField(choices=((ALL, ALL), (GOOD, GOOD)))

    def clean_content(self) -> bytes:
        """Take the file out."""
        try:
            return base64.b64decode(self.cleaned_data["content"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise forms.ValidationError(gettext("Choose the file once more.")) from error


def packed(content: bytes) -> dict[str, Any]:
    """Put a file into a field."""
    return {"content": base64.b64encode(content).decode()}
