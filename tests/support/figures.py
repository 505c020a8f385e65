"""Figures for the tests: made in memory, and read back by an XML parser."""

import io
from xml.etree import ElementTree

from attncli.views.figure.explained import explanation_content
from attncli.views.figure.saving import save_figure

SVG = "{http://www.w3.org/2000/svg}"


def content_of(explanation, kind="heat", scale="auto"):
    return explanation_content(explanation, kind, scale)


def drawn(explanation, form="svg", kind="heat", scale="auto"):
    """The bytes of a figure of an explanation."""
    return printed(content_of(explanation, kind, scale), form, kind)


def printed(content, form="svg", kind="heat", remarks=None):
    """The bytes of a figure; what there is to remark is added to `remarks`."""
    stream = io.BytesIO()
    said = save_figure(content, kind, stream, form)
    if remarks is not None:
        remarks += said
    return stream.getvalue()


def elements(svg):
    return list(ElementTree.fromstring(svg).iter())


def texts(svg):
    """Every text of an SVG, in the order of drawing."""
    return [each.text for each in elements(svg) if each.tag == f"{SVG}text"]
